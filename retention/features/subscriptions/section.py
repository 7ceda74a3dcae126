"""The section `subscriptions`: the opening balance, and the subscription events since.

Its body consists of two byte strings, each empty if there is nothing of its kind.
"""

from typing import Final

import msgspec

from retention.calendar import NEVER, Instant
from retention.features.subscriptions.opening import fold, join
from retention.features.subscriptions.timeline import Op, Opening, Timeline, subscribed, terms_of
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[bytes, bytes]).decode
_opening: Final = msgspec.msgpack.Decoder(Opening).decode
_ops: Final = msgspec.msgpack.Decoder(list[Op]).decode


def _new() -> Timeline:
    return Timeline(Opening())


def _encoded(one: Timeline) -> bytes:
    opening = _encode(one.opening) if one.opening.at != -NEVER else b""
    ops = _encode(one.ops) if one.ops else b""
    return _encode((opening, ops)) if opening or ops else b""


def _decoded(body: bytes) -> Timeline:
    opening, ops = _decode(body)
    return Timeline(_opening(opening) if opening else Opening(), _ops(ops) if ops else [])


def _prune(customer: Customer, horizon: Horizon) -> None:
    fold(timeline_of(customer), terms_of(horizon.policy), horizon.at)


def _bound(_one: Timeline, _policy: Policy) -> int:
    """Return 0, dropping nothing: an event beyond the bound is refused."""
    return 0


def _join(one: Timeline, other: Timeline, policy: Policy) -> tuple[Timeline, int]:
    return one, join(one, other, terms_of(policy))


SUBSCRIPTIONS: Final[Section[Timeline]] = Section(
    ident=2,
    name="subscriptions",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decoded,
    prune=_prune,
    bound=_bound,
    join=_join,
)


_NOTHING: Final = _new()
"""Shared by all customers without one: read only, never changed."""


def timeline_of(customer: Customer) -> Timeline:
    """Return the subscription events of a customer, to change them."""
    return SUBSCRIPTIONS.of(customer)


def timeline_seen(customer: Customer) -> Timeline:
    """Return the subscription events of a customer, to read only."""
    found = SUBSCRIPTIONS.seen(customer)
    return found if found is not None else _NOTHING


def has_timeline(customer: Customer) -> bool:
    """Report whether there is any event of a subscription. Nothing is decoded for that."""
    return SUBSCRIPTIONS.is_kept(customer)


def subscribes(customer: Customer) -> bool:
    """Report whether a customer has, or had, any subscription. For most customers nothing is decoded."""
    return has_timeline(customer) and subscribed(timeline_seen(customer))


def began(customer: Customer) -> Instant | None:
    """Return when a customer first subscribed, trials included; None if never, or if that lies before the horizon."""
    if not has_timeline(customer):
        return None
    timeline = timeline_seen(customer)
    if timeline.opening.subscriptions or timeline.opening.first or timeline.opening.ended:
        return None
    return next((op.at for op in timeline.ops if op.kind == "started"), None)
