"""Folds of the feature `deliveries`: each adds what an event says of an order to the section of its customer."""

from decimal import Decimal

from retention.calendar import Instant
from retention.features.base import DUPLICATE, NOTHING, Facet
from retention.features.deliveries.deliveries import DELAYED, REFUNDED, Arrival, Trouble, TroubleKind, order_of
from retention.features.deliveries.facets import DELIVERIES
from retention.features.deliveries.section import DELIVERIES as SECTION
from retention.features.deliveries.section import deliveries_of
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.purchases import PurchaseDelayed, PurchaseDelivered, PurchaseRefunded


def arrived(customer: Customer, event: PurchaseDelivered, at: Instant, policy: Policy) -> Facet:
    """Add the arrival of an order, if it is one of the newest."""
    kept, arrival = deliveries_of(customer), Arrival(at, digest(event.order_id))
    if arrival in kept.arrivals:
        return DUPLICATE
    kept.arrivals = sorted([*kept.arrivals, arrival])
    SECTION.bound(kept, policy)
    return DELIVERIES if arrival in kept.arrivals else NOTHING


def delayed(customer: Customer, event: PurchaseDelayed, at: Instant, policy: Policy) -> Facet:
    """Add that an order will not arrive when promised."""
    return _add(customer, event, at, DELAYED, policy)


def paid_back(customer: Customer, event: PurchaseRefunded, at: Instant, policy: Policy) -> Facet:
    """Add that an order was paid back, or a part of it.

    A refund of nothing is no news here, as a duplicate is none; the orders decide whether it is one.
    """
    if event.amount is not None and not Decimal(event.amount):
        return DUPLICATE
    return _add(customer, event, at, REFUNDED, policy)


def _add(
    customer: Customer, event: PurchaseDelayed | PurchaseRefunded, at: Instant, kind: TroubleKind, policy: Policy
) -> Facet:
    kept, ident = deliveries_of(customer), packed(event.event_id)
    if any(known.event_id == ident and known.kind == kind for known in kept.troubles):
        return DUPLICATE
    kept.troubles = sorted([*kept.troubles, Trouble(at, ident, digest(event.order_id), kind)], key=order_of)
    customer.dropped += SECTION.bound(kept, policy)
    return DELIVERIES
