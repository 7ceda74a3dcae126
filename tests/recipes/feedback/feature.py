"""The family `feedback` in the register of features."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder
from tests.recipes.feedback import section
from tests.recipes.feedback.contracts import FEEDBACK as FAMILY
from tests.recipes.feedback.facets import ANSWERS
from tests.recipes.feedback.folds import answered

FEEDBACK: Final = Feature(
    name="feedback",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={"survey.answered": Case(answered, frozenset({ANSWERS}))},
    sections=(section.FEEDBACK,),
)
