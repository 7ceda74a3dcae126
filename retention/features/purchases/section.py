"""The section `purchases`: the orders of a customer. Its body is a map of MessagePack, by the digest of the order.

Most orders are one more of a customer who is active already. Such an order is appended to the bytes, and the section is
not decoded. The span in which the orders make the customer active is stored in the core.
"""

from typing import Final

import msgspec

from retention.calendar import NEVER
from retention.features.purchases import orders
from retention.features.purchases.orders import MAX_ORDERS, Order, Orders
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.packing import entries, map_head
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Orders).decode


def _new() -> Orders:
    return {}


def _encoded(one: Orders) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    """Drop the orders before the horizon. The start of the others' activity is then no longer known."""
    kept = orders_of(customer)
    before = len(kept)
    orders.prune(kept, horizon.at)
    if len(kept) < before:
        customer.active_since = NEVER


def _bound(one: Orders, policy: Policy) -> int:
    return orders.bound(one, policy.calendar, policy.purchase_window_days)


def _join(one: Orders, other: Orders, policy: Policy) -> tuple[Orders, int]:
    orders.join(one, other)
    return one, _bound(one, policy) if len(one) >= MAX_ORDERS else 0


PURCHASES: Final[Section[Orders]] = Section(
    ident=1,
    name="purchases",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def orders_of(customer: Customer) -> Orders:
    """Return the orders of a customer, to change them."""
    return PURCHASES.of(customer)


def orders_seen(customer: Customer) -> Orders:
    """Return the orders of a customer, to read only."""
    found = PURCHASES.seen(customer)
    return found if found is not None else {}


def find_order(customer: Customer, key: bytes) -> Order | None:
    """Return the order of a key, if there is one. If the bytes do not contain the key, nothing is decoded."""
    return None if customer.lacks(PURCHASES, key) else orders_seen(customer).get(key)


def add_order(customer: Customer, key: bytes, order: Order) -> int:
    """Add an order of a new key; return how many orders there are now."""
    first = customer.first_part(PURCHASES.id) if customer.opened(PURCHASES) is None else None
    part = PURCHASES.raw(customer) if first is None else first.part
    if part is None or part[0] != PURCHASES.version:
        kept = orders_of(customer)
        kept[key] = order
        return len(kept)
    number, begin = entries(part, 1)
    longer = b"".join((PURCHASES.mark, map_head(number + 1), part[begin:], _encode(key), _encode(order)))
    if first is None:
        customer.replace_part(PURCHASES.id, longer)
    else:
        customer.replace_first(first, longer)
    return number + 1
