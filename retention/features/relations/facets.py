"""The facets that the feature `relations` changes."""

from typing import Final

from retention.day_counts import DayCounts
from retention.features.base import Facet
from retention.features.relations.section import RELATIONS, relations_seen
from retention.state.customer import Customer


def _contact_days(customer: Customer) -> DayCounts:
    return relations_seen(customer).contacts


ACQUISITION: Final = Facet("acquisition")
"""The channel, the campaign and the cost by which a customer was won."""
REFERRALS: Final = Facet("referrals")
"""Customers that came because this one had recommended the company."""
CONTACTS: Final = Facet("contacts", days=_contact_days, section=RELATIONS)
"""Days on which the company spoke to the customer."""
