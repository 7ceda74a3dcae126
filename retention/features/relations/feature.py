"""The feature `relations` in the register of features: it reads the topic `customers` beside `CUSTOMERS`."""

from typing import Final

from retention.features.base import NOTHING, Case, Feature, ReadOrder, type_and_id
from retention.features.relations import section
from retention.features.relations.facets import ACQUISITION, CONTACTS, REFERRALS
from retention.features.relations.folds import accepts_old, acquired, noted, referred
from schemas.customers import CUSTOMERS as FAMILY

RELATIONS: Final = Feature(
    name="relations",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "acquisition.recorded": Case(acquired, frozenset({ACQUISITION, NOTHING})),
        "referral.converted": Case(referred, frozenset({REFERRALS}), known_by=type_and_id),
        "note.added": Case(noted, frozenset({CONTACTS, NOTHING}), known_by=type_and_id),
    },
    sections=(section.RELATIONS,),
    accepts_old=accepts_old,
)
