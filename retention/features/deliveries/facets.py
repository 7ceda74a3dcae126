"""The facet that the feature `deliveries` changes."""

from typing import Final

from retention.features.base import Facet

DELIVERIES: Final = Facet("deliveries")
