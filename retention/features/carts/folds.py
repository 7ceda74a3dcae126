"""Folds the events of the family `carts` into a customer: each is a step of its cart."""

from typing import Final

from retention.calendar import Instant
from retention.errors import Rejected
from retention.features.base import DUPLICATE, Facet
from retention.features.carts.carts import ABANDONED, EMPTIED, FAILED, UPDATED, Step, StepKind, order_of
from retention.features.carts.facets import CARTS
from retention.features.carts.section import CARTS as SECTION
from retention.features.carts.section import carts_of
from retention.identity import digest, packed
from retention.money import minor_units
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.carts import Cart, CartAbandoned, CartUpdated, CheckoutFailed

MOST: Final = 10**19
"""The highest value of a cart, in minor units: that of the highest amount in the currency with most decimals."""


def updated(customer: Customer, event: CartUpdated, at: Instant, policy: Policy) -> Facet:
    """Store how many pieces a cart contains, and what they cost."""
    pieces, value = _pieces(event), _value(event)
    step = _step(event, at, UPDATED if pieces or value else EMPTIED, pieces, value)
    return _add(customer, step, policy)


def abandoned(customer: Customer, event: CartAbandoned, at: Instant, policy: Policy) -> Facet:
    """Store that a cart was abandoned, and its contents if the event names them."""
    return _add(customer, _step(event, at, ABANDONED, _pieces(event), _value(event)), policy)


def failed(customer: Customer, event: CheckoutFailed, at: Instant, policy: Policy) -> Facet:
    """Store that the payment of a cart failed."""
    return _add(customer, Step(at, packed(event.event_id), digest(event.cart_id), FAILED), policy)


def _step(event: Cart, at: Instant, kind: StepKind, pieces: int, value: int) -> Step:
    currency = event.currency or "" if value else ""
    return Step(at, packed(event.event_id), digest(event.cart_id), kind, pieces, value, currency)


def _pieces(event: Cart) -> int:
    return sum(item.quantity for item in event.items)


def _value(event: Cart) -> int:
    """Return the value of a cart in minor units: as stated, else that of its items if each has a price; else 0."""
    if event.currency is None:
        return 0
    if event.value is not None:
        return minor_units(event.value, event.currency)
    prices = [(item.price, item.quantity) for item in event.items if item.price is not None]
    if len(prices) < len(event.items):
        return 0
    value = sum(minor_units(price, event.currency) * quantity for price, quantity in prices)
    if value > MOST:
        raise Rejected("contract", "items: their value has more than 19 digits")
    return value


def _add(customer: Customer, step: Step, policy: Policy) -> Facet:
    kept = carts_of(customer)
    if any(known.event_id == step.event_id and known.kind == step.kind for known in kept):
        return DUPLICATE
    if kept and order_of(step) < order_of(kept[-1]):
        kept[:] = sorted([*kept, step], key=order_of)
    else:
        kept.append(step)
    customer.dropped += SECTION.bound(kept, policy)
    return CARTS
