"""The section `purchases`: the orders of a customer. Its body is a map of MessagePack, by the digest of the order.

Most orders are one more of an active customer. Such an order comes behind the others: that is done on the bytes,
without opening anything. Since when and until when the orders make an active customer stands in the core.
"""

from typing import Final

import msgspec

from retention import orders
from retention.calendar import NEVER
from retention.orders import Order, Orders
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_SHORT: Final = 0x80
_MOST_SHORT: Final = 15
_LONG: Final = 0xDE

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Orders).decode


def _new() -> Orders:
    return {}


def _encoded(one: Orders) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    """Drop the orders before the horizon. Since when the others make an active customer is then no longer known."""
    kept = orders_of(customer)
    before = len(kept)
    orders.prune(kept, horizon.at)
    if len(kept) < before:
        customer.active_since = NEVER


def _bound(one: Orders, policy: Policy) -> int:
    return orders.bound(one, policy.calendar, policy.purchase_window_days)


PURCHASES: Final[Section[Orders]] = Section(
    ident=1, name="purchases", version=1, new=_new, encode=_encoded, decode=_decode, prune=_prune, bound=_bound
)


def orders_of(customer: Customer) -> Orders:
    """Return the orders of a customer, to be changed."""
    return PURCHASES.of(customer)


def orders_seen(customer: Customer) -> Orders:
    """Return the orders of a customer, to be looked at."""
    found = PURCHASES.seen(customer)
    return found if found is not None else {}


def find_order(customer: Customer, key: bytes) -> Order | None:
    """Return an order, if there is one of this key. Its bytes would be among those that are kept."""
    return None if customer.lacks(PURCHASES, key) else orders_seen(customer).get(key)


def add_order(customer: Customer, key: bytes, order: Order) -> int:
    """Take in an order of a new key; return how many there are now."""
    first = customer.first_part(PURCHASES.id) if customer.opened(PURCHASES) is None else None
    part = PURCHASES.raw(customer) if first is None else first.part
    if part is None or part[0] != PURCHASES.version:
        kept = orders_of(customer)
        kept[key] = order
        return len(kept)
    number, begin = entries(part, 1)
    longer = b"".join((PURCHASES.mark, head(number + 1), part[begin:], _encode(key), _encode(order)))
    if first is None:
        customer.replace_part(PURCHASES.id, longer)
    else:
        customer.replace_first(first, longer)
    return number + 1


def entries(packed: bytes, at: int) -> tuple[int, int]:
    """Return how many entries a map of MessagePack has that begins at a place, and where the first one stands.

    There are fewer than 65,536: the bounds on the state see to it.

    >>> entries(bytes.fromhex("81a16101"), 0)
    (1, 1)
    """
    first = packed[at]
    if first == _LONG:
        return int.from_bytes(packed[at + 1 : at + 3], "big"), at + 3
    return first & 0x0F, at + 1


def head(number: int) -> bytes:
    """Return what stands before so many entries of a map."""
    return bytes([_SHORT | number]) if number <= _MOST_SHORT else bytes([_LONG]) + number.to_bytes(2, "big")
