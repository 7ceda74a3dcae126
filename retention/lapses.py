"""What time alone ends: when orders and subscriptions stop making an active customer, by the basis they are one on."""

from typing import Final

from retention.calendar import NEVER, Instant
from retention.features.base import Facet
from retention.features.purchases.facets import ORDERS
from retention.features.purchases.orders import activity
from retention.features.purchases.section import orders_seen
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import subscribes, timeline_seen
from retention.features.subscriptions.standings import lapses
from retention.features.subscriptions.timeline import terms_of
from retention.policy import Basis, Policy
from retention.state.customer import Customer

CHANGED_BY: Final[dict[Basis, Facet]] = {"purchase": ORDERS, "subscription": TIMELINE}
"""What may make a customer leave or come back, and so move the instants at which time ends something."""


def lapses_at(customer: Customer, policy: Policy, due: Instant) -> bool:
    """Report whether time ends at `due` what orders or subscriptions carry, and that is not counted yet."""
    if due < max(customer.settled, 1):
        return False  # the state is ahead of the watermark, and an early timer made us look again; 0 is no lapse
    if due == customer.purchase_lapse or due in customer.untold_lapses:
        return True
    return subscribes(customer) and due in lapses(timeline_seen(customer), terms_of(policy))


def next_lapse(customer: Customer, policy: Policy, after: Instant) -> Instant:
    """Return when time alone next ends what the orders or the subscriptions carry."""
    found = customer.purchase_lapse if customer.purchase_lapse >= max(after, 1) else NEVER
    for at in customer.untold_lapses:
        if after <= at < found:
            found = at
    if subscribes(customer):
        ends = lapses(timeline_seen(customer), terms_of(policy))
        found = min([found, *(at for at in ends if at >= after)])
    return found


def note_lapses(customer: Customer, policy: Policy) -> None:
    """Keep the lapses between orders that are not counted yet: after an event that changed what history shows."""
    orders = orders_seen(customer)
    spans = activity(orders, policy.calendar, policy.purchase_window_days) if len(orders) > 1 else []
    customer.untold_lapses = [end for _, end in spans[:-1] if end >= customer.settled]


def forget_lapses(customer: Customer, due: Instant) -> None:
    """Drop the lapses up to an instant that has passed."""
    customer.untold_lapses = [at for at in customer.untold_lapses if at > due]
