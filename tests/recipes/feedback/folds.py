"""How the events of the family `feedback` change a customer: each answer is kept."""

from retention.calendar import Instant
from retention.features.base import DUPLICATE, Facet
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from tests.recipes.feedback.contracts import SurveyAnswered
from tests.recipes.feedback.facets import ANSWERS
from tests.recipes.feedback.section import FEEDBACK, answers_of, order_of


def answered(customer: Customer, event: SurveyAnswered, at: Instant, policy: Policy) -> Facet:
    """Keep an answer, unless it is known."""
    kept, ident = answers_of(customer), packed(event.event_id)
    if any(known == ident for _, known, _ in kept):
        return DUPLICATE
    kept.append((at, ident, event.score))
    kept.sort(key=order_of)
    customer.dropped += FEEDBACK.bound(kept, policy)
    return ANSWERS
