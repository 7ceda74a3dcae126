"""The section `wishes`: wishes of a customer that were met. Its body is a list of MessagePack."""

from typing import Final

import msgspec

from retention.features.wishes import wishes
from retention.features.wishes.wishes import Wishes
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Wishes).decode


def _new() -> Wishes:
    return []


def _encoded(one: Wishes) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    wishes.prune(wishes_of(customer), horizon.at)


def _bound(one: Wishes, _policy: Policy) -> int:
    return wishes.bound(one)


def _join(one: Wishes, other: Wishes, _policy: Policy) -> tuple[Wishes, int]:
    found = wishes.joined(one, other)
    return found, wishes.bound(found)


WISHES: Final[Section[Wishes]] = Section(
    ident=30,
    name="wishes",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def wishes_of(customer: Customer) -> Wishes:
    """Return the wishes that were met of a customer, to change them."""
    return WISHES.of(customer)


def wishes_seen(customer: Customer) -> Wishes:
    """Return the wishes that were met of a customer, to read only."""
    return WISHES.seen(customer) or []
