"""The family `logins` in the register of features."""

from typing import Final

from retention.features.base import COUNTED, Case, Feature, ReadOrder, event_id
from retention.features.logins.facets import LOGINS as SIGNED_IN
from retention.features.logins.folds import join, prune, signed_in
from schemas.logins import LOGINS as FAMILY

LOGINS: Final = Feature(
    name="logins",
    family=FAMILY,
    order=ReadOrder.LOGINS,
    cases={
        "login.succeeded": Case(signed_in, frozenset({SIGNED_IN}), known_by=event_id),
        "login.failed": COUNTED,
    },
    prune=prune,
    join=join,
)
