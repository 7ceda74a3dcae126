"""The feature `deliveries` in the register of features: it reads the topic `purchases` beside `PURCHASES`."""

from typing import Final

from retention.features.base import NOTHING, Case, Feature, ReadOrder
from retention.features.deliveries import section
from retention.features.deliveries.facets import DELIVERIES as CHANGED
from retention.features.deliveries.folds import arrived, delayed, paid_back
from schemas.purchases import PURCHASES as FAMILY

_EITHER: Final = frozenset({CHANGED, NOTHING})

DELIVERIES: Final = Feature(
    name="deliveries",
    family=FAMILY,
    order=ReadOrder.ORDERS,
    cases={
        "purchase.delivered": Case(arrived, _EITHER),
        "purchase.delayed": Case(delayed, frozenset({CHANGED})),
        "purchase.refunded": Case(paid_back, frozenset({CHANGED})),
    },
    sections=(section.DELIVERIES,),
)
