"""The section `renewals`: what is stated about the renewal of subscriptions. Its body is a list of MessagePack."""

from typing import Final

import msgspec

from retention.calendar import NEVER, Instant
from retention.features.subscriptions import renewals
from retention.features.subscriptions.renewals import Renewals
from retention.features.subscriptions.section import timeline_seen
from retention.identity import digest
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Renewals).decode


def _new() -> Renewals:
    return []


def _encoded(one: Renewals) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    """Drop what the horizon has passed, and with it what is about subscriptions that are no longer stored."""
    timeline, begun = timeline_seen(customer), dict[bytes, Instant]()
    opening = timeline.opening
    for op in (*opening.late, *timeline.ops):
        if op.subscription is not None:
            begun[digest(op.subscription)] = -NEVER
    for name, one in opening.subscriptions.items():
        begun[digest(name)] = one.since if one.since != NEVER else -NEVER
    renewals.prune(renewals_of(customer), horizon.at, begun)


def _bound(one: Renewals, _policy: Policy) -> int:
    return renewals.bound(one)


def _join(one: Renewals, other: Renewals, _policy: Policy) -> tuple[Renewals, int]:
    found = renewals.joined(one, other)
    return found, renewals.bound(found)


RENEWALS: Final[Section[Renewals]] = Section(
    ident=13,
    name="renewals",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def renewals_of(customer: Customer) -> Renewals:
    """Return what is stated about the renewals of a customer, to change it."""
    return RENEWALS.of(customer)


def renewals_seen(customer: Customer) -> Renewals:
    """Return what is stated about the renewals of a customer, to read only."""
    return RENEWALS.seen(customer) or []
