"""The family `purchases` in the register of features."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder, always
from retention.features.purchases import gifts, section
from retention.features.purchases.facets import GIFTS, ORDERED, ORDERS
from retention.features.purchases.folds import (
    ORDER_AGAIN,
    accepts_old,
    bought_again,
    doubted,
    join,
    placed,
    refunded,
    useless_refunds,
)
from schemas.purchases import PURCHASES as FAMILY

PURCHASES: Final = Feature(
    name="purchases",
    family=FAMILY,
    order=ReadOrder.ORDERS,
    cases={
        "purchase.completed": Case(
            placed,
            frozenset({ORDERS, ORDERED, GIFTS}),
            restates=always,
            quick=bought_again,
            useless=useless_refunds,
            doubt=doubted,
            doubts=frozenset({ORDER_AGAIN}),
        ),
        "purchase.refunded": Case(refunded, frozenset({ORDERS}), restates=always),
    },
    sections=(section.PURCHASES, gifts.GIFTS),
    accepts_old=accepts_old,
    join=join,
)
