"""The facets that the family `deposits` changes."""

from typing import Final

from retention.features.base import Facet

DRAWS: Final = Facet("draws")
