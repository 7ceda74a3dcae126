"""The choice of the dead letters that a command is about."""

from collections.abc import Collection
from dataclasses import dataclass

from retention.calendar import Instant
from streams.letters.letter import Letter
from streams.named import named_in

Place = tuple[int, int]
"""Partition and offset of a dead letter."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of dead letters: those that meet every condition that is set.

    >>> Choice().is_all, Choice(reasons=frozenset({"contract"})).is_all
    (True, False)
    """

    reasons: Collection[str] = ()
    topics: Collection[str] = ()
    """Names on the broker."""
    since: Instant | None = None
    until: Instant | None = None
    customer: str | None = None
    places: Collection[Place] = ()

    @property
    def is_all(self) -> bool:
        """Report whether every dead letter is chosen."""
        times = self.since is not None or self.until is not None
        return not (self.reasons or self.topics or self.places or self.customer is not None or times)

    def takes(self, letter: Letter) -> bool:
        """Report whether a dead letter is chosen. `since` and `until` are about when it was refused."""
        at = letter.at * 1_000
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (not self.topics or letter.topic in self.topics)
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
            and (not self.places or (letter.number, letter.offset) in self.places)
            and (self.customer is None or self.customer in named_in(letter.key, letter.value))
        )
