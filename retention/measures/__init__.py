"""The register of measures: what is summed over customers. A new one is one file and one line.

Their order is the order in which a commit says what they have to say.
"""

from typing import Final

from retention.measures.base import Measure
from retention.measures.purchase import PURCHASE
from retention.measures.subscription import SUBSCRIPTION

MEASURES: Final[tuple[Measure, ...]] = (SUBSCRIPTION, PURCHASE)
