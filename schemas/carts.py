"""Topic `carts`: what customers are about to buy, and what keeps them from it."""

from typing import Annotated, Final, Literal, Self

from annotated_types import Ge, Le
from pydantic import ConfigDict, model_validator

from schemas.base import Amount, Contract, Currency, Event, Id, Name
from schemas.family import Family


class CartItem(Contract):
    """One line of a cart. `price` is that of one piece."""

    sku: Id
    category: Name | None = None
    quantity: Annotated[int, Ge(0), Le(10**9)] = 1
    price: Amount | None = None


class Cart(Event):
    """The contents of a cart, with its `value` in major units of `currency`; else that of the priced items is taken."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"value": {"type": "null"}}},
                {"required": ["currency"], "properties": {"currency": {"not": {"type": "null"}}}},
            ]
        }
    )

    cart_id: Id
    items: list[CartItem] = []
    value: Amount | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def names_its_currency(self) -> Self:
        """Return the cart; raise `ValueError` for a value without a currency."""
        if self.value is not None and self.currency is None:
            raise ValueError("`currency` is missing: `value` is an amount of it")
        return self


class CartUpdated(Cart):
    """A cart has these contents now: all of them, not only what changed. Without items and value it is empty."""

    type: Literal["cart.updated"]


class CartAbandoned(Cart):
    """The shop has given a cart up as abandoned. Contents that it leaves out are those of the last update."""

    type: Literal["cart.abandoned"]


class CheckoutFailed(Event):
    """The payment of a cart has failed."""

    type: Literal["checkout.failed"]
    cart_id: Id


CARTS: Final = Family("carts", (CartUpdated, CartAbandoned, CheckoutFailed))
