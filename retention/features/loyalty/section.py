"""The section `loyalty`: the points of a customer."""

from typing import Final

from retention.features.loyalty import loyalty
from retention.features.loyalty.loyalty import Changes
from retention.state.customer import Customer
from retention.state.listed import listed

LOYALTY: Final = listed(31, "loyalty", Changes, loyalty.prune, loyalty.bound, loyalty.joined)


def points_of(customer: Customer) -> Changes:
    """Return the points of a customer, to change them."""
    return LOYALTY.of(customer)


def points_seen(customer: Customer) -> Changes:
    """Return the points of a customer, to read only."""
    return LOYALTY.seen(customer) or []
