"""The section `carts`: the steps of a customer's carts, in order of time. Its body is a list of MessagePack."""

from typing import Final

import msgspec

from retention.features.carts import carts
from retention.features.carts.carts import Carts
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Carts).decode


def _new() -> Carts:
    return []


def _encoded(one: Carts) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    carts.prune(carts_of(customer), horizon.at)


def _bound(one: Carts, _policy: Policy) -> int:
    return carts.bound(one)


def _join(one: Carts, other: Carts, _policy: Policy) -> tuple[Carts, int]:
    found = carts.joined(one, other)
    return found, carts.bound(found)


CARTS: Final[Section[Carts]] = Section(
    ident=9,
    name="carts",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def carts_of(customer: Customer) -> Carts:
    """Return the carts of a customer, to change them."""
    return CARTS.of(customer)


def carts_seen(customer: Customer) -> Carts:
    """Return the carts of a customer, to read only."""
    return CARTS.seen(customer) or []
