"""The section `deliveries`: troubles with orders, and the newest arrivals. Its body is an array of MessagePack."""

from typing import Final

import msgspec

from retention.features.deliveries import deliveries
from retention.features.deliveries.deliveries import Deliveries
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Deliveries).decode


def _new() -> Deliveries:
    return Deliveries()


def _encoded(one: Deliveries) -> bytes:
    return _encode(one) if one.troubles or one.arrivals else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    deliveries.prune(deliveries_of(customer), horizon.at)


def _bound(one: Deliveries, _policy: Policy) -> int:
    return deliveries.bound(one)


def _join(one: Deliveries, other: Deliveries, _policy: Policy) -> tuple[Deliveries, int]:
    found = deliveries.joined(one, other)
    return found, deliveries.bound(found)


DELIVERIES: Final[Section[Deliveries]] = Section(
    ident=23,
    name="deliveries",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)

_NOTHING: Final = _new()
"""Shared by all customers without deliveries: read only, never changed."""


def deliveries_of(customer: Customer) -> Deliveries:
    """Return the deliveries of a customer, to change them."""
    return DELIVERIES.of(customer)


def deliveries_seen(customer: Customer) -> Deliveries:
    """Return the deliveries of a customer, to read only."""
    found = DELIVERIES.seen(customer)
    return found if found is not None else _NOTHING
