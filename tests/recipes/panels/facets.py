"""What the family `panels` changes of a customer."""

from typing import Final

from retention.features.base import Facet

VOTES: Final = Facet("votes")
