"""The section `gifts`: the orders of a customer that are gifts. Its body is a map of MessagePack, by order.

An order is a gift if any report of it says so; it counts from the earliest of those. A refund takes nothing back: what
counts is that the customer gives.
"""

from typing import Final

import msgspec

from retention import ordering
from retention.calendar import Instant
from retention.identity import KeptId, packed, unpacked
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section
from retention.structs import KeptFact

MAX_GIFTS: Final = 12


class Gift(KeptFact, frozen=True):
    """An order that is a gift: when, and the event that says so."""

    at: Instant
    event_id: KeptId


Gifts = dict[bytes, Gift]
"""By the digest of the order id, in order of time."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Gifts).decode


def order_of(gift: Gift) -> tuple[Instant, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return gift.at, unpacked(gift.event_id)


def _new() -> Gifts:
    return {}


def _encoded(one: Gifts) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    """Drop the gifts before the horizon."""
    kept = GIFTS.of(customer)
    for key in [key for key, gift in kept.items() if gift.at < horizon.at]:
        del kept[key]


def _bound(one: Gifts, _policy: Policy) -> int:
    """Keep the newest gifts; return how many were dropped."""
    surplus = max(0, len(one) - MAX_GIFTS)
    for key in list(one)[:surplus]:
        del one[key]
    return surplus


def _join(one: Gifts, other: Gifts, policy: Policy) -> tuple[Gifts, int]:
    for key, gift in other.items():
        one[key] = min(one.get(key, gift), gift, key=order_of)
    ordering.put_in_order(one, _dated)
    return one, _bound(one, policy)


def _dated(gift: Gift) -> Instant:
    return gift.at


GIFTS: Final[Section[Gifts]] = Section(
    ident=32,
    name="gifts",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def gifts_seen(customer: Customer) -> list[Gift]:
    """Return the gifts of a customer in order of time, to read only."""
    found = GIFTS.seen(customer) if GIFTS.is_kept(customer) else None
    return sorted(found.values(), key=order_of) if found else []


def note_gift(customer: Customer, order: bytes, event_id: str, at: Instant, policy: Policy) -> bool:
    """Keep that an order is a gift; report whether that is news."""
    gift, kept = Gift(at, packed(event_id)), GIFTS.of(customer)
    known = kept.get(order)
    if known is not None and order_of(known) <= order_of(gift):
        return False
    kept[order] = gift
    ordering.put_in_order(kept, _dated)
    customer.dropped += GIFTS.bound(kept, policy)
    return order in kept
