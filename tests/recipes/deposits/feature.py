"""The family `deposits` in the register of features."""

from typing import Final

from retention.features.base import COUNTED, Case, Feature, ReadOrder
from tests.recipes.deposits import section
from tests.recipes.deposits.contracts import DEPOSITS as FAMILY
from tests.recipes.deposits.facets import DRAWS
from tests.recipes.deposits.folds import attempted

DEPOSITS: Final = Feature(
    name="deposits",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={
        "deposit.failed": Case(attempted, frozenset({DRAWS})),
        "deposit.succeeded": Case(attempted, frozenset({DRAWS})),
        "mandate.expiring": COUNTED,
        "fee.announced": COUNTED,
    },
    sections=(section.DEPOSITS,),
)
