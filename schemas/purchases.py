"""Topic `purchases`: orders, their refunds and their delivery."""

from typing import Annotated, Final, Literal

from annotated_types import Ge, Le

from schemas.base import Amount, Contract, Currency, Event, Id, Name
from schemas.family import Family


class Item(Contract):
    """One line of an order."""

    sku: Id
    category: Name | None = None
    quantity: Annotated[int, Ge(0), Le(10**9)] = 1
    price: Amount | None = None


class PurchaseCompleted(Event):
    """An order was placed and paid. `amount` is in major units of `currency`."""

    type: Literal["purchase.completed"]
    order_id: Id
    amount: Amount
    currency: Currency
    items: list[Item] = []
    discount: Amount | None = None
    coupon: Name | None = None
    gift: bool = False


class PurchaseRefunded(Event):
    """An order was refunded: by `amount`, or in full if there is none."""

    type: Literal["purchase.refunded"]
    order_id: Id
    amount: Amount | None = None
    currency: Currency | None = None


class PurchaseDelivered(Event):
    """An order arrived."""

    type: Literal["purchase.delivered"]
    order_id: Id


class PurchaseDelayed(Event):
    """An order will not arrive when promised."""

    type: Literal["purchase.delayed"]
    order_id: Id


PURCHASES: Final = Family("purchases", (PurchaseCompleted, PurchaseRefunded, PurchaseDelivered, PurchaseDelayed))
