"""Counts the days on which customers signed in, and the customers that signed in at all, in each period.

signed in    Mon     Tue     Tue     Thu
──┼───────────┼───────┼───────┼───────┼──►   active_days 3, actives 1 of this week

The sum of `active_days` over customers is that of the daily actives over the days of the period. So the mean of these
is exact, and no timer is needed at the end of each day. It is only counted if `metrics.stickiness` is set: each login
then asks all measures.
"""

from typing import Final

from retention import day_counts
from retention.calendar import NEVER, Instant
from retention.features.logins.facets import LOGINS
from retention.measures.base import NOTHING_SHOWN, Measure, Shown, Step, Track, Vector, Window, add
from retention.policy import Policy
from retention.state.customer import Customer


def shown(customer: Customer, policy: Policy, _as_of: Instant) -> Shown:
    """Return the days on which a customer signed in as steps of no levels."""
    days = day_counts.days(customer.logins)
    if not days:
        return NOTHING_SHOWN
    starts = policy.calendar.start_of_day
    steps = [Step(-NEVER, ()), *(Step(starts(day), ()) for day in reversed(days))]
    return Shown([Track(None, steps, NEVER, NEVER)], [])


def book(vector: Vector, window: Window) -> None:
    """Count the days of a customer in a period, and the customer once."""
    add(vector, "active_days", len(window.steps))
    add(vector, "actives", 1)


def _wanted(policy: Policy) -> bool:
    return policy.stickiness


SIGN_INS: Final = Measure(
    "sign_ins",
    reads=frozenset({LOGINS}),
    levels=(),
    shown=shown,
    book=book,
    wanted=_wanted,
    by_day=True,
)
