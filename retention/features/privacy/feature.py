"""The family `privacy` in the register of features."""

from typing import Final

from retention.features.base import Feature, ReadOrder
from schemas.privacy import PRIVACY as FAMILY

PRIVACY: Final = Feature(name="privacy", family=FAMILY, order=ReadOrder.ERASURE)
