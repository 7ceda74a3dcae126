"""Which kinds of periods there are. Each cuts the calendar into periods that follow each other and are numbered.

Only dates are known here; where a day begins in a time zone is the calendar's business.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

_SHORTEST_MONTH: Final = 28


@dataclass(frozen=True, slots=True)
class PeriodKind:
    """A kind of period: each lasts `months` months, or else `days` days.

    What a kind numbers its periods by is written into `metric-partials`, so it is never changed.

    >>> week = PeriodKind("week", days=7)
    >>> week.first_day(week.index(date(2027, 1, 1), 1), 1).isoformat()
    '2026-12-28'
    """

    name: str
    months: int = 0
    """Counted from January of the year 0; periods of several months from the month in which the fiscal year begins."""
    days: int = 0
    """Counted from 0001-01-01, which was a Monday."""

    def index(self, on: date, fiscal_start_month: int) -> int:
        """Return the number of the period that holds a date."""
        if self.days:
            return (on.toordinal() - 1) // self.days
        return (on.year * 12 + on.month - 1 - self._offset(fiscal_start_month)) // self.months

    def first_day(self, index: int, fiscal_start_month: int) -> date:
        """Return the first date of a period by its number."""
        if self.days:
            return date.fromordinal(index * self.days + 1)
        months = index * self.months + self._offset(fiscal_start_month)
        return date(months // 12, months % 12 + 1, 1)

    def _offset(self, fiscal_start_month: int) -> int:
        return fiscal_start_month - 1 if self.months > 1 else 0

    def least_horizon(self, days: int) -> int:
        """Return how many months back history must reach for a period to be whole until it is final.

        `days` are those before its start that still decide about it, and those after its end until it is final.

        >>> PeriodKind("quarter", months=3).least_horizon(90 + 2)
        7
        """
        return self.months - (-(self.days + days) // _SHORTEST_MONTH)


PERIOD_KINDS: Final[tuple[PeriodKind, ...]] = (
    PeriodKind("day", days=1),
    PeriodKind("week", days=7),
    PeriodKind("month", months=1),
    PeriodKind("quarter", months=3),
    PeriodKind("year", months=12),
)
"""The register, shortest first. A new kind is one line."""

KIND_OF: Final = {kind.name: kind for kind in PERIOD_KINDS}
DEFAULT_PERIODS: Final = ("month", "quarter")
