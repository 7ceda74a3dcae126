"""Folds the events of the family `deposits` into a customer: each attempt is stored with its deposit."""

from retention.calendar import Instant
from retention.features.base import DUPLICATE, Facet
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from tests.recipes.deposits.contracts import DepositFailed, DepositSucceeded
from tests.recipes.deposits.facets import DRAWS
from tests.recipes.deposits.section import DEPOSITS, deposits_of


def attempted(customer: Customer, event: DepositFailed | DepositSucceeded, at: Instant, policy: Policy) -> Facet:
    """Add an attempt to collect a deposit, and its result."""
    kept = deposits_of(customer)
    attempts, attempt = kept.get(digest(event.deposit_id), []), (at, packed(event.event_id), "succeeded" in event.type)
    if attempt in attempts:
        return DUPLICATE
    kept[digest(event.deposit_id)] = sorted([*attempts, attempt])
    customer.dropped += DEPOSITS.bound(kept, policy)
    return DRAWS
