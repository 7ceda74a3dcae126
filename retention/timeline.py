"""The subscription events of a customer in order of event time, whatever the order of arrival, and what each changes.

The timeline keeps the events themselves and everything else is derived (`standings.py`), so a late one needs no special
case.
"""

from bisect import insort
from fractions import Fraction
from typing import Final, Literal, Optional

from retention.calendar import NEVER, Instant
from retention.identity import KeptId, unpacked
from retention.kept import Kept, KeptFact
from schemas.base import Cause, Reason

MAX_OPS: Final = 300

ANNOUNCEMENTS: Final = frozenset({"renewed", "requested", "revoked"})
"""What says what is to come and changes nothing of how a customer stands."""

OpKind = Literal["started", "changed", "paused", "resumed", "renewed", "ended", "requested", "revoked"]
Status = Literal["trialing", "active", "past_due"]


class Op(KeptFact, frozen=True):
    """One subscription event: when, to which subscription (None: to all of them), and what it says."""

    at: Instant
    event_id: KeptId
    kind: "OpKind"
    subscription: "Optional[str]"
    mrr: "Optional[tuple[int, int]]" = None
    currency: "Optional[str]" = None
    plan: "Optional[str]" = None
    status: "Optional[Status]" = None
    until: "Optional[Instant]" = None
    cause: "Optional[Cause]" = None
    reason: "Optional[Reason]" = None
    at_period_end: bool = False


def order_of(op: Op) -> tuple[Instant, bool, str]:
    """Sort key: time, then starts before what refers to them, then event id (metrics.md, rule 2)."""
    return op.at, op.kind != "started", unpacked(op.event_id)


class Subscription(Kept):
    """One subscription as it stands. `mrr` is in major units, as numerator and denominator."""

    currency: str
    mrr: "tuple[int, int]" = (0, 1)
    plan: "Optional[str]" = None
    status: "Status" = "active"
    term_end: "Optional[Instant]" = None
    paused_at: "Optional[Instant]" = None
    paused_until: "Optional[Instant]" = None
    past_due_at: "Optional[Instant]" = None

    def amount(self) -> Fraction:
        """Give what it is worth a month while it is paid."""
        return Fraction(*self.mrr)


class Opening(Kept):
    """What is left of the events before the horizon: how things stood at `at`."""

    at: Instant = -NEVER
    subscriptions: "dict[str, Subscription]" = {}
    paid: "list[str]" = []
    """Currencies that were ever paid in."""
    first: "dict[str, Instant]" = {}
    """First activation, by currency; the empty string for any of them."""


class Timeline(Kept):
    """The opening balance and the events since."""

    opening: Opening
    ops: "list[Op]" = []

    def knows(self, event_id: KeptId) -> bool:
        """Tell whether an event is in here already."""
        return any(op.event_id == event_id for op in self.ops)

    def add(self, op: Op) -> None:
        """Put an event in its place in time."""
        insort(self.ops, op, key=order_of)


def subscribed(timeline: Timeline) -> bool:
    """Tell whether there is any subscription to tell of: without one, no other event changes anything."""
    if timeline.opening.subscriptions:
        return True
    return any(op.kind == "started" for op in timeline.ops)


def apply(subscriptions: dict[str, Subscription], op: Op) -> None:
    """Let one event change the subscriptions. What refers to one that does not stand changes nothing."""
    if op.kind == "started" and op.subscription is not None:
        subscriptions[op.subscription] = _started(op)
    elif op.kind == "ended":
        for name in [op.subscription] if op.subscription is not None else list(subscriptions):
            subscriptions.pop(name, None)
    elif op.subscription in subscriptions:
        _change(subscriptions[op.subscription], op)


def _started(op: Op) -> Subscription:
    status = op.status or "active"
    return Subscription(
        currency=op.currency or "",
        mrr=op.mrr or (0, 1),
        plan=op.plan,
        status=status,
        term_end=op.until,
        past_due_at=op.at if status == "past_due" else None,
    )


def _change(subscription: Subscription, op: Op) -> None:
    match op.kind:
        case "changed":
            _change_terms(subscription, op)
        case "paused" if subscription.paused_at is None:
            subscription.paused_at, subscription.paused_until = op.at, op.until
        case "resumed":
            subscription.paused_at = subscription.paused_until = None
        case "renewed":
            subscription.term_end = op.until or subscription.term_end
        case _:
            pass  # a request changes nothing before it takes effect; a second pause is the first one


def _change_terms(subscription: Subscription, op: Op) -> None:
    subscription.mrr = op.mrr or subscription.mrr
    subscription.currency = op.currency or subscription.currency
    subscription.plan = op.plan or subscription.plan
    subscription.term_end = op.until or subscription.term_end
    if op.status is not None and op.status != subscription.status:
        subscription.status = op.status
        subscription.past_due_at = op.at if op.status == "past_due" else None
