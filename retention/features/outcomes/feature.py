"""The family `outcomes` in the register of features."""

from typing import Final

from retention.features.base import NOTHING, Case, Feature, ReadOrder
from retention.features.outcomes import section
from retention.features.outcomes.facets import EXPOSURES
from retention.features.outcomes.facets import OUTCOMES as CHANGED
from retention.features.outcomes.folds import exposed, outcome
from retention.features.outcomes.outcomes import CONVERTED, DELIVERED, DISMISSED
from retention.features.outcomes.reporting import reported
from schemas.outcomes import OUTCOMES as FAMILY

OUTCOMES: Final = Feature(
    name="outcomes",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "action.delivered": Case(outcome(DELIVERED), frozenset({CHANGED}), says=reported),
        "action.converted": Case(outcome(CONVERTED), frozenset({CHANGED}), says=reported),
        "action.dismissed": Case(outcome(DISMISSED), frozenset({CHANGED}), says=reported),
        "experiment.exposed": Case(exposed, frozenset({EXPOSURES, NOTHING})),
    },
    sections=(section.OUTCOMES,),
)
