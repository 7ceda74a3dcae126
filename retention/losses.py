"""The section `losses`: when a customer was lost, and which signals its history showed then. An array of MessagePack.

    payment-failing      [ low ─────── medium ───────
    no-login                     [ low ───────────────
    active               ────────────────────────────┤ lost: both were open the instant before

What signals need of the past is dropped as time goes by, so they are asked once, when a loss is known, and the answer
is stored. The engine asks them again when an event arrives that happened before the loss. No measure may know signals,
and no feature either, so the engine keeps this.
"""

from typing import Final

import msgspec

from retention.calendar import Instant
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section
from retention.structs import Kept, KeptFact

MAX_LOSSES: Final = 64
"""Losses that are kept of a customer: in 16 months, one every week."""


class OpenBefore(KeptFact, frozen=True):
    """A signal that was open at a loss: its severity as an index of `SEVERITIES`, and how many seconds before.

    `raised` is how long before the loss it was raised, `alarmed` how long before it was of medium severity; 0 if it was
    never so severe.
    """

    signal: str
    level: int
    raised: int
    alarmed: int


class Lost(KeptFact, frozen=True):
    """A loss: its instant, and the signals that were open the instant before, in the order of the register."""

    at: Instant
    warned: "tuple[OpenBefore, ...]" = ()


class Losses(Kept):
    """The losses of a customer, in order of time."""

    losses: "list[Lost]" = []


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Losses).decode


def _encoded(one: Losses) -> bytes:
    return _encode(one) if one.losses else b""


def _prune(customer: Customer, horizon: Horizon) -> None:
    kept = LOSSES.of(customer)
    kept.losses = [loss for loss in kept.losses if loss.at >= horizon.at]


def _bound(one: Losses, _policy: Policy) -> int:
    excess = max(0, len(one.losses) - MAX_LOSSES)
    one.losses = one.losses[excess:]
    return excess


def _join(_one: Losses, _other: Losses, _policy: Policy) -> tuple[Losses, int]:
    """Return none: those of the customer that the two are together are judged by its whole history."""
    return Losses(), 0


LOSSES: Final[Section[Losses]] = Section(
    ident=27,
    name="losses",
    version=1,
    new=Losses,
    encode=_encoded,
    decode=_decode,
    prune=_prune,
    bound=_bound,
    join=_join,
)
_NONE: Final[list[Lost]] = []


def losses_seen(customer: Customer) -> list[Lost]:
    """Return the losses of a customer, to read only."""
    found = LOSSES.seen(customer) if LOSSES.is_kept(customer) else None
    return found.losses if found is not None else _NONE


def set_losses(customer: Customer, losses: list[Lost], policy: Policy) -> None:
    """Store the losses of a customer."""
    kept = LOSSES.of(customer)
    kept.losses = losses
    _bound(kept, policy)
