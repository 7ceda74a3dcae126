"""The facets that the family `tickets` changes."""

from typing import Final

from retention.features.base import Facet

TICKETS: Final = Facet("tickets")
TROUBLES: Final = Facet("troubles", part_of=TICKETS)
"""A change that only adds to the tickets: a new one, or an old one escalated or reopened."""
