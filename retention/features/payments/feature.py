"""The family `payments` in the register of features."""

from typing import Final

from retention.features.base import NOTHING, Case, Feature, ReadOrder
from retention.features.payments import section
from retention.features.payments.facets import ATTEMPTS, CARDS, PRICES
from retention.features.payments.folds import card_expiring, failed, price_announced, succeeded
from schemas.payments import PAYMENTS as FAMILY

_ATTEMPTS: Final = frozenset({ATTEMPTS, NOTHING})

PAYMENTS: Final = Feature(
    name="payments",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "payment.failed": Case(failed, _ATTEMPTS),
        "payment.succeeded": Case(succeeded, _ATTEMPTS),
        "card.expiring": Case(card_expiring, frozenset({CARDS})),
        "price.announced": Case(price_announced, frozenset({PRICES})),
    },
    sections=(section.PAYMENTS,),
)
