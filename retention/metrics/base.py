"""What a metric is: a ratio, a total or a quantile of sums over customers, taken last (metrics.md, rule 10)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any, Final, Literal, NamedTuple

from retention.measures.base import Measure, Number, Values
from retention.money import decimal_text, money_text

Unit = Literal["ratio", "currency_per_month", "currency_per_year"]

Z_95: Final = 1.959963984540054
RATIO_DIGITS: Final = 10


class Count(NamedTuple):
    """A whole number of sums."""

    of: Callable[[Values], Number]

    def text(self, values: Values, _currency: str) -> str:
        """Write it."""
        return str(int(self.of(values)))


class Money(NamedTuple):
    """An amount, in major units."""

    of: Callable[[Values], Number]

    def text(self, values: Values, currency: str) -> str:
        """Write it with the decimals of its currency."""
        return money_text(self.of(values), currency)


Part = Count | Money


class Ratio(NamedTuple):
    """One part of the sums over another; undefined where that is zero."""

    numerator: Part
    denominator: Part

    def value(self, values: Values) -> Fraction | None:
        """Return the ratio; None where its base is empty."""
        base = self.denominator.of(values)
        return Fraction(self.numerator.of(values)) / base if base else None


class Total(NamedTuple):
    """One part of the sums, as it is."""

    numerator: Part
    denominator: None = None

    def value(self, values: Values) -> Fraction:
        """Return the total."""
        return Fraction(self.numerator.of(values))


class Breakdown(NamedTuple):
    """One more gauge, which shows what is published beside a figure: a series for each part of it."""

    gauge: str
    help: str
    label: str
    read: Callable[[dict[str, Any]], dict[str, int | str]]
    """Return the parts by name, from the published components."""


def components(values: Values, _currency: str) -> dict[str, Any]:
    """Return the sums behind a figure by name: levels at the start and at the end, and flows."""
    levels = {
        f"{level}_{when}": number
        for when, found in (("start", values.at_start), ("end", values.at_end))
        for level, number in sorted(found.items())
    }
    return {name: decimal_text(number, 0) for name, number in (levels | dict(sorted(values.flows.items()))).items()}


@dataclass(frozen=True)
class Metric:
    """One line of the register."""

    name: str
    help: str
    gauge: str
    of: tuple[Measure, ...]
    """Of which measures it is published, each under its name as `basis`."""
    unit: Unit
    value: Ratio | Total
    sample: Callable[[Values], Number]
    """How many customers it rests on: of fewer than `low_sample` it says so."""
    is_money: bool = False
    """Whether it is published in each currency, and not over all of them."""
    proportion: bool = False
    """Whether it is a share of customers, and has an interval."""
    components: Callable[[Values, str], dict[str, Any]] = components
    """What is published beside the figure."""
    breakdowns: tuple[Breakdown, ...] = ()

    def text(self, values: Values, currency: str) -> str | None:
        """Write the figure; None where its base is empty."""
        value = self.value.value(values)
        if value is None:
            return None
        return decimal_text(value, RATIO_DIGITS) if self.unit == "ratio" else money_text(value, currency)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the Wilson 95 % interval of a proportion.

    >>> [round(bound, 4) for bound in wilson(12, 20)]
    [0.3866, 0.7812]
    """
    share, square = successes / trials, Z_95 * Z_95
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    reach = Z_95 * sqrt(share * (1 - share) / trials + square / (4 * trials * trials)) / (1 + square / trials)
    return max(0.0, centre - reach), min(1.0, centre + reach)
