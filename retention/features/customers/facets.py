"""The facets that the family `customers` changes."""

from typing import Final

from retention.features.base import Facet

PROFILE: Final = Facet("profile")
