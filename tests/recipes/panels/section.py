"""The section `panels`: the answers of a customer, in order of time. Its body is a list of MessagePack."""

from typing import Final

import msgspec

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section

MAX_ANSWERS: Final = 40

Answer = tuple[Instant, KeptId, int]
"""When, by which event, and the score."""
Answers = list[Answer]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Answers).decode


def order_of(answer: Answer) -> tuple[Instant, str]:
    """Return the order of answers: by time, then by event id (metrics.md, rule 2)."""
    return answer[0], unpacked(answer[1])


def _new() -> Answers:
    return []


def _encoded(one: Answers) -> bytes:
    return _encode(one) if one else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    kept = answers_of(customer)
    kept[:] = [answer for answer in kept if answer[0] >= horizon.at]


def _bound(one: Answers, _policy: Policy) -> int:
    """Keep the newest answers; return how many went."""
    surplus = max(0, len(one) - MAX_ANSWERS)
    del one[:surplus]
    return surplus


def _join(one: Answers, other: Answers, policy: Policy) -> tuple[Answers, int]:
    """Return the answers of two customers that are one, and how many of them are too many."""
    found = sorted({*one, *other}, key=order_of)
    return found, _bound(found, policy)


PANELS: Final[Section[Answers]] = Section(
    ident=61,
    name="panels",
    version=1,
    new=_new,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def answers_of(customer: Customer) -> Answers:
    """Return the answers of a customer, to be changed."""
    return PANELS.of(customer)


def answers_seen(customer: Customer) -> Answers:
    """Return the answers of a customer, to be looked at."""
    return PANELS.seen(customer) or []
