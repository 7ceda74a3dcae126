"""Reads an order as most orders are: paid, nothing refunded or sent yet, its amounts as plain text.

    value ─► the fields of an order, by type ─► one purchase
                 │ anything else
                 └─► None: `orders.py` decides, which reads every order

What is read here, `orders.py` reads with the same result (tests/test_shopify_usual.py). It takes a third of the time:
fields that are not needed are skipped, and no value has to know where it stood. As in events of our own contract, a
number in what is skipped may be larger than any number can be.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from schemas.currencies import DECIMALS
from schemas.decoding import Refused
from sources.base import Foreign, Made, Translation
from sources.shopify.envelope import NAME, TOPIC, plain_id
from sources.shopify.money import USUAL
from sources.shopify.options import ShopifyOptions
from sources.shopify.orders import is_name
from sources.shopify.structs import Amount, Both, Line, Order, alone, presented, whole
from sources.usual.bare import is_bare
from sources.usual.times import in_utc
from sources.values import LONGEST_ID, taken

_TOPICS: Final = frozenset(
    {
        *("orders/create", "orders/paid", "orders/updated"),
        *("orders/cancelled", "orders/fulfilled", "orders/partially_fulfilled"),
    }
)
_X_TOPIC: Final = f"x-{TOPIC}"
_DELIVERED: Final = (b'{"headers"', b'{"body"')
"""How most deliveries begin: looked at before the expression, which takes longer."""
_IS_DELIVERY: Final = re.compile(rb'\s*\{\s*"(?:headers|body)"').match
_MOST: Final = 10**21
_WHOLE_DIGITS: Final = 9
_DECIMALS: Final = 9
"""Digits before and after the point of a usual amount, as `USUAL` has them."""


def purchase(foreign: Foreign, options: ShopifyOptions) -> Translation | None:
    """Return the purchase of a usual order; None for any other record."""
    value = foreign.value
    if value is None or options.tax != "kept" or value.find(b'"financial_status"') < 0:
        return None
    try:
        if not value.isascii():
            value.decode()
        order = _order(value, foreign)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    try:
        fields = _fields(order, options.money) if order is not None and _is_usual(order) else None
        return Translation((taken(fields, value),)) if fields is not None else None
    except (msgspec.DecodeError, ValueError, Refused):
        return None


def _order(value: bytes, foreign: Foreign) -> Order | None:
    """Return an order that is delivered under a topic of orders; None for anything else."""
    if not value.startswith(_DELIVERED) and not _IS_DELIVERY(value):
        order = alone(value) if _says_order(_topic(foreign.headers)) else None
        return order if order is not None and (foreign.opened or is_bare(order)) else None
    found = whole(value)
    topic = None
    for name, said in found.headers.items():
        if name.lower() == _X_TOPIC:
            topic = said
    if topic is None:
        topic = _topic(foreign.headers)
    is_read = found.detail is UNSET and (foreign.opened or is_bare(found))
    return found.body if is_read and _says_order(topic) else None


def _topic(headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    """Return the topic that the headers of a record name; None without one."""
    topic = None
    for name, said in headers:
        if name.lower() == _X_TOPIC:
            topic = said
    return topic.decode(errors="replace") if topic is not None else None


def _says_order(topic: str | None) -> bool:
    return topic is not None and topic.strip().lower() in _TOPICS


def _is_usual(order: Order) -> bool:
    """Report whether an order says no more than that it was paid."""
    return (
        order.financial_status == "paid"
        and not (order.refunds or order.fulfillments or order.test)
        and order.action is order.body is order.payload is order.detail is UNSET
        and (order.total_outstanding is None or USUAL.fullmatch(order.total_outstanding) is not None)
    )


def _fields(order: Order, money: str) -> Made | None:
    """Return the purchase of an order; None if something of it is not usual."""
    total, at = _chosen(order.total_price_set, money), _time(order)
    customer_id = plain_id(order.customer.admin_graphql_api_id, order.customer.id)
    order_id = plain_id(order.admin_graphql_api_id, order.id)
    if total is None or at is None or customer_id is None or order_id is None or not _is_whole(order, total, money):
        return None
    amount, currency = shortened(total.amount), total.currency_code.upper()
    items = _items(order, money)
    if (
        amount is None
        or items is None
        or currency not in DECIMALS
        or len(amount.partition(".")[2]) > DECIMALS[currency]
    ):
        return None
    fields = Made(
        event_id=f"{order_id}:1",
        customer_id=customer_id,
        occurred_at=at,
        source=NAME,
        type="purchase.completed",
        order_id=order_id,
        amount=amount,
        currency=currency,
        items=items,
    )
    if order.total_discounts is not UNSET or order.total_discounts_set is not None:
        off = _side(order.total_discounts_set, money)
        if off is None or off.currency_code != total.currency_code:
            return None
        if (less := shortened(off.amount) or "0") != "0":
            fields["discount"] = less
    code = order.discount_codes[0].code if order.discount_codes else None
    if code is not None and is_name(code):
        fields["coupon"] = code
    if order.source_name is not None and is_name(order.source_name):
        fields["channel"] = order.source_name
    return fields


def _side(both: Both | None, money: str) -> Amount | None:
    """Return a usual amount in the chosen currency; None for any other."""
    found = _chosen(both, money) if both is not None else None
    return found if found is not None and shortened(found.amount) is not None else None


def _chosen(both: Both, money: str) -> Amount | None:
    """Return the amount in the chosen currency, usual or not."""
    return both.shop_money if money == "shop" else _presented(both)


def _presented(both: Both) -> Amount | None:
    """Return the amount in the customer's currency; raise `DecodeError` for what is none."""
    return presented(both.presentment_money) if both.presentment_money is not UNSET else None


def shortened(text: str) -> str | None:
    """Return a usual amount without the zeros at its end; None for any other text.

    That its digits are digits is not looked at here: the contract of the event refuses any other.

    >>> shortened("29.90"), shortened("29.00"), shortened("029"), shortened("1.")
    ('29.9', '29', None, None)
    """
    whole, point, rest = text.partition(".")
    size = len(whole)
    if not 0 < size <= _WHOLE_DIGITS or (size > 1 and whole[0] == "0"):
        return None
    if not point:
        return whole
    if not 0 < len(rest) <= _DECIMALS or "." in rest:
        return None
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _time(order: Order) -> str | None:
    """Return when an order was made; None for what is no usual time."""
    text = order.processed_at if order.processed_at is not None else order.created_at
    return in_utc(text) if text is not None else None


def _is_whole(order: Order, total: Amount, money: str) -> bool:
    """Report whether nothing has been taken off an order."""
    if order.current_total_price_set is None:
        return order.current_total_price is UNSET
    now = _side(order.current_total_price_set, money)
    return now is not None and now.amount == total.amount and now.currency_code == total.currency_code


def _items(order: Order, money: str) -> list[dict[str, object]] | None:
    """Return the lines of an order; None if one has no name of its own, or no usual price or quantity."""
    items: list[dict[str, object]] = []
    for line in order.line_items or ():
        name = line.sku.strip() if line.sku is not None else ""
        if not 0 < len(name) <= LONGEST_ID or not name.isprintable():
            return None
        item: dict[str, object] = {"sku": name}
        if line.quantity is not None:
            if not -_MOST < line.quantity < _MOST:
                return None
            item["quantity"] = line.quantity
        price = _price(line, money)
        if price is not None:
            found = shortened(price)
            if found is None:
                return None
            item["price"] = found
        items.append(item)
    return items


def _price(line: Line, money: str) -> str | None:
    both = line.price_set
    chosen = None if both is None else _chosen(both, money)
    if chosen is not None:
        return chosen.amount
    return line.price if money == "shop" else None
