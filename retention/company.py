"""Company days: how much of a usual day each local day is, by weekday, month, holiday and closure.

Rule: in August, at weekends and on holidays all customers are slower, so one that is quiet has been so for less time
than the calendar says. Weights are whole numbers, in thousandths of a usual day.

    day      Thu  Fri  Sat  Sun  Mon  Tue
    weight  1200 1200  400  300 1300 1300      from Friday to Monday a customer was away for 1.9 company days
                  [───────────────)

The weights are policy and the same for every partition: nothing here is learned from what a worker reads.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from retention.calendar import LocalDay, local_date
from retention.liveness import heard_between

USUAL: Final = 1_000
"""The weight of a usual day."""
HEAVIEST: Final = 100 * USUAL
"""The largest weight of a weekday, a month, a holiday or a closure."""
_WEEK: Final = 7
_YEAR: Final = 12
_THURSDAY: Final = 3
"""The weekday of the local day 0, counted from Monday."""
_LAST_YEAR: Final = 9999
_MAX_YEARS: Final = 512
"""Years whose weights are remembered: a bound, not a tuning knob."""
_UNIX_ORDINAL: Final = 719_163
"""The ordinal of the local day 0 among all days of the era."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a company's days, as people set them.

    A holiday weighs `holiday`, or what its weekday weighs if that is less; both times the weight of the month. The days
    of a closure, its last one included, weigh what the closure says.
    """

    weekdays: tuple[int, ...] = (USUAL,) * _WEEK
    """From Monday to Sunday."""
    months: tuple[int, ...] = (USUAL,) * _YEAR
    holiday: int = USUAL
    holidays: frozenset[LocalDay] = frozenset()
    closures: tuple[tuple[LocalDay, LocalDay, int], ...] = ()

    def __post_init__(self) -> None:
        found = fault_of(self)
        if found is not None:
            raise ValueError(found)


def fault_of(weights: Weights) -> str | None:
    """Return what is wrong with weights; None if they can be used."""
    if len(weights.weekdays) != _WEEK or len(weights.months) != _YEAR:
        return "a week has 7 weights, and a year 12"
    every = [*weights.weekdays, *weights.months, weights.holiday]
    every += [weight for _, _, weight in weights.closures]
    if min(every) < 0 or max(every) > HEAVIEST:
        return f"a weight lies between 0 and {HEAVIEST // USUAL}"
    if not any(weights.weekdays) or min(weights.months) <= 0:
        return "a weekday at the least, and each month, needs a weight above 0: else no customer would ever be missed"
    for first, last, _ in weights.closures:
        if last < first:
            return f"a closure ends on {local_date(last)}, before it begins on {local_date(first)}"
    return None


def digest_of(weights: Weights) -> str:
    """Return a digest of weights: equal ones have one, however they were written.

    >>> digest_of(Weights()) == digest_of(Weights(holiday=900))
    False
    """
    closures, holidays = sorted(weights.closures), sorted(weights.holidays)
    facts = (weights.weekdays, weights.months, weights.holiday, holidays, closures)
    return sha256(repr(facts).encode()).hexdigest()[:16]


class CompanyDays:
    """Counts the company days between local days.

    >>> slow = CompanyDays(Weights(weekdays=(1_200, 1_200, 1_200, 1_200, 1_200, 600, 400)))
    >>> slow.weight(0), slow.between(0, 7), slow.between(2, 4), slow.day_after(1, 1_300)
    (1200, 7000, 1000, 3)
    >>> slow.day_after(1, 1_300, silent_days=[2])
    4
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.is_usual = _is_usual(weights)
        """Whether each day is a usual one: then company days are local days, and nothing is looked up."""
        self._years: dict[int, list[int]] = {}
        """By year: the sums of the weights before each of its days, and the one after its last day."""

    def weight(self, day: LocalDay) -> int:
        """Return the weight of a local day, in thousandths."""
        for first, last, weight in self.weights.closures:
            if first <= day <= last:
                return weight
        weight = self.weights.weekdays[(day + _THURSDAY) % _WEEK]
        if day in self.weights.holidays:
            weight = min(weight, self.weights.holiday)
        return weight * self.weights.months[local_date(day).month - 1] // USUAL

    def between(self, first: LocalDay, last: LocalDay) -> int:
        """Return the company days from a local day up to another one, which does not count, in thousandths."""
        if self.is_usual or last <= first:
            return max(0, last - first) * USUAL
        year, until = local_date(first).year, local_date(last).year
        if year == until:
            sums, start = self._sums(year), _first_day(year)
            return sums[last - start] - sums[first - start]
        found = self._sums(year)[-1] - self._sums(year)[first - _first_day(year)]
        for between in range(year + 1, until):
            found += self._sums(between)[-1]
        return found + self._sums(until)[last - _first_day(until)]

    def heard_between(self, first: LocalDay, last: LocalDay, silent_days: Sequence[LocalDay] = ()) -> int:
        """Return the company days from a local day up to another one, without the silent ones, in thousandths."""
        found = self.between(first, last)
        for day in silent_days:
            if first <= day < last:
                found -= self.weight(day)
        return found

    def day_after(self, first: LocalDay, thousandths: int, silent_days: Sequence[LocalDay] = ()) -> LocalDay:
        """Return the first local day by which so many company days have passed since another; silent ones do not count.

        `silent_days` are in order of time.
        """
        found = self._reached(first, thousandths)
        for day in silent_days:
            if first <= day < found:
                thousandths += self.weight(day)
                found = self._reached(first, thousandths)
        return found

    def weeks_before(self, day: LocalDay, number: int) -> list[int]:
        """Return the company days of so many weeks up to a local day, which does not count, the newest week first."""
        return [self.between(day - _WEEK * (place + 1), day - _WEEK * place) for place in range(number)]

    def at_least(self, last: LocalDay, days: int, silent_days: Sequence[LocalDay] = ()) -> int:
        """Return after how many local days without an event after a day as many company days have passed, too.

        Silent days do not count.
        """
        if self.is_usual:
            return days
        first = self.day_after(last + 1, days * USUAL, silent_days)
        return max(days, heard_between(last, first, silent_days) - 1)

    def _reached(self, first: LocalDay, thousandths: int) -> LocalDay:
        if thousandths <= 0:
            return first
        if self.is_usual:
            return first - (-thousandths // USUAL)
        year = local_date(first).year
        wanted = self._sums(year)[first - _first_day(year)] + thousandths
        while self._sums(year)[-1] < wanted and year < _LAST_YEAR:
            wanted -= self._sums(year)[-1]
            year += 1
        return _first_day(year) + bisect_left(self._sums(year), wanted)

    def _sums(self, year: int) -> list[int]:
        sums = self._years.get(year)
        if sums is None:
            if len(self._years) >= _MAX_YEARS:
                self._years.clear()
            sums, total = [0], 0
            for day in range(_first_day(year), _first_day(year + 1)):
                total += self.weight(day)
                sums.append(total)
            self._years[year] = sums
        return sums


def _is_usual(weights: Weights) -> bool:
    every = {*weights.weekdays, *weights.months, *(weight for _, _, weight in weights.closures)}
    return every == {USUAL} and (weights.holiday >= USUAL or not weights.holidays)


def _first_day(year: int) -> LocalDay:
    """Return the first local day of a year.

    >>> _first_day(1970), _first_day(2024)
    (0, 19723)
    """
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400 + 1 - _UNIX_ORDINAL


@lru_cache(maxsize=64)
def company_days_of(weights: Weights) -> CompanyDays:
    """Return the shared count of some weights, so that its sums are shared."""
    return CompanyDays(weights)
