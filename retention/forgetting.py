"""What stays of a customer that is forgotten: its share in sums, in which nobody can be recognised."""

from retention.calendar import NEVER, Instant
from retention.components import Parts, parts_of
from retention.features.purchases.orders import activity
from retention.features.purchases.section import orders_seen
from retention.features.subscriptions.section import timeline_of
from retention.features.subscriptions.standings import points
from retention.features.subscriptions.timeline import Op, subscribed, terms_of
from retention.policy import Policy
from retention.state.customer import Customer


def residue(customer: Customer, policy: Policy, at: Instant) -> Parts:
    """Give the parts of a customer that ends now: after `at` it is nobody's customer any more (metrics.md, rule 8).

    What is known to have happened stays as it was counted, so it ends no sooner than its newest event.
    """
    end = max(at, customer.latest + 1)
    timeline = timeline_of(customer)
    if subscribed(timeline):
        timeline.add(Op(end, b"", "ended", None, cause="erased"))
    history = points(timeline, terms_of(policy), NEVER) if subscribed(timeline) else []
    spans = activity(orders_seen(customer), policy.calendar, policy.purchase_window_days)
    ended = [(since, min(until, end)) for since, until in spans if since < end]
    return parts_of(customer, policy, history, ended)
