"""The section `carts`: the steps of a customer's carts, in order of time."""

from typing import Final

from retention.features.carts import carts
from retention.features.carts.carts import Carts
from retention.state.customer import Customer
from retention.state.listed import listed

CARTS: Final = listed(9, "carts", Carts, carts.prune, carts.bound, carts.joined)


def carts_of(customer: Customer) -> Carts:
    """Return the carts of a customer, to change them."""
    return CARTS.of(customer)


def carts_seen(customer: Customer) -> Carts:
    """Return the carts of a customer, to read only."""
    return CARTS.seen(customer) or []
