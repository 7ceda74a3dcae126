"""The facet that the feature `wishes` changes."""

from typing import Final

from retention.features.base import Facet

WISHES: Final = Facet("wishes")
