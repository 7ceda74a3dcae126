"""The register of measures: what is summed over customers. A new one is one file and one line.

Their order is the order of their statements in a commit.
"""

from typing import Final

from retention.measures.base import Measure
from retention.measures.first_value import FIRST_VALUE
from retention.measures.lost import LOST
from retention.measures.milestones import ONBOARDING
from retention.measures.nps_answers import NPS_ANSWERS
from retention.measures.purchase import PURCHASE
from retention.measures.seats import SEATS_IN_USE
from retention.measures.sign_ins import SIGN_INS
from retention.measures.subscription import SUBSCRIPTION
from retention.measures.support_answers import SUPPORT_ANSWERS

MEASURES: Final[tuple[Measure, ...]] = (
    SUBSCRIPTION,
    PURCHASE,
    NPS_ANSWERS,
    SUPPORT_ANSWERS,
    FIRST_VALUE,
    ONBOARDING,
    SEATS_IN_USE,
    SIGN_INS,
    LOST,
)

BASES: Final = tuple(measure for measure in MEASURES if measure.active is not None)
"""The measures that count active customers: one of them is the company's own basis (`metrics.basis`)."""
BASIS_NAMES: Final = tuple(measure.name for measure in BASES)


def basis(name: str) -> Measure:
    """Return the basis of a name; raise `LookupError` if there is none."""
    for measure in BASES:
        if measure.name == name:
            return measure
    raise LookupError(f"{name} is no basis; there are {', '.join(BASIS_NAMES)}")
