"""Folds the events of the family `panels` into a customer: each answer is kept."""

from retention.calendar import Instant
from retention.features.base import DUPLICATE, Facet
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from tests.recipes.panels.contracts import PanelAnswered
from tests.recipes.panels.facets import VOTES
from tests.recipes.panels.section import PANELS, answers_of, order_of


def answered(customer: Customer, event: PanelAnswered, at: Instant, policy: Policy) -> Facet:
    """Keep an answer, unless it is known."""
    kept, ident = answers_of(customer), packed(event.event_id)
    if any(known == ident for _, known, _ in kept):
        return DUPLICATE
    kept.append((at, ident, event.score))
    kept.sort(key=order_of)
    customer.dropped += PANELS.bound(kept, policy)
    return VOTES
