"""The facet that the family `carts` changes."""

from typing import Final

from retention.features.base import Facet

CARTS: Final = Facet("carts")
