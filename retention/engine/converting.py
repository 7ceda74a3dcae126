"""Adds up the figures of several currencies in one: that of `metrics.currency`.

                     at the start     moved in the period         at the end
    EUR                   100            0                           100
    USD                   100            0                           100
    EUR in USD            1.20                                       1.10
    in USD                220            0   at the start's rates    220    fx −10    reported 210

Rule: everything within a period is converted at the rates of its start, so that a rate that changes is no expansion.
What the rates alone changed is shown separately, as `fx`: start + movements + fx = end. The rates of the end are those
of the next period's start, so that one period ends with the MRR that the next begins with. Customers are counted once,
whatever they pay in. A currency without a rate makes the total unknown, and not smaller.

If there is no rate at the start of a period, the rate of its first day is taken. For a currency in which no customer
paid yet, it is the first rate within the period: another one would have changed nothing. What customers with several
currencies moved is converted as a whole (`retention/measures/whole.py`).

Reason: a customer that pays the same amount of euros as before has not grown because the dollar fell.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from retention.calendar import Instant, LocalDay, Period, local_date
from retention.engine.parts import Series
from retention.engine.rates import FIELD, Rates
from retention.measures.base import ALL, Conversion, Measure, Number, Values, Vector, add, fx_of
from retention.periods import KIND_OF
from retention.policy import Policy

NO_VALUES: Final = Values({}, {}, {})
"""The values of a period in which there is nothing."""
SUFFIX: Final = "_converted"
"""Ends the basis of converted figures, as in `subscription_converted`."""


def measure_name(series: Series) -> str:
    """Return the name of the measure of a series, converted or not."""
    return series.basis.removesuffix(SUFFIX)


def is_converted(series: Series) -> bool:
    """Report whether a series is of converted figures."""
    return series.basis.endswith(SUFFIX)


class Converter:
    """Knows the exchange rates and the series of each currency, and converts their values.

    Without `metrics.currency` there are no converted series.
    """

    def __init__(self, policy: Policy, measures: Sequence[Measure]) -> None:
        self.policy, self._rates = policy, Rates()
        wanted = measures if policy.currency is not None else ()
        self._measures = {measure.name: measure for measure in wanted if _money_levels(measure)}
        self._new_rates: dict[LocalDay, list[str]] = {}
        """By the day from which they hold: the events of rates that came since figures were last published."""
        self._members: dict[Series, list[Series]] = {}

    def learn(self, series: Series, day: LocalDay, vector: Vector, causes: Iterable[str]) -> None:
        """Add the rate of a day, from a record of a partition, and the events that brought it."""
        if self._measures and self._rates.learn(series.by, series.value, day, Fraction(vector[FIELD])):
            self._new_rates.setdefault(day, []).extend(causes)

    @property
    def has_news(self) -> bool:
        """Report whether rates came since figures were last published."""
        return bool(self._new_rates)

    def forget_news(self) -> None:
        """Note that figures are published."""
        self._new_rates.clear()

    def news(self, series: Series) -> Iterator[tuple[int, list[str]]]:
        """Yield, for each day with such rates, the number of the first period that they concern, and their events."""
        for day, causes in self._new_rates.items() if is_converted(series) else ():
            yield KIND_OF[series.kind].index(local_date(day), self.policy.fiscal_start_month), causes

    def turned(self, before: Instant, as_of: Instant) -> bool:
        """Report whether a rate that was published ahead of its day began to hold between two instants."""
        day = self.policy.calendar.day
        return self._rates.change_after(day(before - 1), day(as_of - 1))

    def join(self, series: Series) -> None:
        """Note that there are sums of a series."""
        if series.basis in self._measures:
            into = series._replace(basis=f"{series.basis}{SUFFIX}", currency=self.policy.currency)
            insort(self._members.setdefault(into, []), series, key=_currency)

    def converted(self) -> list[Series]:
        """Return the series of converted figures: one where there is one of a currency."""
        return [into for into, members in self._members.items() if _currency(members[-1])]

    def members(self, series: Series) -> list[Series]:
        """Return the series that a converted one is made of: that over all currencies first, then one for each."""
        return self._members[series]

    def values(self, series: Series, counted: Mapping[str | None, Values], period: Period, as_of: Instant) -> Values:
        """Return the values of a period as of an instant: customers over all currencies, and money in one.

        `counted` are those of the members of the series, in their order.
        """
        measure, into = self._measures[measure_name(series)], series.currency or ""
        levels, flows = _money_levels(measure), measure.money_flows
        customers = counted.get(None, NO_VALUES)
        paid = {name: one for name, one in counted.items() if name is not None and _has(one, levels, flows)}
        first, last = period.first_day, min(period.next_day - 1, self.policy.calendar.day(as_of - 1))
        known, missing = list[tuple[str, Fraction, Fraction]](), list[str]()
        for currency, values in paid.items():
            at_start = self._at_start(currency, into, first, first if any(map(values.start, levels)) else last)
            at_end = self._rates.at(last, currency, into)
            if at_start is None or at_end is None:
                missing.append(currency)
            else:
                known.append((currency, at_start, at_end))
        conversion = Conversion(tuple(known), tuple(missing))
        if missing:
            return replace(customers, conversion=conversion)
        found = [dict(customers.at_start), dict(customers.at_end), dict(customers.flows)]
        for currency, at_start, at_end in known:
            values = paid[currency]
            _add(found[0], values.at_start, levels, at_start)
            _add(found[1], values.at_end, levels, at_start)
            _add(found[2], values.flows, flows, at_start)
            for level in levels:
                add(found[2], fx_of(level), values.end(level) * (at_end - at_start))
        if measure.as_wholes is not None and series.by == ALL:
            apart = {currency: values.flows for currency, values in paid.items()}
            measure.as_wholes(found[2], customers.flows, apart, {currency: rate for currency, rate, _ in known})
        return replace(customers, at_start=found[0], at_end=found[1], flows=found[2], conversion=conversion)

    def _at_start(self, currency: str, into: str, first: LocalDay, until: LocalDay) -> Fraction | None:
        """Return the rate of the start of a period; without one the first rate up to a day of the period."""
        rate = self._rates.at(first - 1, currency, into)
        return rate if rate is not None else self._rates.first(until, currency, into)


def _currency(series: Series) -> str:
    return series.currency or ""


def _money_levels(measure: Measure) -> tuple[str, ...]:
    return tuple(level.name for level in measure.levels if level.is_money)


def _has(values: Values, levels: Iterable[str], flows: Iterable[str]) -> bool:
    return any(values.start(level) or values.end(level) for level in levels) or any(map(values.flow, flows))


def _add(into: Vector, vector: Vector, names: Iterable[str], rate: Number) -> None:
    for name in names:
        add(into, name, vector.get(name, 0) * rate)
