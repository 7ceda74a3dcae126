"""The family `usage` in the register of features."""

from typing import Final

from retention.features.base import COUNTED, NOTHING, Case, Feature, ReadOrder, type_and_id
from retention.features.usage import section
from retention.features.usage.facets import COMMUNITY, ERRORS, FIRST_USE, MILESTONES, SEATS, USED
from retention.features.usage.folds import (
    came,
    came_again,
    failed,
    reached,
    restates_used,
    seated,
    took_part,
    used,
    used_again,
)
from schemas.usage import USAGE as FAMILY

USAGE: Final = Feature(
    name="usage",
    family=FAMILY,
    order=ReadOrder.LOGINS,
    cases={
        "feature.used": Case(
            used, frozenset({USED, FIRST_USE, NOTHING}), restates=restates_used, quick=used_again, known_by=type_and_id
        ),
        "session.ended": Case(came, frozenset({USED, NOTHING}), quick=came_again, known_by=type_and_id),
        "error.occurred": Case(failed, frozenset({ERRORS}), known_by=type_and_id),
        "milestone.reached": Case(reached, frozenset({MILESTONES})),
        "seats.changed": Case(seated, frozenset({SEATS})),
        "content.viewed": COUNTED,
        "community.posted": Case(took_part, frozenset({COMMUNITY}), known_by=type_and_id),
    },
    sections=(section.USAGE,),
)
