"""Logs what sources doubt about their records: one line at the first, then at most one every ten minutes."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

EVERY: Final = 600.0
"""Seconds between two lines."""
log: Final = logging.getLogger("backstay")


class DoubtLog:
    """Counts doubts, and logs those since the last line with the first doubt after the pause."""

    def __init__(self, clock: Callable[[], float], every: float = EVERY) -> None:
        self._clock, self._every = clock, every
        self._since: Counter[tuple[str, str]] = Counter()
        self._last: float | None = None

    def take(self, topic: str, doubt: str) -> None:
        """Note a doubt about a record of a source's topic."""
        self._since[topic, doubt] += 1
        now = self._clock()
        if self._last is not None and now - self._last < self._every:
            return
        said = ", ".join(f"{topic} {doubt}: {number:,}" for (topic, doubt), number in sorted(self._since.items()))
        log.warning(
            "records of sources that were read, and are doubtful: %s. Their events count; docs/sources/README.md says "
            "what each means, and `backstay check` shows them in a file",
            said,
        )
        self._since.clear()
        self._last = now
