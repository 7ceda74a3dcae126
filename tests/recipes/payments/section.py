"""The section `payments`: the attempts to collect each payment. Its body is a map of MessagePack, by its digest."""

from typing import Final

import msgspec

from retention.calendar import Instant
from retention.identity import KeptId
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

MAX_ATTEMPTS: Final = 40

Attempt = tuple[Instant, KeptId, bool]
"""When, by which event, and whether it succeeded."""
Payments = dict[bytes, list[Attempt]]
"""By the digest of the payment's id; the attempts of each in order of time."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Payments).decode


def _new() -> Payments:
    return {}


def _encoded(one: Payments) -> bytes:
    """Return the bytes of payments, in order of their digests: the same in whatever order they arrived."""
    return _encode(dict(sorted(one.items()))) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    kept = payments_of(customer)
    for key, attempts in list(kept.items()):
        kept[key] = [attempt for attempt in attempts if attempt[0] >= horizon.at]
        if not kept[key]:
            del kept[key]


def _bound(one: Payments, _policy: Policy) -> int:
    """Keep the newest attempts; return how many were dropped."""
    every = sorted((attempt, key) for key, attempts in one.items() for attempt in attempts)
    surplus = every[: max(0, len(every) - MAX_ATTEMPTS)]
    for attempt, key in surplus:
        one[key].remove(attempt)
        if not one[key]:
            del one[key]
    return len(surplus)


PAYMENTS: Final[Section[Payments]] = Section(
    ident=62, name="payments", version=1, new=_new, encode=_encoded, decode=_decode, prune=_prune, bound=_bound
)


def payments_of(customer: Customer) -> Payments:
    """Return the payments of a customer, to change them."""
    return PAYMENTS.of(customer)


def payments_seen(customer: Customer) -> Payments:
    """Return the payments of a customer, to read only."""
    return PAYMENTS.seen(customer) or {}
