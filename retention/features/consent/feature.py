"""Consents and opt-outs in the register of features: of two families, in one section."""

from typing import Final

from retention.features.base import COUNTED, NOTHING, Case, Feature, ReadOrder
from retention.features.consent import section
from retention.features.consent.facets import CONSENT as CHANGED
from retention.features.consent.folds import accepts_old, changed, complained, unsubscribed
from schemas.messages import MESSAGES
from schemas.privacy import PRIVACY

CONSENT: Final = Feature(
    name="consent",
    family=PRIVACY,
    order=ReadOrder.ERASURE,
    cases={
        "consent.changed": Case(changed, frozenset({CHANGED, NOTHING})),
        "access.requested": COUNTED,
    },
    sections=(section.CONSENT,),
    accepts_old=accepts_old,
)
OPT_OUTS: Final = Feature(
    name="opt-outs",
    family=MESSAGES,
    order=ReadOrder.CONSENT,
    cases={
        "message.unsubscribed": Case(unsubscribed, frozenset({CHANGED})),
        "message.complained": Case(complained, frozenset({CHANGED})),
    },
    sections=(section.CONSENT,),
    accepts_old=accepts_old,
)
