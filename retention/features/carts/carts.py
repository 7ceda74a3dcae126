"""The carts of a customer: the last steps of all of them, as they were filled, emptied, abandoned and not paid."""

from typing import Final, Literal

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.ordering import together
from retention.structs import KeptFact

MAX_STEPS: Final = 24
"""Steps of all carts of one customer together: a cart matters for days, and a signal reads few of its steps."""

UPDATED: Final = "u"
EMPTIED: Final = "e"
ABANDONED: Final = "a"
FAILED: Final = "f"
StepKind = Literal["u", "e", "a", "f"]


class Step(KeptFact, frozen=True):
    """One event of a cart. Of its contents, the number of pieces and their value are kept; 0 and empty if unknown."""

    at: Instant
    event_id: KeptId
    cart: bytes
    """The digest of the cart's id."""
    kind: "StepKind"
    pieces: int = 0
    value: int = 0
    """In minor units of the currency."""
    currency: str = ""


Carts = list[Step]
"""The steps of all carts, in order of time."""


def order_of(step: Step) -> tuple[Instant, str, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return step.at, unpacked(step.event_id), step.kind


def prune(carts: Carts, before: Instant) -> None:
    """Drop the steps from before the horizon."""
    carts[:] = [step for step in carts if step.at >= before]


def bound(carts: Carts) -> int:
    """Keep at most `MAX_STEPS` steps, the newest; return how many were dropped."""
    surplus = max(0, len(carts) - MAX_STEPS)
    del carts[:surplus]
    return surplus


def joined(carts: Carts, others: Carts) -> Carts:
    """Return the steps of the carts of two customers, in order of time."""
    return together(carts, others, _of_one_event, order_of)


def _of_one_event(step: Step) -> tuple[KeptId, str]:
    return step.event_id, step.kind
