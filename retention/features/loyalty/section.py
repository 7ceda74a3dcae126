"""The section `loyalty`: the points of a customer. Its body is a list of MessagePack."""

from typing import Final

import msgspec

from retention.features.loyalty import loyalty
from retention.features.loyalty.loyalty import Changes
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Changes).decode


def _new() -> Changes:
    return []


def _encoded(one: Changes) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    loyalty.prune(points_of(customer), horizon.at)


def _bound(one: Changes, _policy: Policy) -> int:
    return loyalty.bound(one)


def _join(one: Changes, other: Changes, _policy: Policy) -> tuple[Changes, int]:
    found = loyalty.joined(one, other)
    return found, loyalty.bound(found)


LOYALTY: Final[Section[Changes]] = Section(
    ident=31,
    name="loyalty",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def points_of(customer: Customer) -> Changes:
    """Return the points of a customer, to change them."""
    return LOYALTY.of(customer)


def points_seen(customer: Customer) -> Changes:
    """Return the points of a customer, to read only."""
    return LOYALTY.seen(customer) or []
