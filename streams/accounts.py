"""The accounts of a partition: how many records of each topic came to what, since its changelog was begun.

They are written with the state and the positions, so they are exact whatever died: each record that stood on a topic
has one outcome, besides `rekeyed` where it stood away from home, and `turned_out_useless`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

Tally = dict[str, dict[str, int]]
"""Numbers of records by topic and outcome."""

SENT_HOME: Final = "rekeyed"
MISSING: Final = "missing"
"""Of offsets that were gone before they were read: somebody has accepted that (`gaps.py`)."""
REPLACED: Final = "log_replaced"
"""Of partitions that turned out to be others, cut off or created anew: what they had then, nobody can count."""
TURNED_OUT: Final = "turned_out_useless"
"""Of a record that was applied, to be used when its order came, and could not be: it has become a dead letter since."""


def by_outcome(counted: Mapping[tuple[str, str], int]) -> Counter[str]:
    """Add up what was counted by topic and outcome."""
    found: Counter[str] = Counter()
    for (_, outcome), number in counted.items():
        found[outcome] += number
    return found


def accounted(outcomes: Counter[str]) -> int:
    """Give how many records these are, each once: where one stood away from home it was only sent there.

    >>> accounted(Counter(applied=3, duplicate=1, missing=1, rekeyed=2, log_replaced=1))
    5
    """
    return outcomes.total() - outcomes[SENT_HOME] - outcomes[REPLACED] - outcomes[TURNED_OUT]


class Accounts:
    """Counts, and gives each commit what it is to carry."""

    def __init__(self, kept: Mapping[str, Mapping[str, int]] | None = None) -> None:
        self.kept: Tally = {topic: dict(counts) for topic, counts in (kept or {}).items()}
        """Of all commits, with the one that is under way."""
        self._at_start = {topic: dict(counts) for topic, counts in self.kept.items()}
        self._fresh: Tally = {}
        self._leaving: Tally = {}

    def count(self, topic: str, outcome: str) -> None:
        """Count one record."""
        counts = self._fresh.get(topic)
        if counts is None:
            counts = self._fresh[topic] = {}
        counts[outcome] = counts.get(outcome, 0) + 1

    def refer(self, topic: str) -> None:
        """Count a refused record that is sent home to be judged. Of where the topic's events stand it says nothing."""
        self.count(topic, SENT_HOME)
        started = self._at_start.setdefault(topic, {})
        started[SENT_HOME] = started.get(SENT_HOME, 0) + 1

    def detach(self) -> Tally:
        """Give the accounts as the next commit is to write them."""
        self._leaving, self._fresh = self._fresh, {}
        for topic, counts in self._leaving.items():
            kept = self.kept.setdefault(topic, {})
            for outcome, number in counts.items():
                kept[outcome] = kept.get(outcome, 0) + number
        return self.kept

    def committed(self) -> Tally:
        """Give what the last commit added, once."""
        added, self._leaving = self._leaving, {}
        return added

    def strays(self) -> Iterator[tuple[str, int, int]]:
        """Give topic, records read, and records sent home since the start, where there were any."""
        for topic in self.kept.keys() | self._fresh.keys():
            started = self._at_start.get(topic, {})
            kept, fresh = self.kept.get(topic, {}), self._fresh.get(topic, {})
            strays = kept.get(SENT_HOME, 0) + fresh.get(SENT_HOME, 0) - started.get(SENT_HOME, 0)
            if strays:
                yield topic, sum(kept.values()) + sum(fresh.values()) - sum(started.values()), strays
