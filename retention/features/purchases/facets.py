"""The facets that the family `purchases` changes."""

from typing import Final

from retention.features.base import Facet

ORDERS: Final = Facet("orders", at_once=False)
ORDERED: Final = Facet("ordered", part_of=ORDERS, ahead=True)
"""One more order of an active customer, which stays active."""
GIFTS: Final = Facet("gifts")
"""Orders that are gifts."""
GIFT_ORDERS: Final = Facet("orders, and a gift")
GIFT_ORDERS.parts = (ORDERS, GIFTS)
GIFT_ORDERED: Final = Facet("ordered, and a gift")
GIFT_ORDERED.parts = (ORDERED, GIFTS)
"""Both of them: what an order that is a gift changes."""
