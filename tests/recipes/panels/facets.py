"""The facets that the family `panels` changes."""

from typing import Final

from retention.features.base import Facet

VOTES: Final = Facet("votes")
