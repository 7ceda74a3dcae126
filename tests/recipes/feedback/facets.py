"""What the family `feedback` changes of a customer."""

from typing import Final

from retention.features.base import Facet

ANSWERS: Final = Facet("answers")
