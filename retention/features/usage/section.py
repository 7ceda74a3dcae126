"""The section `usage`: what a customer does with the product. Its body is an array of MessagePack, by position."""

from typing import Final

import msgspec

from retention.features.usage import usage
from retention.features.usage.usage import NOTHING_USED, UNKNOWN, Usage
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Usage).decode


def _new() -> Usage:
    return Usage()


def _encoded(one: Usage) -> bytes:
    return _encode(one) if one != NOTHING_USED else b""


def _with_first_use(body: bytes) -> bytes:
    """Return the body of version 1 as one of version 2, which has the first use: unknown if there was any."""
    usage = _decode(body)
    usage.first = UNKNOWN if usage.uses or usage.features else 0
    return _encode(usage)


def _prune(customer: Customer, horizon: Horizon) -> None:
    usage.prune(usage_of(customer), horizon.at, horizon.first_day)


def _bound(one: Usage, _policy: Policy) -> int:
    return usage.bound(one)


def _join(one: Usage, other: Usage, _policy: Policy) -> tuple[Usage, int]:
    found = usage.joined(one, other)
    return found, usage.bound(found)


USAGE: Final[Section[Usage]] = Section(
    ident=7,
    name="usage",
    version=2,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
    upgrades=(_with_first_use,),
)


def usage_of(customer: Customer) -> Usage:
    """Return the use of a customer, to change it."""
    return USAGE.of(customer)


def usage_seen(customer: Customer) -> Usage | None:
    """Return the use of a customer, to read only; None if nothing is known of any."""
    return USAGE.seen(customer)
