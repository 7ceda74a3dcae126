"""The state of a customer in words: what its sections hold, as of an instant."""

from collections.abc import Iterator, Sequence, Sized
from typing import Final

from retention import day_counts
from retention.calendar import Calendar, Instant, iso_day
from retention.features import REGISTER
from retention.features.feedback.said import CES, CSAT, NPS
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.features.purchases.orders import known
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.features.tickets.tickets import SOLVED
from retention.features.usage.section import USAGE, usage_seen
from retention.policy import Policy
from retention.state.customer import Customer

WINDOW: Final = 28
SURVEYS: Final = {NPS: "NPS", CSAT: "CSAT", CES: "CES"}


def facts_of(customer: Customer, at: Instant, policy: Policy) -> list[str]:
    """Return what is known of a customer, a sentence for each thing."""
    calendar = policy.calendar
    found = [_counted("signed in", day_counts.days(customer.logins), calendar, at)]
    if USAGE.is_kept(customer):
        found += _used(customer, calendar, at)
    if PURCHASES.is_kept(customer):
        found += _ordered(customer, calendar, at)
    if TICKETS.is_kept(customer):
        found += _asked(customer, calendar, at)
    if FEEDBACK.is_kept(customer):
        found += _answered(customer, calendar, at)
    return [*found, *_others(customer)]


def _counted(did: str, days: Sequence[int], calendar: Calendar, at: Instant) -> str:
    today = calendar.day(at)
    lately = sum(today - WINDOW <= day < today for day in days)
    past = [day for day in days if day <= today]
    last = f"; last on {iso_day(max(past))}" if past else ""
    return f"{did} on {lately} of the {WINDOW} days before{last}"


def _number(found: Sized, noun: str) -> str:
    """Return how many there are of something.

    >>> _number(["o-1"], "order"), _number([], "order")
    ('1 order', '0 orders')
    """
    return f"{len(found)} {noun}" + ("" if len(found) == 1 else "s")


def _used(customer: Customer, calendar: Calendar, at: Instant) -> Iterator[str]:
    usage = usage_seen(customer)
    if usage is not None and usage.uses:
        yield _counted("used the product", day_counts.days(usage.uses), calendar, at)
        users = f", {_number(usage.users, 'user')}" if usage.users else ""
        yield f"{_number(usage.features, 'feature')} known{users}"


def _ordered(customer: Customer, calendar: Calendar, at: Instant) -> Iterator[str]:
    orders = [order for order in known(orders_seen(customer)) if order.at <= at]
    if orders:
        yield f"{_number(orders, 'order')} known; the last on {iso_day(calendar.day(orders[-1].at))}"


def _asked(customer: Customer, calendar: Calendar, at: Instant) -> Iterator[str]:
    tickets = [[step for step in ticket.steps if step.at <= at] for ticket in tickets_seen(customer).values()]
    waiting = [steps for steps in tickets if steps and steps[-1].kind != SOLVED]
    if waiting:
        oldest = min(steps[0].at for steps in waiting)
        yield f"{len(waiting)} of {_number(tickets, 'ticket')} open; the oldest since {iso_day(calendar.day(oldest))}"
    else:
        yield f"{_number(tickets, 'ticket')}, none open"


def _answered(customer: Customer, calendar: Calendar, at: Instant) -> Iterator[str]:
    last = {said.kind: said for said in feedback_seen(customer) if said.kind in SURVEYS and said.at <= at}
    for kind, name in SURVEYS.items():
        if kind in last:
            yield f"{name}: {last[kind].score} of {last[kind].highest} on {iso_day(calendar.day(last[kind].at))}"


def _others(customer: Customer) -> Iterator[str]:
    told = (USAGE, PURCHASES, TICKETS, FEEDBACK)
    others = [one.name for one in REGISTER.sections if one not in told and one.is_kept(customer)]
    if others:
        yield f"more is known of: {', '.join(sorted(others))}"
