"""The facets that the family `outcomes` changes."""

from typing import Final

from retention.features.base import Facet

OUTCOMES: Final = Facet("outcomes")
EXPOSURES: Final = Facet("exposures")
