"""The family `reference` in the register of features."""

from typing import Final

from retention.features.base import Feature, ReadOrder
from retention.features.reference.facts import plan, rate, resolved, started
from schemas.reference import REFERENCE as FAMILY

REFERENCE: Final = Feature(
    name="reference",
    family=FAMILY,
    order=ReadOrder.FACTS,
    facts={
        "rate.published": rate,
        "plan.published": plan,
        "incident.started": started,
        "incident.resolved": resolved,
    },
)
