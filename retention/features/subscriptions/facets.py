"""The facets that the families `subscriptions` and `cancellations` change."""

from typing import Final

from retention.features.base import Facet

TIMELINE: Final = Facet("timeline", at_once=False, timed=True)
REQUESTS: Final = Facet("requests", at_once=False)
"""The part of the timeline that moves no subscription, of a customer who has none: a request, or a renewal."""
TERMS: Final = Facet("terms", at_once=False)
"""A renewal without a pending request: only the end of a term is another one."""
