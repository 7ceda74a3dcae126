"""The section `deposits`: the attempts to collect each deposit. Its body is a map of MessagePack, by its digest."""

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
Deposits = dict[bytes, list[Attempt]]
"""By the digest of the deposit's id; the attempts of each in order of time."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Deposits).decode


def _new() -> Deposits:
    return {}


def _encoded(one: Deposits) -> bytes:
    """Return the bytes of deposits, in order of their digests: the same in whatever order they arrived."""
    return _encode(dict(sorted(one.items()))) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    kept = deposits_of(customer)
    for key, attempts in list(kept.items()):
        kept[key] = [attempt for attempt in attempts if attempt[0] >= horizon.at]
        if not kept[key]:
            del kept[key]


def _bound(one: Deposits, _policy: Policy) -> int:
    """Keep the newest attempts; return how many were dropped."""
    every = sorted((attempt, key) for key, attempts in one.items() for attempt in attempts)
    surplus = every[: max(0, len(every) - MAX_ATTEMPTS)]
    for attempt, key in surplus:
        one[key].remove(attempt)
        if not one[key]:
            del one[key]
    return len(surplus)


def _join(one: Deposits, other: Deposits, policy: Policy) -> tuple[Deposits, int]:
    """Return the deposits of two customers that are one, and how many attempts are too many."""
    found = {key: sorted({*one.get(key, []), *other.get(key, [])}) for key in {*one, *other}}
    return found, _bound(found, policy)


DEPOSITS: Final[Section[Deposits]] = Section(
    ident=62,
    name="deposits",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def deposits_of(customer: Customer) -> Deposits:
    """Return the deposits of a customer, to change them."""
    return DEPOSITS.of(customer)


def deposits_seen(customer: Customer) -> Deposits:
    """Return the deposits of a customer, to read only."""
    return DEPOSITS.seen(customer) or {}
