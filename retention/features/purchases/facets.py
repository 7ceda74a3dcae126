"""The facets that the family `purchases` changes."""

from typing import Final

from retention.features.base import Facet

ORDERS: Final = Facet("orders", at_once=False)
ORDERED: Final = Facet("ordered", part_of=ORDERS, ahead=True)
"""One more order of an active customer, which stays active."""
