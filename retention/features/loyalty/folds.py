"""Folds of the feature `loyalty`."""

from bisect import insort

from retention.calendar import Instant
from retention.features.base import DUPLICATE, Facet
from retention.features.loyalty.facets import LOYALTY
from retention.features.loyalty.loyalty import Points, kept_name, order_of
from retention.features.loyalty.section import LOYALTY as SECTION
from retention.features.loyalty.section import points_of, points_seen
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.customers import CustomerUpdated


def counted(customer: Customer, event: CustomerUpdated, at: Instant, policy: Policy) -> Facet:
    """Keep the points that an event states, and how many the next tier needs: 0 if there is none."""
    if event.points is None:
        return DUPLICATE
    needed, tier = event.next_tier_points or 0, kept_name(event.next_tier)
    said = Points(at, packed(event.event_id), event.points, needed, tier)
    if any(one.event_id == said.event_id for one in points_seen(customer)):
        return DUPLICATE
    kept = points_of(customer)
    insort(kept, said, key=order_of)
    customer.dropped += SECTION.bound(kept, policy)
    return LOYALTY
