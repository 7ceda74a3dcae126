"""The section `feedback`: what a customer has said, and the replies. Its body is a list of MessagePack."""

from typing import Final

import msgspec

from retention.features.feedback import said
from retention.features.feedback.said import Said
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Said]).decode


def _new() -> list[Said]:
    return []


def _encoded(one: list[Said]) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    said.prune(feedback_of(customer), horizon.at)


def _bound(one: list[Said], _policy: Policy) -> int:
    return said.bound(one)


def _join(one: list[Said], other: list[Said], _policy: Policy) -> tuple[list[Said], int]:
    found = said.joined(one, other)
    return found, said.bound(found)


FEEDBACK: Final[Section[list[Said]]] = Section(
    ident=6,
    name="feedback",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def feedback_of(customer: Customer) -> list[Said]:
    """Return what a customer has said, to change it."""
    return FEEDBACK.of(customer)


def feedback_seen(customer: Customer) -> list[Said]:
    """Return what a customer has said, to read only."""
    return FEEDBACK.seen(customer) or []
