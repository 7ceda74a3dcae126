"""The feature `wishes` in the register of features: it reads the topic `feedback` beside `FEEDBACK`."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder
from retention.features.wishes import section
from retention.features.wishes.facets import WISHES as CHANGED
from retention.features.wishes.folds import met
from schemas.feedback import FEEDBACK as FAMILY

WISHES: Final = Feature(
    name="wishes",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={"feedback.shipped": Case(met, frozenset({CHANGED}))},
    sections=(section.WISHES,),
)
