"""The facets that the family `usage` changes: one for each thing that signals read separately."""

from typing import Final

from retention.day_counts import DayCounts
from retention.features.base import Facet
from retention.features.usage.section import USAGE, usage_seen
from retention.state.customer import Customer


def _days(customer: Customer) -> DayCounts:
    usage = usage_seen(customer)
    return usage.uses if usage is not None else []


def _days_in_community(customer: Customer) -> DayCounts:
    usage = usage_seen(customer)
    return usage.community if usage is not None else []


USED: Final = Facet("used", days=_days, section=USAGE)
FIRST_USE: Final = Facet("first use")
"""The instant at which a customer first used any feature."""
FIRST_USED: Final = Facet("used, and first use")
"""Both of them: what the first use of a customer changes."""
FIRST_USED.parts = (USED, FIRST_USE)
ERRORS: Final = Facet("errors")
MILESTONES: Final = Facet("milestones")
SEATS: Final = Facet("seats")
COMMUNITY: Final = Facet("community", days=_days_in_community, section=USAGE)
