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
ERRORS: Final = Facet("errors")
MILESTONES: Final = Facet("milestones")
SEATS: Final = Facet("seats")
COMMUNITY: Final = Facet("community", days=_days_in_community, section=USAGE)
