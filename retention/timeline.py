"""What a customer pays, told from its subscription events in order of event time, whatever the order of arrival.

The timeline keeps the events themselves and derives everything else, so a late one needs no special case.
"""

from bisect import insort
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, Literal, NamedTuple, Optional

from msgspec.structs import replace

from retention.calendar import NEVER, Instant
from retention.identity import KeptId, unpacked
from retention.kept import Kept, KeptFact
from retention.spans import Span, merged
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


class Terms(NamedTuple):
    """The two limits that time alone brings, in microseconds."""

    pause_limit: int
    grace: int


class Standing(NamedTuple):
    """What a customer has in one currency: MRR, and whether that makes it a customer."""

    total: Fraction
    active: bool
    paused: bool


class Point(NamedTuple):
    """How a customer stands after everything that happened at one instant.

    `ops` are the events of that instant; empty for a lapse that time alone brought.
    """

    at: Instant
    standings: dict[str, Standing]
    plan: str | None
    ops: tuple[Op, ...]


NOTHING: Final = Standing(Fraction(), active=False, paused=False)


def points(timeline: Timeline, terms: Terms, as_of: Instant = NEVER) -> list[Point]:
    """Give how a customer stood after each change; lapses count from the moment `as_of` has passed them."""
    return list(_walk(timeline, terms, as_of))


def _walk(timeline: Timeline, terms: Terms, as_of: Instant) -> Iterator[Point]:
    subscriptions = {name: _copy(s) for name, s in timeline.opening.subscriptions.items()}
    yield _point(timeline.opening.at, subscriptions, terms, as_of, ())
    done, ops = timeline.opening.at, timeline.ops
    at = 0
    while at < len(ops):
        now = ops[at].at
        for lapse in _lapses(subscriptions, terms, done, min(now, as_of)):
            yield _point(lapse, subscriptions, terms, as_of, ())
        same = at
        while same < len(ops) and ops[same].at == now:
            apply(subscriptions, ops[same])
            same += 1
        yield _point(now, subscriptions, terms, as_of, tuple(ops[at:same]))
        done, at = now, same
    for lapse in _lapses(subscriptions, terms, done, as_of):
        yield _point(lapse, subscriptions, terms, as_of, ())


def _copy(subscription: Subscription) -> Subscription:
    return replace(subscription)


def lapse_of(subscription: Subscription, terms: Terms) -> Instant:
    """Give when a pause outlasts its limit, or an unpaid invoice its grace; `NEVER` if neither runs."""
    if subscription.paused_at is not None:
        return subscription.paused_at + terms.pause_limit
    if subscription.past_due_at is not None:
        return subscription.past_due_at + terms.grace
    return NEVER


def _lapses(subscriptions: dict[str, Subscription], terms: Terms, after: Instant, before: Instant) -> list[Instant]:
    dues = {lapse_of(subscription, terms) for subscription in subscriptions.values()}
    return sorted(due for due in dues if after < due < before)


def _point(
    at: Instant, subscriptions: dict[str, Subscription], terms: Terms, as_of: Instant, ops: tuple[Op, ...]
) -> Point:
    standings: dict[str, Standing] = {}
    for subscription in subscriptions.values():
        due = lapse_of(subscription, terms)
        one = _standing(subscription, lapsed=due <= at and due < as_of)
        so_far = standings.get(subscription.currency, NOTHING)
        standings[subscription.currency] = Standing(
            so_far.total + one.total, so_far.active or one.active, so_far.paused or one.paused
        )
    return Point(at, standings, plan_of(subscriptions), ops)


def _standing(subscription: Subscription, *, lapsed: bool) -> Standing:
    amount = subscription.amount()
    if not amount or subscription.status == "trialing":
        return NOTHING
    if subscription.paused_at is not None:
        return Standing(Fraction(), active=not lapsed, paused=True)
    if lapsed:
        return NOTHING
    return Standing(amount, active=True, paused=False)


def plan_of(subscriptions: dict[str, Subscription]) -> str | None:
    """Give the plan of the dearest subscription; of equals, the one with the smallest id."""
    best = min(subscriptions.items(), key=lambda item: (-item[1].amount(), item[0]), default=None)
    return best[1].plan if best is not None else None


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


def standing_in(point: Point, currency: str | None) -> Standing:
    """Give how a customer stands in one currency; over all of them, only whether it is a customer."""
    if currency is not None:
        return point.standings.get(currency, NOTHING)
    values = point.standings.values()
    return Standing(Fraction(), any(s.active for s in values), any(s.paused for s in values))


def activity(history: list[Point], currency: str | None) -> list[Span]:
    """Give when a customer was one, in a currency or (None) in any."""
    spans: list[Span] = []
    since: Instant | None = None
    for point in history:
        active = standing_in(point, currency).active
        if active and since is None:
            since = point.at
        elif not active and since is not None:
            spans.append((since, point.at))
            since = None
    return merged([*spans, (since, NEVER)] if since is not None else spans)


def lapses(timeline: Timeline, terms: Terms) -> list[Instant]:
    """Give every instant at which time alone changes how a customer stands, past and to come, ascending."""
    subscriptions = {name: _copy(s) for name, s in timeline.opening.subscriptions.items()}
    found: list[Instant] = []
    done = timeline.opening.at
    for op in timeline.ops:
        found += _lapses(subscriptions, terms, done, op.at + 1)
        apply(subscriptions, op)
        done = op.at
    return found + _lapses(subscriptions, terms, done, NEVER)


def fold(timeline: Timeline, terms: Terms, cut: Instant) -> None:
    """Turn the events before `cut` into the opening balance."""
    opening = timeline.opening
    before = [op for op in timeline.ops if op.at < cut]
    if not before:
        return
    past = points(Timeline(opening, before), terms, cut)
    for currency in (None, *{c for point in past for c in point.standings}):
        _remember_first(opening, past, currency)
    opening.paid = sorted(
        {*opening.paid, *(c for point in past for c, standing in point.standings.items() if standing.total)}
    )
    for op in before:
        apply(opening.subscriptions, op)
    opening.at = cut - 1
    timeline.ops = timeline.ops[len(before) :]


def _remember_first(opening: Opening, past: list[Point], currency: str | None) -> None:
    spans = activity(past, currency)
    if spans:
        key = currency or ""
        opening.first[key] = min(opening.first.get(key, NEVER), spans[0][0])


def first_activation(timeline: Timeline, spans: list[Span], currency: str | None) -> Instant:
    """Give when a customer became one for the first time ever; `NEVER` if it did not yet."""
    seen = spans[0][0] if spans else NEVER
    return min(seen, timeline.opening.first.get(currency or "", NEVER))
