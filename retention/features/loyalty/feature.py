"""The feature `loyalty` in the register of features: it reads the topic `customers` beside `CUSTOMERS`."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder
from retention.features.loyalty import section
from retention.features.loyalty.facets import LOYALTY as CHANGED
from retention.features.loyalty.folds import counted
from schemas.customers import CUSTOMERS as FAMILY

LOYALTY: Final = Feature(
    name="loyalty",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={"customer.updated": Case(counted, frozenset({CHANGED}))},
    sections=(section.LOYALTY,),
)
