"""The family `cancellations` in the register of features. Its section is that of `subscriptions`."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder
from retention.features.cancellations.folds import requested, revoked
from retention.features.subscriptions import section
from retention.features.subscriptions.facets import REQUESTS, TIMELINE
from retention.features.subscriptions.folds import accepts_old, ended, restates, unsettled
from schemas.cancellations import CANCELLATIONS as FAMILY

_EITHER: Final = frozenset({TIMELINE, REQUESTS})

CANCELLATIONS: Final = Feature(
    name="cancellations",
    family=FAMILY,
    order=ReadOrder.ENDS,
    cases={
        "cancellation.requested": Case(requested, _EITHER, restates=restates),
        "cancellation.revoked": Case(revoked, _EITHER, restates=restates),
        "cancellation.effective": Case(ended, _EITHER, restates=restates),
    },
    sections=(section.SUBSCRIPTIONS,),
    accepts_old=accepts_old,
    unsettled=unsettled,
)
