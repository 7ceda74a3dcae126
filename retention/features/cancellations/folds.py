"""Folds the events of the family `cancellations` into a customer: they go into the timeline of its subscriptions."""

from retention.calendar import Instant
from retention.features.base import Facet
from retention.features.subscriptions.folds import add
from retention.features.subscriptions.timeline import Op
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.cancellations import CancellationRequested, CancellationRevoked


def requested(customer: Customer, event: CancellationRequested, at: Instant, policy: Policy) -> Facet:
    """Apply a request to cancel."""
    op = Op(
        at,
        packed(event.event_id),
        "requested",
        event.subscription_id,
        reason=event.reason,
        at_period_end=event.at_period_end,
    )
    return add(customer, op, policy)


def revoked(customer: Customer, event: CancellationRevoked, at: Instant, policy: Policy) -> Facet:
    """Apply the revocation of a request to cancel."""
    return add(customer, Op(at, packed(event.event_id), "revoked", event.subscription_id), policy)
