"""The register of kinds of periods. Periods of a kind are numbered; they follow each other, or one ends each day.

This module only knows dates; where a day begins in a time zone is the calendar's business.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_SHORTEST_MONTH: Final = 28


@dataclass(frozen=True, slots=True)
class PeriodKind:
    """A kind of period: each lasts `months` months, or else `days` days.

    `trailing` ones overlap: one ends each day, and has the number of that day.

    The numbers of periods are written into `metric-partials`, so the numbering of a kind never changes.

    >>> week = PeriodKind("week", days=7)
    >>> week.first_day(week.index(date(2027, 1, 1), 1), 1).isoformat()
    '2026-12-28'
    """

    name: str
    months: int = 0
    """Counted from January of the year 0; periods of several months from the month in which the fiscal year begins."""
    days: int = 0
    """Counted from 0001-01-01, which was a Monday."""
    trailing: bool = False

    def index(self, on: date, fiscal_start_month: int) -> int:
        """Return the number of the period that contains a date, or ends with it."""
        if self.trailing:
            return on.toordinal() - 1
        if self.days:
            return (on.toordinal() - 1) // self.days
        return (on.year * 12 + on.month - 1 - self._offset(fiscal_start_month)) // self.months

    def first_day(self, index: int, fiscal_start_month: int) -> date:
        """Return the first date of a period by its number."""
        if self.trailing:
            return self._back(date.fromordinal(index + 2))
        if self.days:
            return date.fromordinal(index * self.days + 1)
        months = index * self.months + self._offset(fiscal_start_month)
        return date(months // 12, months % 12 + 1, 1)

    def next_day(self, index: int, fiscal_start_month: int) -> date:
        """Return the first date after a period."""
        return date.fromordinal(index + 2) if self.trailing else self.first_day(index + 1, fiscal_start_month)

    def left_by(self, on: date) -> int:
        """Return the number of the first trailing period that no longer contains a date.

        >>> year = PeriodKind("t12m", months=12, trailing=True)
        >>> date.fromordinal(year.left_by(date(2024, 2, 29)) + 1).isoformat()
        '2025-02-28'
        """
        if self.days:
            return on.toordinal() - 1 + self.days
        place = _moved(on, self.months).toordinal() - 2
        while self.first_day(place, 1) <= on:
            place += 1
        return place

    def _back(self, end: date) -> date:
        return end - timedelta(days=self.days) if self.days else _moved(end, -self.months)

    def _offset(self, fiscal_start_month: int) -> int:
        return fiscal_start_month - 1 if self.months > 1 else 0

    def least_horizon(self, days: int) -> int:
        """Return how many months of history a period needs to be whole until it is final.

        `days` are those before its start that still affect it, plus those after its end until it is final.

        >>> PeriodKind("quarter", months=3).least_horizon(90 + 2)
        7
        """
        return self.months - (-(self.days + days + self.trailing) // _SHORTEST_MONTH)


def _moved(on: date, months: int) -> date:
    """Return the same day so many months later, or the last day of a month that has no such day."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


PERIOD_KINDS: Final[tuple[PeriodKind, ...]] = (
    PeriodKind("day", days=1),
    PeriodKind("week", days=7),
    PeriodKind("month", months=1),
    PeriodKind("quarter", months=3),
    PeriodKind("year", months=12),
    PeriodKind("t30d", days=30, trailing=True),
    PeriodKind("t90d", days=90, trailing=True),
    PeriodKind("t12m", months=12, trailing=True),
)
"""The register: consecutive kinds, then trailing ones; shortest first. A new kind is one line."""

KIND_OF: Final = {kind.name: kind for kind in PERIOD_KINDS}
DEFAULT_PERIODS: Final = ("month", "quarter")
