"""What the family `payments` changes of a customer."""

from typing import Final

from retention.features.base import Facet

ATTEMPTS: Final = Facet("attempts")
