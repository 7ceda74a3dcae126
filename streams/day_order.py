"""Notes whether the dates in the columns of a CSV say if the day or the month comes first."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sources.exact import decoded
from streams.logfile import Line

MOST_MONTHS: Final = 12
_DATE: Final = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d).*", re.DOTALL)


@dataclass
class _Dates:
    day_first: int = 0
    month_first: int = 0
    either: int = 0

    def take(self, first: int, second: int) -> None:
        if first <= MOST_MONTHS and second <= MOST_MONTHS:
            self.either += first != second
        elif first > MOST_MONTHS:
            self.day_first += 1
        else:
            self.month_first += 1


class DayOrder:
    """Hands on the lines of a CSV, and afterwards tells of which columns the order of day and month is unclear."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = lines
        self._columns: dict[str, _Dates] = {}

    def __iter__(self) -> Iterator[Line]:
        for line in self._lines:
            if not line.wrong:
                self._take("", decoded(line.text))
            yield line

    def _take(self, name: str, value: object) -> None:
        if isinstance(value, dict):
            for inner, one in value.items():
                self._take(f"{name}.{inner}" if name else inner, one)
        elif isinstance(value, str) and (date := _DATE.fullmatch(value)):
            self._columns.setdefault(name, _Dates()).take(int(date[1]), int(date[3]))

    def doubts(self) -> Iterator[str]:
        """Yield a sentence for each column of dates such as 01/03/2026."""
        remedy = 'a mapping reads them by dates = "{}-first"'
        for name, dates in self._columns.items():
            if dates.day_first and dates.month_first:
                yield f"column {name}: some dates begin with the day, others with the month: write 2026-03-01"
            elif dates.day_first or dates.month_first:
                first, of = ("day", dates.day_first) if dates.day_first else ("month", dates.month_first)
                shows = "one of them shows" if of == 1 else f"{of:,} of them show"
                yield f"column {name}: its dates begin with the {first}, as {shows}; {remedy.format(first)}"
            elif dates.either:
                of_all = "its one date" if dates.either == 1 else f"its {dates.either:,} dates"
                yield (
                    f"column {name}: whether the day or the month comes first cannot be told, as no part of {of_all} "
                    f"is over 12: ask where the file comes from; {remedy.format('day')}, or month-first"
                )
