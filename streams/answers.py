"""Tells from the answers to fetches whether all that was sent to the log before a moment is known.

Rule: of each partition of a topic, two answers have come since.

    a fetch waits at the broker   |-----------------| answered: nothing new
    a record is sent                             |
    asked                                          ^
    the next fetch                                  |------| answered: there is a record

Reason: the first answer after the question may have left the broker before the record came there. The fetch of the
second one was sent after the first one had come, so after the question.
"""

from collections.abc import Hashable, Mapping
from typing import Final

_ENOUGH: Final = 2


class Answers:
    """The answers that have come since a moment; `times` are the times of the last ones before it, by partition."""

    def __init__(self, times: Mapping[Hashable, int | None]) -> None:
        self._before = times
        self._since: dict[Hashable, set[int]] = {}

    def suffice(self, times: Mapping[Hashable, int | None]) -> bool:
        """Note the times of the last answers; report whether all that was sent before the moment is known by now.

        >>> answers = Answers({"logins-0": 100})
        >>> [answers.suffice({"logins-0": time}) for time in (100, 200, 200, 300)]
        [False, False, False, True]
        """
        for where, time in times.items():
            if time is not None and time != self._before.get(where):
                self._since.setdefault(where, set()).add(time)
        return all(len(self._since.get(where, ())) >= _ENOUGH for where in times)
