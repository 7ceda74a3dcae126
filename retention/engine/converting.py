"""Adds up the figures of several currencies in one: that of `metrics.currency`.

                     at the start     moved in the period         at the end
    EUR                   100            0                           100
    USD                   100            0                           100
    EUR in USD            1.20                                       1.10
    in USD                220            0   at the start's rates    220    fx −10    reported 210

Rule: everything within a period is converted at the rates of its start, so that a rate that changes is no expansion.
What only the rates changed stands beside it as `fx`: start + movements + fx = end. The rates of the end are those of
the next period's start, so that one period ends with the MRR that the next begins with. Customers are counted once,
whatever they pay in. A currency without a rate makes the total unknown, and not smaller.

Without a rate at its start, a period takes that of its first day; and of a currency in which no customer paid yet,
the first one within it: there is nothing that another rate could have changed. What customers with several currencies
moved is converted as a whole (`retention/measures/whole.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from retention.calendar import LocalDay
from retention.engine.parts import Series
from retention.engine.rates import Rates
from retention.measures.base import ALL, Conversion, Measure, Number, Values, Vector, add

SUFFIX: Final = "_converted"
"""Ends the basis of converted figures, as in `subscription_converted`."""


def converted_basis(basis: str) -> str:
    """Return the name under which converted figures of a basis are published."""
    return f"{basis}{SUFFIX}"


def measure_name(series: Series) -> str:
    """Return the name of the measure of a series, converted or not."""
    return series.basis.removesuffix(SUFFIX)


def is_converted(series: Series) -> bool:
    """Report whether a series is of converted figures."""
    return series.basis.endswith(SUFFIX)


def members(into: Series, known: Iterable[Series]) -> list[Series]:
    """Return the series that a converted one is made of: that over all currencies first, then one for each."""
    name = measure_name(into)
    currencies = {one.currency for one in known if one[0] == name and one[2:] == into[2:]}
    ordered = [None, *sorted(currency for currency in currencies if currency is not None)]
    return [Series(name, currency, *into[2:]) for currency in ordered]


class Converter:
    """Converts the values of a period into one currency."""

    def __init__(self, rates: Rates, measures: Sequence[Measure], into: str) -> None:
        self._rates, self.into = rates, into
        self._money = {
            measure.name: (tuple(level.name for level in measure.levels if level.is_money), measure.money_flows)
            for measure in measures
        }
        self._as_wholes = {measure.name: measure.as_wholes for measure in measures}

    def is_money(self, name: str) -> bool:
        """Report whether a measure has amounts."""
        return bool(self._money.get(name, ((), ()))[0])

    def values(
        self, series: Series, counted: Values, of_currency: Mapping[str, Values], first: LocalDay, last: LocalDay
    ) -> Values:
        """Return the values of the days of a period: customers as counted over all currencies, and money in one."""
        levels, flows = self._money[measure_name(series)]
        paid = {currency: one for currency, one in sorted(of_currency.items()) if _has(one, levels, flows)}
        rates = [(one, self._at_start(one, first, last, begun=any(map(paid[one].start, levels)))) for one in paid]
        known = [(one, at, end) for one, at in rates if at is not None and (end := self._at(last, one)) is not None]
        missing = tuple(one for one in paid if one not in {name for name, _, _ in known})
        conversion = Conversion(tuple(known), missing)
        if missing:
            return replace(counted, conversion=conversion)
        found = [dict(counted.at_start), dict(counted.at_end), dict(counted.flows)]
        for currency, at_start, at_end in known:
            values = paid[currency]
            _add(found[0], values.at_start, levels, at_start)
            _add(found[1], values.at_end, levels, at_start)
            _add(found[2], values.flows, flows, at_start)
            for level in levels:
                add(found[2], fx_of(level), values.end(level) * (at_end - at_start))
        as_wholes = self._as_wholes[measure_name(series)]
        if as_wholes is not None and series.by == ALL:
            apart = {currency: values.flows for currency, values in paid.items()}
            as_wholes(found[2], counted.flows, apart, {currency: rate for currency, rate, _ in known})
        return replace(counted, at_start=found[0], at_end=found[1], flows=found[2], conversion=conversion)

    def _at(self, day: LocalDay, currency: str) -> Fraction | None:
        return self._rates.at(day, currency, self.into)

    def _at_start(self, currency: str, first: LocalDay, last: LocalDay, *, begun: bool) -> Fraction | None:
        """Return the rate of a period; `begun` says whether a customer paid in the currency before it."""
        rate = self._at(first - 1, currency)
        return rate if rate is not None else self._rates.first(first if begun else last, currency, self.into)


def fx_of(level: str) -> str:
    """Return the name of the flow of what only the rates changed of a level."""
    return f"fx_{level}"


def _has(values: Values, levels: Iterable[str], flows: Iterable[str]) -> bool:
    return any(values.start(level) or values.end(level) for level in levels) or any(map(values.flow, flows))


def _add(into: Vector, vector: Vector, names: Iterable[str], rate: Number) -> None:
    for name in names:
        add(into, name, vector.get(name, 0) * rate)
