"""The family `messages` in the register of features; `retention/features/consent/` reads who wants no more of them."""

from typing import Final

from retention.features.base import COUNTED, NOTHING, Case, Feature, ReadOrder, type_and_id
from retention.features.messages import section
from retention.features.messages.facets import ENGAGED, MAILED
from retention.features.messages.folds import clicked, delivered, opened
from schemas.messages import MESSAGES as FAMILY

MESSAGES: Final = Feature(
    name="messages",
    family=FAMILY,
    order=ReadOrder.CONSENT,
    cases={
        "message.delivered": Case(delivered, frozenset({MAILED, NOTHING}), known_by=type_and_id),
        "message.opened": Case(opened, frozenset({ENGAGED, NOTHING}), known_by=type_and_id),
        "message.clicked": Case(clicked, frozenset({ENGAGED, NOTHING}), known_by=type_and_id),
        "message.bounced": COUNTED,
    },
    sections=(section.MESSAGES,),
)
