"""How the events of the family `payments` change a customer: each attempt is stored with its payment."""

from retention.calendar import Instant
from retention.features.base import DUPLICATE, Facet
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from tests.recipes.payments.contracts import PaymentFailed, PaymentSucceeded
from tests.recipes.payments.facets import ATTEMPTS
from tests.recipes.payments.section import PAYMENTS, payments_of


def attempted(customer: Customer, event: PaymentFailed | PaymentSucceeded, at: Instant, policy: Policy) -> Facet:
    """Add an attempt to collect a payment, and its result."""
    kept = payments_of(customer)
    attempts, attempt = kept.get(digest(event.payment_id), []), (at, packed(event.event_id), "succeeded" in event.type)
    if attempt in attempts:
        return DUPLICATE
    kept[digest(event.payment_id)] = sorted([*attempts, attempt])
    customer.dropped += PAYMENTS.bound(kept, policy)
    return ATTEMPTS
