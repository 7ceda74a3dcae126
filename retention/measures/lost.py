"""Counts the customers that were lost on the company's basis, and which signals were open the instant before.

raised        medium                    loss
──┼──────────────┼────────────────────────┼──►   losses 1, signalled 1, warned 1: 9 days before
                 └──────── 9 days ────────┘

The engine stores each loss with these signals (`retention/losses.py`): a measure knows none. A loss is *signalled* if
any was open, and *warned* of if one of medium severity or more was: that is meant to be worth an alarm.
"""

from typing import Final, cast

from retention.buckets import field_of
from retention.calendar import NEVER, Instant
from retention.features.purchases.facets import ORDERS
from retention.features.subscriptions.facets import TIMELINE
from retention.losses import LOSSES, OpenBefore, losses_seen
from retention.measures.base import NOTHING_SHOWN, Measure, Shown, Step, Track, Vector, Window, add
from retention.policy import SEVERITIES, Policy
from retention.state.customer import Customer

LEAD: Final = "warning_lead"
"""The name under which seconds from an alarm to the loss are counted by bucket."""
OPEN: Final = "open:"
"""Begins the field of a signal and a severity: losses at which it was open, and so severe."""
WAITED: Final = "raised:"
"""Begins the field of a signal: how many seconds before the losses it was raised, all together."""


def shown(customer: Customer, _policy: Policy, _as_of: Instant) -> Shown:
    """Return the losses of a customer as steps of no levels."""
    losses = losses_seen(customer)
    if not losses:
        return NOTHING_SHOWN
    steps = [Step(-NEVER, ()), *(Step(loss.at, (), detail=loss.warned) for loss in losses)]
    return Shown([Track(None, steps, NEVER, NEVER)], [])


def book(vector: Vector, window: Window) -> None:
    """Count the losses of a period, and the signals that were open before each."""
    for step in window.steps:
        add(vector, "losses", 1)
        warned = cast("tuple[OpenBefore, ...]", step.detail)
        if warned:
            add(vector, "signalled", 1)
        for one in warned:
            add(vector, f"{OPEN}{one.signal}:{SEVERITIES[one.level]}", 1)
            add(vector, f"{WAITED}{one.signal}", one.raised)
        alarms = [one.alarmed for one in warned if one.level]
        if alarms:
            add(vector, "warned", 1)
            add(vector, field_of(LEAD, max(alarms)), 1)


def _window(policy: Policy) -> int:
    """Return the longest window of a basis: what is dropped from before the horizon may hide a loss so long after."""
    return policy.purchase_window_days


LOST: Final = Measure(
    "lost",
    reads=frozenset({TIMELINE, ORDERS}),
    levels=(),
    shown=shown,
    needs=(LOSSES,),
    book=book,
    window=_window,
    of_ends=True,
)
