"""The family `payments` in the register of features."""

from typing import Final

from retention.features.base import COUNTED, Case, Feature, ReadOrder
from tests.recipes.payments import section
from tests.recipes.payments.contracts import PAYMENTS as FAMILY
from tests.recipes.payments.facets import ATTEMPTS
from tests.recipes.payments.folds import attempted

PAYMENTS: Final = Feature(
    name="payments",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "payment.failed": Case(attempted, frozenset({ATTEMPTS})),
        "payment.succeeded": Case(attempted, frozenset({ATTEMPTS})),
        "card.expiring": COUNTED,
        "price.announced": COUNTED,
    },
    sections=(section.PAYMENTS,),
)
