"""Defines a metric: a ratio, a total or a quantile of sums over customers, taken last (metrics.md, rule 10)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any, Final, NamedTuple

from retention.buckets import RELATIVE_ERROR, counts_of, is_bucket, place_of, quantile
from retention.errors import IdentityBroken
from retention.measures.base import Measure, Number, Values
from retention.money import decimal_text, money_text

Z_95: Final = 1.959963984540054
RATIO_DIGITS: Final = 10
SECONDS_DIGITS: Final = 3
SCORE_DIGITS: Final = 2


class Unit(NamedTuple):
    """The unit of a figure, which writes it from a value and the currency of its series."""

    name: str
    text: Callable[[Fraction, str], str]


RATIO: Final = Unit("ratio", lambda value, _currency: decimal_text(value, RATIO_DIGITS))
CURRENCY: Final = Unit("currency", money_text)
CURRENCY_PER_MONTH: Final = Unit("currency_per_month", money_text)
CURRENCY_PER_YEAR: Final = Unit("currency_per_year", money_text)
SCORE: Final = Unit("score", lambda value, _currency: decimal_text(value, SCORE_DIGITS))
SECONDS: Final = Unit("seconds", lambda value, _currency: decimal_text(value, SECONDS_DIGITS))


class Count(NamedTuple):
    """A whole number."""

    of: Callable[[Values], Number]

    def text(self, values: Values, _currency: str) -> str:
        """Return it as text."""
        return str(int(self.of(values)))


class Money(NamedTuple):
    """An amount, in major units."""

    of: Callable[[Values], Number]

    def text(self, values: Values, currency: str) -> str:
        """Return it with the decimals of its currency."""
        return money_text(self.of(values), currency)


class Exact(NamedTuple):
    """A number that may not be whole, as a sum of scores."""

    of: Callable[[Values], Number]

    def text(self, values: Values, _currency: str) -> str:
        """Return it with two decimals."""
        return decimal_text(self.of(values), SCORE_DIGITS)


Part = Count | Money | Exact


class Ratio(NamedTuple):
    """One part of the sums over another; undefined if that is zero."""

    numerator: Part
    denominator: Part

    def value(self, values: Values) -> Fraction | None:
        """Return the ratio; None if its base is empty."""
        base = self.denominator.of(values)
        return Fraction(self.numerator.of(values)) / base if base else None


class Total(NamedTuple):
    """One part of the sums, as it is."""

    numerator: Part
    denominator: None = None

    def value(self, values: Values) -> Fraction:
        """Return the total."""
        return Fraction(self.numerator.of(values))


class Quantile(NamedTuple):
    """The value that a share of all values does not exceed, from flows or levels by bucket: within 1 %.

    `of` is the name under which a measure counts them (`retention/buckets.py`); `per` is the number of counted units in
    one of the metric's unit: 100 for cents. Published beside it are the place of the value in ascending order
    (`numerator`), and the number of values (`denominator`).
    """

    of: str
    share: Fraction
    per: int = 1
    at_end: bool = False
    """Whether it is about the end of the period, not about the flows in it."""

    @property
    def numerator(self) -> Count:
        """Return the place of the value in ascending order; 0 if there are none."""
        return Count(self._place)

    @property
    def denominator(self) -> Count:
        """Return the number of values, as a part."""
        return Count(self.number)

    def value(self, values: Values) -> Fraction | None:
        """Return the estimate; None if there are no values."""
        place = self._place(values)
        found = quantile(self._counts(values).items(), place) if place else None
        return None if found is None else found / self.per

    def number(self, values: Values) -> int:
        """Return the number of values."""
        return sum(self._counts(values).values())

    def _place(self, values: Values) -> int:
        number = self.number(values)
        return place_of(self.share, number) if number else 0

    def _counts(self, values: Values) -> dict[int, int]:
        counts = counts_of(values.at_end if self.at_end else values.flows, self.of)
        if any(number < 0 for number in counts.values()):
            raise IdentityBroken(f"{self.of}: less than no values in a bucket: {counts}")
        return counts


class Breakdown(NamedTuple):
    """A further gauge with the numbers beside a figure: a series for each of them."""

    gauge: str
    help: str
    label: str
    read: Callable[[dict[str, Any]], dict[str, int | str]]
    """Return the parts by name, from the published components."""


def components(values: Values, _currency: str) -> dict[str, Any]:
    """Return the sums behind a figure by name: levels at the start and at the end, and flows. Buckets are too many."""
    levels = {
        f"{level}_{when}": number
        for when, found in (("start", values.at_start), ("end", values.at_end))
        for level, number in sorted(found.items())
    } | dict(sorted(values.flows.items()))
    return {name: decimal_text(number, 0) for name, number in levels.items() if not is_bucket(name)}


@dataclass(frozen=True)
class Metric:
    """One line of the register."""

    name: str
    help: str
    gauge: str
    of: tuple[Measure, ...]
    """The measures for which it is published, each under its name as `basis`."""
    unit: Unit
    value: Ratio | Total | Quantile
    sample: Callable[[Values], Number]
    """Number of customers behind it: with fewer than `low_sample` the figure is marked."""
    is_money: bool = False
    """Whether it is published in each currency, and not over all of them."""
    proportion: bool = False
    """Whether it is a share of customers, and has an interval."""
    components: Callable[[Values, str], dict[str, Any]] = components
    """The numbers published beside the figure."""
    breakdowns: tuple[Breakdown, ...] = ()

    def beside(self, values: Values, currency: str) -> dict[str, Any]:
        """Return the numbers published beside the figure; for an estimate, its error bound, too."""
        found = self.components(values, currency)
        if isinstance(self.value, Quantile):
            found = found | {"relative_error": decimal_text(RELATIVE_ERROR, 2)}
        return found

    def text(self, values: Values, currency: str) -> str | None:
        """Return the figure as text; None if its base is empty."""
        value = self.value.value(values)
        if value is None:
            return None
        return self.unit.text(value, currency)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the Wilson 95 % interval of a proportion.

    >>> [round(bound, 4) for bound in wilson(12, 20)]
    [0.3866, 0.7812]
    """
    share, square = successes / trials, Z_95 * Z_95
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    reach = Z_95 * sqrt(share * (1 - share) / trials + square / (4 * trials * trials)) / (1 + square / trials)
    return max(0.0, centre - reach), min(1.0, centre + reach)
