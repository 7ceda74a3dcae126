"""The facets that the family `messages` changes."""

from typing import Final

from retention.day_counts import DayCounts
from retention.features.base import Facet
from retention.features.messages.section import MESSAGES, engaged
from retention.state.customer import Customer


def _days(customer: Customer) -> DayCounts:
    return engaged(customer)


MAILED: Final = Facet("mailed")
"""One more e-mail was delivered."""
ENGAGED: Final = Facet("engaged", days=_days, section=MESSAGES)
"""The customer clicked in an e-mail, or opened one itself."""
