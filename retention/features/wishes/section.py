"""The section `wishes`: wishes of a customer that were met."""

from typing import Final

from retention.features.wishes import wishes
from retention.features.wishes.wishes import Wishes
from retention.state.customer import Customer
from retention.state.listed import listed

WISHES: Final = listed(30, "wishes", Wishes, wishes.prune, wishes.bound, wishes.joined)


def wishes_of(customer: Customer) -> Wishes:
    """Return the wishes of a customer that were met, to change them."""
    return WISHES.of(customer)


def wishes_seen(customer: Customer) -> Wishes:
    """Return the wishes of a customer that were met, to read only."""
    return WISHES.seen(customer) or []
