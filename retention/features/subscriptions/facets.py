"""The facets that the families `subscriptions` and `cancellations` change."""

from typing import Final

from retention.features.base import Facet

TIMELINE: Final = Facet("timeline", at_once=False, timed=True)
REQUESTS: Final = Facet("requests", at_once=False)
"""The part of the timeline that moves no subscription: a renewal without a pending request, a request of a customer
who has no subscription."""
