"""The facets that the family `payments` changes."""

from typing import Final

from retention.features.base import Facet

ATTEMPTS: Final = Facet("attempts")
