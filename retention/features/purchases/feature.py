"""The family `purchases` in the register of features."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder, always
from retention.features.purchases import section
from retention.features.purchases.facets import ORDERED, ORDERS
from retention.features.purchases.folds import accepts_old, bought_again, join, placed, refunded, useless_refunds
from schemas.purchases import PURCHASES as FAMILY

PURCHASES: Final = Feature(
    name="purchases",
    family=FAMILY,
    order=ReadOrder.ORDERS,
    cases={
        "purchase.completed": Case(
            placed, frozenset({ORDERS, ORDERED}), restates=always, quick=bought_again, useless=useless_refunds
        ),
        "purchase.refunded": Case(refunded, frozenset({ORDERS}), restates=always),
    },
    sections=(section.PURCHASES,),
    accepts_old=accepts_old,
    join=join,
)
