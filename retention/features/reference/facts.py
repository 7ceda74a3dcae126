"""The facts that events of the company state. None of them is of a customer, so nothing here changes one."""

from typing import Any

from retention.calendar import Instant, LocalDay, day_of
from retention.errors import Rejected
from retention.identity import packed
from retention.policy import Policy
from retention.reference import PLAN, RATE, RESOLVED, STARTED, Fact


def rate(event: Any, at: Instant, policy: Policy) -> Fact:  # noqa: ANN401 - structs made at run time
    """Return an exchange rate; raise `Rejected` for one of a currency to itself."""
    if event.base == event.quote:
        raise Rejected("contract", "base, quote: they are one currency; a rate is between two")
    return _fact(RATE, (event.base, event.quote), _day(event, at, policy), event, at, str(event.rate))


def plan(event: Any, at: Instant, policy: Policy) -> Fact:  # noqa: ANN401 - as above
    """Return the price of a plan: by the month as it is stated, or else by its interval."""
    says = [str(event.mrr), "month", "1"]
    if event.mrr is None:
        says = [str(event.price), event.interval, str(event.interval_count)]
    return _fact(PLAN, (event.plan, event.currency), _day(event, at, policy), event, at, *says)


def started(event: Any, at: Instant, _policy: Policy) -> Fact:  # noqa: ANN401 - as above
    """Return from when on an incident concerns some customers, or all."""
    by, value = ("", "") if event.segment is None else (event.segment.by, event.segment.value)
    about = (event.incident_id, event.event_id)
    return _fact(STARTED, about, at, event, at, event.severity, by, value, *sorted({*event.features}))


def resolved(event: Any, at: Instant, _policy: Policy) -> Fact:  # noqa: ANN401 - as above
    """Return when an incident was over."""
    return _fact(RESOLVED, (event.incident_id,), at, event, at)


def _fact(kind: str, about: tuple[str, ...], since: int, event: Any, at: Instant, *says: str) -> Fact:  # noqa: ANN401
    return Fact(kind, about, since, at, packed(event.event_id), says)


def _day(event: Any, at: Instant, policy: Policy) -> LocalDay:  # noqa: ANN401 - as above
    """Return the local day from which on something holds."""
    return day_of(event.effective_on) if event.effective_on is not None else policy.calendar.day(at)
