"""The facets that the family `payments` changes."""

from typing import Final

from retention.features.base import Facet

ATTEMPTS: Final = Facet("attempts")
"""Payments that failed or succeeded; a success may also name the card that paid."""
CARDS: Final = Facet("cards")
PRICES: Final = Facet("prices")
