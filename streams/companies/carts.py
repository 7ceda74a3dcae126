"""Plays the carts of a shop: those that become orders, and many that do not, of customers that stay and that leave."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from streams.companies.base import Body, Company, Person, within
from streams.companies.habits import number_of

_FILLS_ONE: Final = 0.1
"""The chance that a visit leaves a cart behind."""


def fill(company: Company, person: Person, at: datetime, amount: str) -> Iterator[Body]:
    """Yield the cart of an order, before it; now and then the first payment fails."""
    if person.draw.random() < 0.7:
        cart = _cart(person)
        yield company.event(person, "cart.updated", at - timedelta(minutes=4), value=amount, currency="EUR", **cart)
        if person.draw.random() < 0.05:
            yield company.event(person, "checkout.failed", at - timedelta(minutes=2), cart_id=cart["cart_id"])


def leave_one(company: Company, person: Person, now: datetime, visits: int) -> Iterator[Body]:
    """Yield a cart that is not bought; the shop says so of a third of them."""
    draw = person.draw
    if draw.random() < 1 - (1 - _FILLS_ONE) ** visits:
        at, cart = within(person, now), _cart(person)
        value = f"{draw.lognormvariate(3.4, 0.7):.2f}"
        yield company.event(person, "cart.updated", at, value=value, currency="EUR", **cart)
        if draw.random() < 0.06:
            for _ in range(1 + number_of(draw, 0.7)):
                failed = at + timedelta(minutes=draw.uniform(1, 15))
                yield company.event(person, "checkout.failed", failed, cart_id=cart["cart_id"])
        if draw.random() < 0.33:
            yield company.event(person, "cart.abandoned", at + timedelta(hours=20), cart_id=cart["cart_id"])


def _cart(person: Person) -> dict[str, Any]:
    number = person.state["carts"] = person.state.get("carts", 0) + 1
    items = [{"sku": f"p-{person.draw.randrange(400)}", "quantity": 1} for _ in range(person.draw.choice((1, 1, 2, 3)))]
    return {"cart_id": f"k-{person.number}-{number}", "items": items}
