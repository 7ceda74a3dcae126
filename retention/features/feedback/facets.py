"""The facets that the family `feedback` changes."""

from typing import Final

from retention.features.base import Facet

RECOMMENDATIONS: Final = Facet("recommendations")
"""Answers to NPS surveys."""
SUPPORT_SCORES: Final = Facet("support scores")
"""Answers to surveys about support: how content the customer is, and how easy it was."""
OPINIONS: Final = Facet("opinions")
"""Reviews, complaints, praise, and any submission whose sentiment is known."""
REPLIES: Final = Facet("replies")
"""Replies of the company."""
