"""The sections `card`, `at-risk` and `on-card`: the last card of a customer, as far as the next one depends on it.

`card` has the instant that the last card of a customer with open signals is about and, while it is still to be written,
the id of its cause. A customer without open signals has none once its last card is written; with a fitted model, once a
midnight has passed since. `at-risk` is kept with a fitted model, and while the band of the last card is above low.
`on-card` is kept of each customer that ever had a card: what it says of money, plan and stage, as a digest.
"""

from typing import Final, TypeVar

import msgspec

from retention.calendar import NEVER, Instant
from retention.identity import KeptId
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section
from retention.structs import Kept

T = TypeVar("T")

_BYTES: Final = 8
_WRITTEN: Final = b""


class CardState(Kept):
    """The instant of the last card that an event or a timer caused, and the statement that caused it if it waits."""

    at: Instant = 0
    cause: KeptId = _WRITTEN


def _encoded(one: CardState) -> bytes:
    return one.at.to_bytes(_BYTES, "big") + one.cause if one.at or one.cause else b""


def _decoded(body: bytes) -> CardState:
    return CardState(int.from_bytes(body[:_BYTES], "big"), body[_BYTES:])


def _prune(_customer: Customer, _horizon: Horizon) -> None:
    """Drop nothing: it is one instant and one id."""


def _bound(_one: object, _policy: Policy) -> int:
    return 0


def _join(one: T, _other: T, _policy: Policy) -> tuple[T, int]:
    """Return the first one's: the card of a customer that goes on under another id is dropped."""
    return one, 0


CARD: Final[Section[CardState]] = Section(
    ident=20,
    name="card",
    version=1,
    new=CardState,
    encode=_encoded,
    decode=_decoded,
    prune=_prune,
    bound=_bound,
    join=_join,
)
_NONE: Final = CardState()
"""Shared by all customers without one: read only, never changed."""


def card_seen(customer: Customer) -> CardState:
    """Return what is kept about the card of a customer, to read only."""
    found = CARD.seen(customer) if CARD.is_kept(customer) else None
    return found if found is not None else _NONE


def wait(customer: Customer, at: Instant, cause: KeptId) -> None:
    """Store that a card is to be written."""
    kept = CARD.of(customer)
    kept.at, kept.cause = at, cause


def write(customer: Customer, *, keeps: bool = False) -> None:
    """Store that the card is written; nothing is kept for a customer without open signals, unless `keeps`."""
    kept = CARD.of(customer)
    kept.cause = _WRITTEN
    if not customer.open_signals() and not keeps:
        kept.at = 0


def drop(customer: Customer) -> None:
    """Remove what is kept about the card of a customer."""
    if CARD.is_kept(customer):
        kept = CARD.of(customer)
        kept.at, kept.cause = 0, _WRITTEN
    if AT_RISK.is_kept(customer):
        note_band(customer, above=False)
    if ON_CARD.is_kept(customer):
        customer.open_as(ON_CARD, OnCard())


class RiskState(Kept):
    """The band of the last card: whether it is above low."""

    above: bool = False


_ABOVE: Final = b"\x01"


def _risk_encoded(one: RiskState) -> bytes:
    return _ABOVE if one.above else b""


def _risk_decoded(body: bytes) -> RiskState:
    return RiskState(body == _ABOVE)


AT_RISK: Final[Section[RiskState]] = Section(
    ident=24,
    name="at-risk",
    version=1,
    new=RiskState,
    encode=_risk_encoded,
    decode=_risk_decoded,
    prune=_prune,
    bound=_bound,
    join=_join,
)


def was_at_risk(customer: Customer) -> bool:
    """Report whether the band of the last card of a customer, by a fitted model, is above low."""
    if not AT_RISK.is_kept(customer):
        return False
    found = AT_RISK.seen(customer)
    return found is not None and found.above


def note_band(customer: Customer, *, above: bool) -> None:
    """Store whether the band of the card that is written is above low."""
    AT_RISK.of(customer).above = above


class OnCard(Kept):
    """The standing that the card of a customer says, or will say once it is written."""

    since: Instant = 0
    """When MRR, plan or stage last changed."""
    following: Instant = 0
    """When time alone next changes the stage, but for what measures know of; `NEVER` if it does not."""
    says: bytes = b""
    """A digest of all three; empty if there is no card."""


_NOT_BY_TIME: Final = -1
"""Stored in place of `NEVER`, in one byte, not nine. An older build takes it for due, and looks once more."""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_on_card: Final = msgspec.msgpack.Decoder(OnCard).decode


def _on_card_encoded(one: OnCard) -> bytes:
    if one.following == NEVER:
        one = OnCard(one.since, _NOT_BY_TIME, one.says)
    return _encode(one) if one.says else b""


def _on_card_decoded(body: bytes) -> OnCard:
    found: OnCard = _decode_on_card(body)
    if found.following == _NOT_BY_TIME:
        found.following = NEVER
    return found


ON_CARD: Final[Section[OnCard]] = Section(
    ident=25,
    name="on-card",
    version=1,
    new=OnCard,
    encode=_on_card_encoded,
    decode=_on_card_decoded,
    prune=_prune,
    bound=_bound,
    join=_join,
)
_ANY: Final = CARD.bit | AT_RISK.bit | ON_CARD.bit


def has_card(customer: Customer) -> bool:
    """Report whether a customer has a card. An older build kept that only while a signal was open, or it at risk."""
    return bool(customer.there() & _ANY)


def on_card(customer: Customer) -> OnCard | None:
    """Return what the card of a customer says of its standing, to read only; None if that is not known."""
    return ON_CARD.seen(customer) if ON_CARD.is_kept(customer) else None


def next_look(customer: Customer) -> Instant:
    """Return when time alone next changes what the card of a customer says; `NEVER` if it does not, or has no card.

    Of one that an older build wrote that is not known: it is due with whatever timer fires next.
    """
    if not customer.there() & _ANY:
        return NEVER
    said = on_card(customer)
    return said.following if said is not None else 0


def unsettle(customer: Customer) -> None:
    """Store that the standing on the card of a customer has to be looked at again: by other settings it may be another.

    It is due with whatever timer fires next.
    """
    if ON_CARD.is_kept(customer):
        ON_CARD.of(customer).following = 0
