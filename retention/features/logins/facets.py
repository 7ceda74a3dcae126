"""The facets that the family `logins` changes."""

from typing import Final

from retention.day_counts import DayCounts
from retention.features.base import Facet
from retention.state.customer import Customer


def _days(customer: Customer) -> DayCounts:
    return customer.logins


LOGINS: Final = Facet("logins", days=_days)
