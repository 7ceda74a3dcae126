"""Folds the events of the family `customers` into a customer: their attributes go into its profile."""

from retention.calendar import Instant
from retention.errors import Rejected
from retention.features.base import DUPLICATE, NOTHING, Facet, type_and_id
from retention.features.customers.facets import PROFILE
from retention.features.customers.profile import Change, is_known, is_superseded, kept_value, taken_in
from retention.features.customers.section import CUSTOMERS, profile_of, profile_seen
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.seen_ids import saw
from schemas.base import Event
from schemas.customers import CustomerUpdated


def updated(customer: Customer, event: CustomerUpdated, at: Instant, policy: Policy) -> Facet:
    """Store the attributes by which figures are split, and no others."""
    said = {name: kept_value(event.attributes[name]) for name, _ in policy.segments if name in event.attributes}
    if not said:
        return DUPLICATE if saw(customer, type_and_id(event)) else NOTHING
    ident, profile = packed(event.event_id), profile_seen(customer)
    new = [name for name in said if not is_known(profile.get(name, []), ident)]
    useful = [name for name in new if not is_superseded(profile.get(name, []), at)]
    if not useful:
        if new:
            raise Rejected("too_late", "older than the horizon, and newer values of these attributes are known")
        return DUPLICATE
    profile = profile_of(customer)
    for name in useful:
        profile[name] = taken_in(profile.get(name, []), Change(at, ident, said[name]))
    customer.dropped += CUSTOMERS.bound(profile, policy)
    return PROFILE


def accepts_old(_customer: Customer | None, _event: Event, _at: Instant) -> bool:
    """Return True: a value holds until the next one, and the fold decides which old ones count."""
    return True
