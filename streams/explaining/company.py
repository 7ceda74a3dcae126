"""Says in words what of the whole company concerns one customer: the price of its plan, and incidents."""

from collections.abc import Iterable, Iterator
from typing import Final

from retention.calendar import Instant, iso_day
from retention.engine.partition_state import PartitionState
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
