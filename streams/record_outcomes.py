"""Record outcomes: how many records of each topic a partition applied, rejected or dropped since its changelog began.

The counts are written with the state and the positions, so they are exact after any crash. Each record of a topic has
one outcome. Counted besides that are `rekeyed` (sent to its customer's home) and `turned_out_useless`. Of a record of a
source each event has one, and `further` counts those but for the first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

Tally = dict[str, dict[str, int]]
"""Numbers of records by topic and outcome."""

SENT_HOME: Final = "rekeyed"
MISSING: Final = "missing"
"""Outcome of offsets that were deleted before they were read, once an operator accepts the gap (`gaps.py`)."""
REPLACED: Final = "log_replaced"
"""Counts accepted partitions that were truncated or created anew: the records lost with them cannot be counted."""
SKIPPED: Final = "skipped"
"""Outcome of a record of a source that says nothing of customers."""
FURTHER: Final = "further"
"""Counts the events of one foreign record but for its first one: each of them has an outcome besides."""
TURNED_OUT: Final = "turned_out_useless"
"""Outcome of a record that was applied to wait for its order, and proved unusable when that came: now a dead letter."""


def by_outcome(counted: Mapping[tuple[str, str], int]) -> Counter[str]:
    """Return the counts by outcome, summed over topics."""
    found: Counter[str] = Counter()
    for (_, outcome), number in counted.items():
        found[outcome] += number
    return found


def accounted(outcomes: Counter[str]) -> int:
    """Return how many records these are, each counted once: a misplaced record also counts as sent home.

    >>> accounted(Counter(applied=3, duplicate=1, missing=1, rekeyed=2, log_replaced=1))
    5
    >>> accounted(Counter(applied=3, further=2, skipped=1))
    2
    """
    further = 2 * outcomes[FURTHER]  # themselves, and the outcomes of those events
    return outcomes.total() - outcomes[SENT_HOME] - outcomes[REPLACED] - outcomes[TURNED_OUT] - further


class RecordOutcomes:
    """Counts the outcomes of a partition, and hands each commit the totals to write."""

    def __init__(self, kept: Mapping[str, Mapping[str, int]] | None = None) -> None:
        self.kept: Tally = {topic: dict(counts) for topic, counts in (kept or {}).items()}
        """Totals of all commits, including the one under way."""
        self._at_start = {topic: dict(counts) for topic, counts in self.kept.items()}
        self._noted: Tally = {}
        self._leaving: Tally = {}
        self._topic = self._outcome = ""
        self._in_a_row = 0
        """Records of that topic with that outcome that were counted last, and are not noted yet: a batch is of one
        topic, and most of it has one outcome."""

    def count(self, topic: str, outcome: str) -> None:
        """Count one record."""
        if topic != self._topic or outcome != self._outcome:
            self._note()
            self._topic, self._outcome = topic, outcome
        self._in_a_row += 1

    def _note(self) -> None:
        if self._in_a_row:
            counts = self._noted.setdefault(self._topic, {})
            counts[self._outcome] = counts.get(self._outcome, 0) + self._in_a_row
            self._in_a_row = 0

    @property
    def _fresh(self) -> Tally:
        """Return the counts since the last commit."""
        self._note()
        return self._noted

    def refer(self, topic: str) -> None:
        """Count a rejected record that is sent home to be judged. It does not count in `sent_home`."""
        self.count(topic, SENT_HOME)
        started = self._at_start.setdefault(topic, {})
        started[SENT_HOME] = started.get(SENT_HOME, 0) + 1

    def detach(self) -> Tally:
        """Return the totals for the next commit to write."""
        self._leaving, self._noted = self._fresh, {}
        for topic, counts in self._leaving.items():
            kept = self.kept.setdefault(topic, {})
            for outcome, number in counts.items():
                kept[outcome] = kept.get(outcome, 0) + number
        return self.kept

    def committed(self) -> Tally:
        """Return the counts that the last commit added; empty when called again."""
        added, self._leaving = self._leaving, {}
        return added

    def sent_home(self) -> Iterator[tuple[str, int, int]]:
        """Yield topic, records read and records sent home since the start, for topics with any sent home."""
        for topic in self.kept.keys() | self._fresh.keys():
            started = self._at_start.get(topic, {})
            kept, fresh = self.kept.get(topic, {}), self._fresh.get(topic, {})
            away = kept.get(SENT_HOME, 0) + fresh.get(SENT_HOME, 0) - started.get(SENT_HOME, 0)
            if away:
                yield topic, sum(kept.values()) + sum(fresh.values()) - sum(started.values()), away
