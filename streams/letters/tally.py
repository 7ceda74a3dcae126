"""Dead letters counted by topic and reason: when they began, when the last one came, and an example."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from retention.calendar import rfc3339
from streams.letters.letter import Letter
from streams.rejected import remedy

MAX_ERROR = 300
"""Characters of an example."""


@dataclass(slots=True)
class Row:
    """The dead letters of one topic and reason. Times are milliseconds since 1970."""

    topic: str
    reason: str
    count: int = 0
    first: int = 0
    last: int = 0
    example: str = ""
    """The newest letter whose error may be shown."""
    error: str = ""

    def take(self, letter: Letter, *, shown: bool) -> None:
        """Count a dead letter; its error becomes the example if it may be shown and is the newest."""
        newest = not self.count or letter.at >= self.last
        self.first = letter.at if not self.count else min(self.first, letter.at)
        self.last = max(self.last, letter.at) if self.count else letter.at
        self.count += 1
        if shown and (newest or not self.example):
            self.example, self.error = letter.place, letter.error[:MAX_ERROR]

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON."""
        return {
            "topic": self.topic,
            "reason": self.reason,
            "count": self.count,
            "first": when(self.first),
            "last": when(self.last),
            "example": {"letter": self.example, "error": self.error} if self.example else None,
            "remedy": remedy(self.reason),
        }


class Tally:
    """One row for each topic and reason, whatever the number of letters."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}

    def take(self, letter: Letter, *, shown: bool = True) -> None:
        """Count a dead letter. One that names an erased customer is not `shown`: its error may quote it."""
        key = letter.topic, letter.reason
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = Row(*key)
        row.take(letter, shown=shown)

    def rows(self) -> list[Row]:
        """Return the rows, the most letters first."""
        return sorted(self._rows.values(), key=lambda row: (-row.count, row.topic, row.reason))

    @property
    def count(self) -> int:
        """Return how many letters there are."""
        return sum(row.count for row in self._rows.values())


def remedies(rows: Iterable[Row]) -> dict[str, str]:
    """Return the remedy of each reason, in the order of the rows."""
    return {row.reason: remedy(row.reason) for row in rows}


def when(milliseconds: int) -> str:
    """Return a timestamp as RFC 3339; one that no calendar has, as a producer may write it, as its number.

    >>> when(0), when(2**62)
    ('1970-01-01T00:00:00Z', '4611686018427387904 ms')
    """
    try:
        return rfc3339(milliseconds * 1_000)
    except (ValueError, OverflowError):
        return f"{milliseconds} ms"
