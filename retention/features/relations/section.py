"""The section `relations`: how a customer was won, referrals and contacts. Its body is an array of MessagePack."""

from typing import Final

import msgspec

from retention.features.relations import relations
from retention.features.relations.relations import NO_RELATIONS, Relations
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Relations).decode


def _new() -> Relations:
    return Relations()


def _encoded(one: Relations) -> bytes:
    return _encode(one) if one != NO_RELATIONS else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    relations.prune(relations_of(customer), horizon.at, horizon.first_day)


def _bound(one: Relations, _policy: Policy) -> int:
    return relations.bound(one)


def _join(one: Relations, other: Relations, _policy: Policy) -> tuple[Relations, int]:
    relations.join(one, other)
    return one, relations.bound(one)


RELATIONS: Final[Section[Relations]] = Section(
    ident=12,
    name="relations",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def relations_of(customer: Customer) -> Relations:
    """Return the relations of a customer, to change them."""
    return RELATIONS.of(customer)


def relations_seen(customer: Customer) -> Relations:
    """Return the relations of a customer, to read only."""
    return RELATIONS.seen(customer) or NO_RELATIONS
