"""The family `carts` in the register of features."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder
from retention.features.carts import section
from retention.features.carts.facets import CARTS as CHANGED
from retention.features.carts.folds import abandoned, failed, updated
from schemas.carts import CARTS as FAMILY

_CHANGED: Final = frozenset({CHANGED})

CARTS: Final = Feature(
    name="carts",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "cart.updated": Case(updated, _CHANGED),
        "cart.abandoned": Case(abandoned, _CHANGED),
        "checkout.failed": Case(failed, _CHANGED),
    },
    sections=(section.CARTS,),
)
