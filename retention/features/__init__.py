"""The families of events, a folder each, and the register of what they keep of a customer."""

from typing import Any, Final

from retention.features.purchases.section import PURCHASES
from retention.features.subscriptions.section import SUBSCRIPTIONS
from retention.features.tickets.section import TICKETS
from retention.state.section import Section

SECTIONS: Final[tuple[Section[Any], ...]] = (PURCHASES, SUBSCRIPTIONS, TICKETS)
"""In the order of their ids."""
