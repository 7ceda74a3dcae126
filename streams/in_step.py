"""In step: the lanes of one partition number are read side by side in time, however far behind they are.

What a customer did stands in several topics. Each read at its own speed, a small one is done while a large one has
months to go: then a cancellation takes effect for somebody who is not known to have a subscription. Live, none waits.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from aiokafka.structs import ConsumerRecord

STEP_MS: Final = 6 * 3_600_000
"""How far apart lanes may be, by the records' own times: a batch spans no more. Shorter, batches become small."""
PATIENCE: Final = 2.0
"""Seconds after which nobody waits any more for a lane that has records and gives none: its broker may be away."""
LONGEST: Final = 30.0
"""Seconds that a batch waits at most: the times of another lane may be wrong, and that lane never read to its end."""
NEVER_MS: Final = 1 << 62


class InStep:
    """How far each lane of one partition number has come, by the times of its records (milliseconds).

    `unread` tells whether a lane has records that were not fetched; `clock` gives seconds.
    """

    def __init__(self, lanes: Iterable[str], unread: Callable[[str], bool], clock: Callable[[], float]) -> None:
        self._heads: dict[str, deque[int]] = {lane: deque() for lane in lanes}
        """Of each batch that was fetched and is not applied, when it begins."""
        self._come: dict[str, int] = dict.fromkeys(self._heads, -NEVER_MS)
        self._asked: dict[str, float] = {}
        """Since when a lane is waited for that gives nothing."""
        self._held: dict[str, float] = {}
        """Since when the first batch of a lane waits."""
        self._unread, self._clock = unread, clock

    def fetched(self, lane: str, records: Sequence[ConsumerRecord]) -> None:
        """Take note of a batch that is to be applied."""
        if lane in self._heads:
            if records:
                self._come[lane] = records[-1].timestamp
            self._heads[lane].append(records[0].timestamp if records else self._come[lane])
            self._asked.pop(lane, None)

    def applied(self, lane: str) -> None:
        """Take note that the first of those is applied."""
        if lane in self._heads:
            self._heads[lane].popleft()

    def may_go(self, lane: str, records: Sequence[ConsumerRecord]) -> bool:
        """Tell whether a batch may be applied: not while another lane is more than a step behind it."""
        if lane not in self._heads or not records:
            return True
        slowest, now = records[0].timestamp - STEP_MS, self._clock()
        held = any(other != lane and self._behind(other, slowest, now) for other in self._heads)
        if held and now - self._held.setdefault(lane, now) < LONGEST:
            return False
        self._held.pop(lane, None)
        return True

    def _behind(self, lane: str, at: int, now: float) -> bool:
        heads = self._heads[lane]
        if heads:
            return heads[0] < at
        if self._come[lane] >= at or not self._unread(lane):
            return False
        return now - self._asked.setdefault(lane, now) < PATIENCE


def steps(records: Sequence[ConsumerRecord], most: int) -> Iterator[Sequence[ConsumerRecord]]:
    """Cut records, in their order, into batches of at most `most` that span no more than a step."""
    begin = 0
    while begin < len(records):
        end = min(begin + most, len(records))
        until = records[begin].timestamp + STEP_MS
        if records[end - 1].timestamp > until:
            end = next(place for place in range(begin, end) if records[place].timestamp > until)
        yield records[begin:end]
        begin = end
