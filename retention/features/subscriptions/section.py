"""The section `subscriptions`: the opening balance, and the subscription events since.

Its body are two strings of bytes, each empty where there is nothing of its kind.
"""

from typing import Final

import msgspec

from retention.calendar import NEVER
from retention.features.subscriptions.opening import fold
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
    """Drop nothing: an event that would be too many is refused."""
    return 0


SUBSCRIPTIONS: Final[Section[Timeline]] = Section(
    ident=2, name="subscriptions", version=1, new=_new, encode=_encoded, decode=_decoded, prune=_prune, bound=_bound
)


_NOTHING: Final = _new()
"""Of all who have none: looked at, and never changed."""


def timeline_of(customer: Customer) -> Timeline:
    """Return the subscription events of a customer, to be changed."""
    return SUBSCRIPTIONS.of(customer)


def timeline_seen(customer: Customer) -> Timeline:
    """Return the subscription events of a customer, to be looked at."""
    found = SUBSCRIPTIONS.seen(customer)
    return found if found is not None else _NOTHING


def has_timeline(customer: Customer) -> bool:
    """Report whether anything was ever said of a subscription. Nothing is opened for that."""
    return SUBSCRIPTIONS.is_kept(customer)


def subscribes(customer: Customer) -> bool:
    """Report whether a customer has, or had, any subscription. Of most there is nothing to open."""
    return has_timeline(customer) and subscribed(timeline_seen(customer))
