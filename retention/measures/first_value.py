"""Counts how long new customers took from their first subscription to their first use of any feature.

start                      first use
──┼────────────────────────────┼──►   counted in the period of the first use: after 54 hours

A customer that used the product before it subscribed took no time. One that took more than 90 local days is no longer
new, and is not counted.
"""

from typing import Final, cast

from retention.buckets import field_of
from retention.calendar import NEVER, SECOND, Calendar, Instant
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import began
from retention.features.usage.facets import FIRST_USE
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import UNKNOWN
from retention.measures.base import NOTHING_SHOWN, Measure, Shown, Step, Track, Vector, Window, add
from retention.policy import Policy
from retention.state.customer import Customer

NEW_DAYS: Final = 90
"""Local days from its first subscription on in which a customer is a new one."""
WAITED: Final = "time_to_value"
"""The name under which the seconds are counted by bucket."""


def shown(customer: Customer, policy: Policy, _as_of: Instant) -> Shown:
    """Return the first use of a new customer as a step of no levels."""
    usage, start = usage_seen(customer), began(customer)
    if usage is None or start is None or usage.first in {0, UNKNOWN}:
        return NOTHING_SHOWN
    waited = time_to_value(start, usage.first, policy.calendar)
    if waited is None:
        return NOTHING_SHOWN
    steps = [Step(-NEVER, ()), Step(start + waited, (), detail=waited // SECOND)]
    return Shown([Track(None, steps, NEVER, NEVER)], [])


def time_to_value(start: Instant, first: Instant, calendar: Calendar) -> int | None:
    """Return the time from the start of a customer to its first use; None if it came too late to be of a new customer.

    >>> time_to_value(0, 54 * 3_600 * SECOND, Policy().calendar) // (3_600 * SECOND)
    54
    """
    return max(0, first - start) if first < calendar.add_days(start, NEW_DAYS) else None


def book(vector: Vector, window: Window) -> None:
    """Count a first use, and the seconds until then."""
    for step in window.steps:
        seconds = cast("int", step.detail)
        add(vector, "first_uses", 1)
        add(vector, "seconds", seconds)
        add(vector, field_of(WAITED, seconds), 1)


def _window(_policy: Policy) -> int:
    return NEW_DAYS


FIRST_VALUE: Final = Measure(
    "first_value",
    reads=frozenset({FIRST_USE, TIMELINE}),
    levels=(),
    shown=shown,
    needs=(USAGE,),
    book=book,
    window=_window,
)
