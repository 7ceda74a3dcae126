"""Keeps the subscription events of a customer in order of event time, whatever the order of arrival.

Rule: the events themselves are stored, and everything else is derived from them: what one of them changes
(`changes.py`), the instants at which anything changes, by an event or by time alone (`walk.py`), and what figures read
of that (`subscription_state.py`).

    arrives first     10 Jan  started at 50                            10 Mar  ended
    arrives later                            10 Feb  changed to 80
    derived anew      50 ────────────────────80 ───────────────────────0

Reason: a late event needs no special case. Events before the horizon become an opening balance (`opening.py`).
"""

from bisect import insort
from collections.abc import Callable
from fractions import Fraction
from typing import Final, Literal, Optional

from retention.calendar import NEVER, Calendar, Instant
from retention.features.subscriptions.pricing import Priced, Pricing
from retention.identity import KeptId, unpacked
from retention.policy import Policy
from retention.structs import Kept, KeptFact, Value
from schemas.base import CauseRead, Reason

MAX_OPS: Final = 300
"""Most subscriptions and events of one customer. An end must never be lost for want of room."""
KEPT_FOR_REQUESTS: Final = 10
"""Places among those that are reserved for requests to cancel and their revocations."""

OpKind = Literal["started", "changed", "paused", "resumed", "renewed", "ended", "requested", "revoked"]
Status = Literal["trialing", "active", "past_due"]


class Terms(Value, frozen=True):
    """The company's limits of pauses and of unpaid invoices (µs), and its calendar."""

    pause_limit: int
    grace: int
    calendar: Calendar


def terms_of(policy: Policy) -> Terms:
    """Return the limits of pauses and of unpaid invoices, and the calendar on which discounts end."""
    return Terms(policy.pause_limit, policy.grace, policy.calendar)


class Op(KeptFact, frozen=True):
    """One subscription event: when, for which subscription (None: all of them), and its contents."""

    at: Instant
    event_id: KeptId
    kind: "OpKind"
    subscription: "Optional[str]"
    mrr: "Optional[tuple[int, int]]" = None
    currency: "Optional[str]" = None
    plan: "Optional[str]" = None
    status: "Optional[Status]" = None
    until: "Optional[Instant]" = None
    """The end of the term, or of a pause."""
    cause: "Optional[CauseRead]" = None
    reason: "Optional[Reason]" = None
    at_period_end: bool = False
    priced: "Optional[Priced]" = None
    """Items, intervals, discounts and the end of a trial that it states."""

    @property
    def trial_end(self) -> Instant | None:
        """Return the end of a trial that it states."""
        return self.priced.trial_end if self.priced is not None else None


def order_of(op: Op) -> tuple[Instant, bool, str, OpKind, str]:
    """Return the sort key: time, then starts before what refers to them, then event id (metrics.md, rule 2).

    Two sources may number their events alike: then kind and subscription decide.
    """
    return op.at, op.kind != "started", unpacked(op.event_id), op.kind, op.subscription or ""


def is_end(op: Op) -> bool:
    """Report whether an event ends a subscription by itself: so does a request with immediate effect."""
    return op.kind == "ended" or (op.kind == "requested" and not op.at_period_end)


class Request(KeptFact, frozen=True):
    """A request to cancel at the end of the term that is neither revoked nor in effect.

    One that was `renewed` since waits for an event: the end of the next term does not make it effective.
    """

    at: Instant
    event_id: KeptId
    reason: "Optional[Reason]" = None
    renewed: bool = False


class Subscription(Kept):
    """The state of one subscription. `mrr` is in major units, as numerator and denominator."""

    currency: str
    mrr: "tuple[int, int]" = (0, 1)
    plan: "Optional[str]" = None
    status: "Status" = "active"
    term_end: "Optional[Instant]" = None
    paused_at: "Optional[Instant]" = None
    paused_until: "Optional[Instant]" = None
    past_due_at: "Optional[Instant]" = None
    pricing: "Optional[Pricing]" = None
    """The parts that `mrr` was computed from; None if events state it themselves."""
    requested: "Optional[Request]" = None
    keeps: bool = True
    """Whether the customer stays active during the pause: not one that was lost, or never active, when it began."""
    trial: bool = False
    """Whether the pause is a free month of a paying customer, not a requested pause."""
    since: Instant = NEVER
    """When it began; `NEVER` if an older version did not store that."""
    free_until: "Optional[Instant]" = None
    """The end of a free time after a requested pause; `NEVER`: until a status ends it."""

    def amount(self) -> Fraction:
        """Return its monthly value while it is paid."""
        return Fraction(*self.mrr)


class Opening(Kept):
    """The result of the events before the horizon: the standing at `at`."""

    at: Instant = -NEVER
    subscriptions: "dict[str, Subscription]" = {}
    paid: "list[str]" = []
    """Currencies that were ever paid in."""
    first: "dict[str, Instant]" = {}
    """First activation, by currency; the empty string for any of them."""
    ended: "dict[bytes, Instant]" = {}
    """When subscriptions ended, by the digest of their id."""
    late: "list[Op]" = []
    """Late events of that age that arrived after the balance was made, of subscriptions that it did not know."""


class Timeline:
    """The opening balance and the events since.

    `derived` is what was last derived from them (`subscription_state.py`); code that changes them calls `changed`.
    """

    def __init__(self, opening: Opening, ops: list[Op] | None = None) -> None:
        self.opening, self.ops = opening, ops if ops is not None else []
        self.derived: object = None
        self._answers: dict[Callable[[Timeline], bool], bool] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeline) and (self.opening, self.ops) == (other.opening, other.ops)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def changed(self) -> None:
        """Drop what was derived, after a change."""
        self.derived = None
        self._answers.clear()

    def answer(self, question: "Callable[[Timeline], bool]") -> bool:
        """Return the answer to a question about the events: found once, until they change. Each timer asks again."""
        found = self._answers.get(question)
        if found is None:
            found = self._answers[question] = question(self)
        return found

    def knows(self, op: Op) -> bool:
        """Report whether an event is already in the timeline.

        Ids are unique within a source only: an event that differs in kind or subscription is another one.
        """
        return any(_is_same(one, op) for ops in (self.ops, self.opening.late) for one in ops)

    def add(self, op: Op) -> None:
        """Insert an event at its place in time."""
        insort(self.ops, op, key=order_of)
        self.changed()


def has_room(timeline: Timeline, op: Op) -> bool:
    """Report whether one more event can be stored. Each running subscription reserves a place for its end."""
    used = len(timeline.ops) + len(timeline.opening.subscriptions) + len(timeline.opening.late)
    if used * 2 < MAX_OPS - KEPT_FOR_REQUESTS:  # as many ends would fit, too
        return True
    begun = _begun(timeline)
    if is_end(op):
        ended = list(begun.values()) if op.subscription is None else [begun.get(op.subscription, NEVER)]
        if any(since <= op.at for since in ended):
            return True
    left = MAX_OPS - used - len(begun)
    if op.kind in {"requested", "revoked"}:
        return left > 0
    return left - KEPT_FOR_REQUESTS > (1 if op.kind == "started" else 0)


def _begun(timeline: Timeline) -> dict[str, Instant]:
    """Return the subscriptions that no event ends, each with its start, as far as that is stored."""
    begun = dict.fromkeys(timeline.opening.subscriptions, -NEVER)
    for op in timeline.ops:
        if op.kind == "started" and op.subscription is not None:
            begun[op.subscription] = op.at
        elif is_end(op) and op.subscription is None:
            begun.clear()
        elif is_end(op) and op.subscription is not None:
            begun.pop(op.subscription, None)
    return begun


def lacks_interval(timeline: Timeline, op: Op) -> bool:
    """Report whether an event states items only, for a known subscription whose interval no event states.

    An earlier event that states it may still arrive.
    """
    priced, name = op.priced, op.subscription
    if priced is None or priced.lines is None or priced.interval is not None or all(line[0] for line in priced.lines):
        return False
    if (op.mrr, op.currency, op.plan, op.status, op.until, priced.discounts, priced.trial_end) != (None,) * 7:
        return False
    one = timeline.opening.subscriptions.get(name or "")
    begun, known = one is not None, one is not None and one.pricing is not None and one.pricing.interval != ""
    for other in timeline.ops:
        if other.subscription == name and order_of(other) < order_of(op):
            if other.kind == "started":
                begun, known = True, False
            elif is_end(other):
                begun = False
            known = known or (other.priced is not None and other.priced.interval is not None)
    return begun and not known


def _is_same(one: Op, other: Op) -> bool:
    same = one.event_id == other.event_id and one.kind == other.kind
    return same and one.subscription == other.subscription


def subscribed(timeline: Timeline) -> bool:
    """Report whether there is any subscription: without one, no other event changes anything."""
    return timeline.answer(_is_subscribed)


def _is_subscribed(timeline: Timeline) -> bool:
    if timeline.opening.subscriptions:
        return True
    return any(op.kind == "started" for op in timeline.ops)


def requests_pending(timeline: Timeline) -> bool:
    """Report whether any request to cancel is known: only then can a renewal change a figure."""
    if any(op.kind == "requested" for op in timeline.ops):
        return True
    return any(one.requested is not None for one in timeline.opening.subscriptions.values())
