"""What the family `purchases` changes of a customer."""

from typing import Final

from retention.features.base import Facet

ORDERS: Final = Facet("orders", at_once=False)
ORDERED: Final = Facet("ordered", part_of=ORDERS)
"""One more order of an active customer, which stays active."""
