"""The family `panels` in the register of features."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder
from tests.recipes.panels import section
from tests.recipes.panels.contracts import PANELS as FAMILY
from tests.recipes.panels.facets import VOTES
from tests.recipes.panels.folds import answered

PANELS: Final = Feature(
    name="panels",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={"panel.answered": Case(answered, frozenset({VOTES}))},
    sections=(section.PANELS,),
)
