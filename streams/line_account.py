"""Counts what became of the lines of a log that is applied in this process, and says it in words.

Rule: each line has one outcome. Of those that cannot be used each different error is named once, by the file and number
of its first line, with the remedy of its reason; what it quotes is cut, and made visible.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from retention.calendar import NEVER, Instant, rfc3339
from schemas.visible import visible
from streams.errors import BadLog, BadSettings
from streams.refusals import Kinds, error_lines
from streams.rejected import remedy_in_file


class Place(NamedTuple):
    """The place of a line: its file, what is counted there, and its number."""

    file: str
    noun: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}, {self.noun} {self.number:,}"


MOST_LATE: Final = 0.05
"""Of a log in which more events than that come later than a worker accepts, the order is not that of arrival."""


@dataclass
class Account:
    """Counts what became of the lines of a log: each has one outcome."""

    lines: int = 0
    applied: int = 0
    duplicate: int = 0
    skipped: int = 0
    """Lines of another system's log that say nothing of customers; they are no `lines`."""
    left_out: int = 0
    """Events that are marked `synthetic`."""
    later: int = 0
    """Events after the instant up to which the log is read."""
    first_later: Instant = NEVER
    """Event time of the oldest of them."""
    late: int = 0
    """Events that were applied, and came more than the lateness behind the newest one."""
    of_erased_customers: int = 0
    of_others: int = 0
    """Events of customers that are not asked about: that time passes is all they show, and nobody looks for duplicates
    among them."""
    heartbeats: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Numbers by reason."""
    errors: Kinds[Place] = field(default_factory=Kinds)
    """The different errors of each reason."""
    oldest: Instant = NEVER
    newest: Instant = 0
    """Event time of the newest event that was applied."""

    def reject(self, reason: str, place: Place, error: str) -> None:
        """Count a line that cannot be used."""
        self.rejected[reason] += 1
        self.errors.take(reason, place, visible(error))

    @property
    def is_disordered(self) -> bool:
        """Report whether so many events came late that the log is not in the order of arrival."""
        return self.late > MOST_LATE * self._taken

    @property
    def _taken(self) -> int:
        """Return the number of events that were used."""
        return self.applied + self.of_others

    def words(self) -> Iterator[str]:
        """Yield what to say about the lines that were not applied, or late: counts, places and remedies."""
        yield (
            f"{self.lines:,} {'line' if self.lines == 1 else 'lines'} read: "
            f"{self.applied:,} applied, {self.duplicate:,} duplicate, "
            f"{self.left_out + self.later:,} left out, {self.rejected.total():,} rejected"
            + (f"; {self.of_others:,} of other customers" if self.of_others else "")
        )
        if self.skipped:
            yield f"skipped by the source, as they say nothing of customers: {self.skipped:,}"
        for reason, number in sorted(self.rejected.items()):
            yield f"rejected, {reason}: {number:,}. Remedy: {remedy_in_file(reason)}"
            yield from error_lines(number, self.errors.first(reason), str)
        if self.is_disordered:
            yield (
                f"warning: {self.late:,} of {self._taken:,} events came later than time.lateness allows, and in time "
                "a worker would have said something else. A log is in order of arrival: sort it by time, or name the "
                "file of each topic on its own"
            )

    def require_any(self) -> None:
        """Raise `BadLog` if no event could be applied, or `BadSettings` if all of them are later."""
        if not self._taken and self.later and not self.rejected:
            raise BadSettings(
                f"--at lies before the log, of which the first event is of {rfc3339(self.first_later)}: choose a later "
                "time, or leave the option out"
            )
        if not self._taken:
            raise BadLog("\n".join(["no event of the log could be applied:", *self.words()]))
