"""Folds of the feature `wishes`."""

from bisect import insort

from retention.calendar import Instant
from retention.features.base import DUPLICATE, Facet
from retention.features.wishes.facets import WISHES
from retention.features.wishes.section import WISHES as SECTION
from retention.features.wishes.section import wishes_of, wishes_seen
from retention.features.wishes.wishes import Wish, order_of
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.feedback import FeedbackShipped


def met(customer: Customer, event: FeedbackShipped, at: Instant, policy: Policy) -> Facet:
    """Keep that the company has made what a customer had asked for."""
    wish = Wish(at, packed(event.event_id))
    if any(one.event_id == wish.event_id for one in wishes_seen(customer)):
        return DUPLICATE
    kept = wishes_of(customer)
    insort(kept, wish, key=order_of)
    customer.dropped += SECTION.bound(kept, policy)
    return WISHES
