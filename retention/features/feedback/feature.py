"""The family `feedback` in the register of features, and how the texts of `tickets` sound, in the same section."""

from typing import Final

from retention.features.base import NOTHING, Case, Feature, ReadOrder
from retention.features.feedback import section
from retention.features.feedback.facets import OPINIONS, RECOMMENDATIONS, REPLIES, SUPPORT_SCORES
from retention.features.feedback.folds import heard, replied, reviewed, submitted, surveyed
from schemas.feedback import FEEDBACK as FAMILY
from schemas.tickets import TICKETS

FEEDBACK: Final = Feature(
    name="feedback",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "survey.answered": Case(surveyed, frozenset({RECOMMENDATIONS, SUPPORT_SCORES, NOTHING})),
        "review.posted": Case(reviewed, frozenset({OPINIONS})),
        "feedback.submitted": Case(submitted, frozenset({OPINIONS, NOTHING})),
        "feedback.answered": Case(replied, frozenset({REPLIES, NOTHING})),
    },
    sections=(section.FEEDBACK,),
)
TICKET_TEXTS: Final = Feature(
    name="ticket texts",
    family=TICKETS,
    order=ReadOrder.CHANGES,
    cases={"ticket.opened": Case(heard, frozenset({OPINIONS}))},
    sections=(section.FEEDBACK,),
)
