"""Says in words what of the whole company concerns one customer: the price of its plan, rates, and incidents."""

from collections.abc import Iterable, Iterator
from typing import Final

from retention.calendar import Instant, iso_day
from retention.engine.figures import RATE_DIGITS
from retention.engine.partition_state import PartitionState
from retention.engine.rates import Rates, RatesTold
from retention.money import decimal_text
from retention.policy import SignalPolicy
from retention.reference import PLAN
from retention.signals.base import View

LATELY: Final = 28
"""Days before the present one of which incidents are shown."""


def prices_of(state: PartitionState, at: Instant, plan: str | None, currencies: Iterable[str]) -> Iterator[str]:
    """Yield what a plan costs at an instant, as published, in each of some currencies."""
    calendar = state.policy.calendar
    for currency in currencies if plan is not None else ():
        fact = state.facts.standing(PLAN, (plan or "", currency), calendar.day(at))
        if fact is not None:
            price, interval, count = fact.says
            each = interval if count == "1" else f"{count} {interval}s"
            yield f"plan {plan!r} costs {price} {currency} each {each}, as published for {iso_day(fact.since)} on"


def rates_of(state: PartitionState, at: Instant, currencies: Iterable[str]) -> Iterator[str]:
    """Yield the rates at which what a customer pays counts in the currency of `metrics.currency`."""
    into, rates = state.policy.currency, Rates()
    if into is None:
        return
    for (base, quote, day), rate, _ in RatesTold(into, state.facts).news():
        rates.learn(base, quote, day, rate)
    for currency in currencies:
        known = rates.at(state.policy.calendar.day(at - 1), currency, into)
        if known is None:
            yield f"no rate of {currency} in {into} is known, so figures in {into} are unknown (docs/currencies.md)"
        elif currency != into:
            worth = decimal_text(known, RATE_DIGITS).rstrip("0").rstrip(".")
            yield f"1 {currency} counts as {worth} {into} in figures in {into}"


def incidents_of(name: str, state: PartitionState, at: Instant) -> Iterator[str]:
    """Yield the incidents of the last days that concern a customer."""
    customer, calendar = state.customers.look(name), state.policy.calendar
    view = View(name, customer, state.policy, SignalPolicy(), at, state.watermark, state.sources, state.facts)
    today = calendar.day(at)
    for one in view.incidents(today - LATELY, today + 1):
        if one.start <= at:
            since, until = iso_day(calendar.day(one.start)), iso_day(calendar.day(one.end))
            when = f"since {since}" if one.end > at else f"from {since} to {until}"
            severity = "" if one.severity == "other" else f" ({one.severity})"
            features = f", in {', '.join(map(repr, one.features))}" if one.features else ""
            yield f"incident {one.name!r}{severity} concerns it {when}{features}"
