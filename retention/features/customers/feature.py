"""The family `customers` in the register of features."""

from typing import Final

from retention.features.base import NOTHING, Case, Feature, ReadOrder
from retention.features.customers import section
from retention.features.customers.facets import PROFILE
from retention.features.customers.folds import accepts_old, updated
from schemas.customers import CUSTOMERS as FAMILY

CUSTOMERS: Final = Feature(
    name="customers",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={"customer.updated": Case(updated, frozenset({PROFILE, NOTHING}))},
    apart=frozenset({"customer.merged"}),
    sections=(section.CUSTOMERS,),
    accepts_old=accepts_old,
)
