"""Reads how long a customer has ordered nothing: what signals of absent orders have in common.

Rule: a customer is missed once it has ordered nothing for some days, and has not been seen otherwise for some more.

    order          login             quiet            quiet
    ──┼──────────────┼─────────────┬────┴────┬──────────┴───┬──►
      └── longer than usual ───────┘         └─ missed       └─ missed for long
"""

from itertools import pairwise
from typing import Final, NamedTuple

from retention import day_counts
from retention.calendar import DAY, NEVER, SHORT_BY_DAYS, Calendar, Instant, LocalDay
from retention.features.purchases.orders import known
from retention.features.purchases.section import orders_seen
from retention.policy import Policy
from retention.state.customer import Customer

FAR: Final = 9 * DAY
"""So far ahead other timers fire first, in most cases: an exact instant would be of no use."""


class OrderDay(NamedTuple):
    """A local day with orders, and the instant of the first of them."""

    day: LocalDay
    at: Instant


def order_days(customer: Customer, calendar: Calendar) -> list[OrderDay]:
    """Return the days on which a customer ordered, in order of time, without what it gave back in the same instant."""
    found: list[OrderDay] = []
    for order in known(orders_seen(customer)):
        if order.made_a_customer():
            day = calendar.day(order.at)
            if not found or found[-1].day != day:
                found.append(OrderDay(day, order.at))
    return found


def silent_from(customer: Customer, policy: Policy, as_of: Instant, days: int) -> Instant:
    """Return the first instant, from one on, that may come more than some days after an order, and before the next.

    `NEVER` if there is none, and 0 if the orders have to be looked at. Mostly it follows from the first order or from
    the newest one, which the core tells, and nothing is decoded. One that is far is named too early, but without
    looking at the calendar.
    """
    calendar = policy.calendar
    soonest = customer.first_order + (days - SHORT_BY_DAYS) * DAY
    if as_of + FAR < soonest < NEVER:
        return soonest
    if customer.active_since != NEVER:  # the lapse is that of the newest order, on that local day or the one before
        newest = customer.purchase_lapse - (policy.purchase_window_days - SHORT_BY_DAYS) * DAY
        if newest < as_of or customer.latest < as_of:
            soonest = newest + (days - 2 * SHORT_BY_DAYS) * DAY
            if soonest > as_of + FAR:
                return soonest
            day = calendar.day(customer.purchase_lapse) - policy.purchase_window_days
            return _if_later(calendar.start_of_day(day + days + 1), as_of)
    instants = sorted([order.at for order in orders_seen(customer).values() if order.made_a_customer()])
    for at, following in pairwise(instants):
        if following > as_of and following - at > (days - SHORT_BY_DAYS) * DAY:
            return 0
    return _if_later(calendar.start_of_day(calendar.day(instants[-1]) + days + 1), as_of) if instants else NEVER


def _if_later(start: Instant, as_of: Instant) -> Instant:
    return start if start > as_of else 0


def logins_since(customer: Customer, day: LocalDay) -> list[LocalDay]:
    """Return the days from one on on which a customer signed in, ascending."""
    return [found for found in reversed(day_counts.days(customer.logins)) if found >= day]
