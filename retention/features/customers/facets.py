"""What the family `customers` changes of a customer."""

from typing import Final

from retention.features.base import Facet

PROFILE: Final = Facet("profile")
