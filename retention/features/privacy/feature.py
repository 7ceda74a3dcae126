"""The family `privacy` in the register of features."""

from typing import Final

from retention.features.base import Feature, ReadOrder
from schemas import families

PRIVACY: Final = Feature(name="privacy", family=families.PRIVACY, order=ReadOrder.ERASURE)
