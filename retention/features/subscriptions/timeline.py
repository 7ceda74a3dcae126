"""The subscription events of a customer in order of event time, whatever the order of arrival, and what each changes.

The timeline stores the events themselves and everything else is derived (`moments`, `subscription_state.py`), so a
late event needs no special case. Time alone changes a subscription, too: a discount of n periods ends, a pause ends, a
request to cancel takes effect at the end of the term.

    10 Jan            10 Feb            10 Mar            10 Apr
    started           |                 requested         term_end
    50 % for 2 months |                 discount ends     the request takes effect
    50 -------------- | --------------- 100 ------------- 0

Events of one instant are applied in the order of their ids (metrics.md, rule 2), but what ends a subscription that
stood before that instant comes first, and a start comes before what refers to it.
"""

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final, Literal, Optional

from msgspec.structs import replace

from retention.calendar import NEVER, Calendar, Instant
from retention.features.subscriptions.pricing import Priced, Pricing, changed_pricing, discounts_at, next_discount_end
from retention.identity import KeptId, unpacked
from retention.policy import Policy
from retention.structs import Kept, KeptFact, Value
from schemas.base import Cause, CauseRead, Reason

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


class Ending(Value, frozen=True):
    """The reason for which a subscription ended."""

    cause: Cause
    reason: Reason | None


class Moment(Value, frozen=True):
    """One instant: its events, and whether time alone changed something.

    `subscriptions` are the states after it, and change as the walk continues; `changed` names those that may differ
    from before; `lapsed` is since when, or from when on, a pause is too long or an invoice unpaid for too long;
    `ending` is why the first of them ended.
    """

    at: Instant
    ops: tuple[Op, ...]
    timed: bool
    changed: list[str]
    subscriptions: dict[str, Subscription]
    lapsed: dict[str, Instant]
    ending: Ending | None


class Reach:
    """The instants as of which a walk shows the same: after `after`, up to `until`."""

    def __init__(self) -> None:
        self.after: Instant = -NEVER
        self.until: Instant = NEVER

    def met(self, at: Instant, as_of: Instant) -> bool:
        """Note a change by time; report whether it counts as of `as_of`: if it lies before."""
        counts = at < as_of
        if counts:
            self.after = max(self.after, at)
        else:
            self.until = min(self.until, at)
        return counts


class _Clock:
    """The next instants at which time alone changes each of the subscriptions."""

    def __init__(self, subscriptions: dict[str, Subscription], terms: Terms) -> None:
        self._subscriptions, self._terms = subscriptions, terms
        self.dues: dict[str, Instant] = {}
        self.lapsed: dict[str, Instant] = {}
        """The instants at which a pause outlasts its limit, or an unpaid invoice its grace."""
        self._running: dict[str, Instant] = {}

    def arm(self, name: str, at: Instant, after: Instant) -> None:
        """Note when time changes a subscription next, after an instant; `at` is the present moment of the walk.

        A change that is overdue, as the end of a pause that was announced after it had passed, happens at once.
        """
        one = self._subscriptions.get(name)
        if one is None:
            for known in (self.dues, self.lapsed, self._running):
                known.pop(name, None)
            return
        due = lapse_of(one, self._terms)
        if due < NEVER:
            if self._running.get(name) != due:
                # A limit that ran out before it began to matter, as a grace during a pause, is over at once.
                self._running[name], self.lapsed[name] = due, due if due >= at else -NEVER
            due = self.lapsed[name] if self.lapsed[name] > after else NEVER
        elif name in self._running:
            del self._running[name], self.lapsed[name]
        following = next_change(one)
        if following < NEVER:
            due = min(due, max(following, after + 1))
        if due < NEVER:
            self.dues[name] = due
        else:
            self.dues.pop(name, None)

    def first(self, before: Instant, as_of: Instant, reach: Reach) -> Instant:
        """Return the next change by time before an instant, if it counts as of `as_of`; else `NEVER`."""
        due = min(self.dues.values(), default=NEVER)
        return due if due < before and reach.met(due, as_of) else NEVER


def next_change(one: Subscription) -> Instant:
    """Return when a pause or a discount ends, or a request takes effect, by time alone; `NEVER` if none does."""
    found = one.paused_until if one.paused_until is not None else NEVER
    effect = effect_of(one)
    if effect is not None:
        found = min(found, effect)
    return min(found, next_discount_end(one.pricing)) if one.pricing is not None else found


def moments(timeline: Timeline, terms: Terms, as_of: Instant = NEVER, reach: Reach | None = None) -> Iterator[Moment]:
    """Walk through a timeline, from the opening balance on; changes by time count once `as_of` has passed them.

    `reach` then contains as of which other instants the walk is the same.
    """
    subscriptions = {name: replace(one) for name, one in timeline.opening.subscriptions.items()}
    reach = reach or Reach()
    done, ops, clock = timeline.opening.at, timeline.ops, _Clock(subscriptions, terms)
    for name in subscriptions:
        clock.arm(name, -NEVER, done)
    yield Moment(done, (), False, list(subscriptions), subscriptions, clock.lapsed, None)
    place, number = 0, len(ops)
    while True:
        now = ops[place].at if place < number else NEVER
        while (due := clock.first(now, as_of, reach)) < NEVER:
            changed = [name for name, at in clock.dues.items() if at == due]
            ending = _elapse(clock, changed, subscriptions, due)
            yield Moment(due, (), True, changed, subscriptions, clock.lapsed, ending)
        if place == number:
            return
        same = place + 1
        while same < number and ops[same].at == now:
            same += 1
        together = tuple(ops[place:same])
        changed, ending = _apply_all(subscriptions, together, terms)
        for name in changed:
            clock.arm(name, now, now - 1)
        due_now = [name for name, at in clock.dues.items() if at == now]
        timed = bool(due_now) and reach.met(now, as_of)
        if timed:  # the events of an instant come before its changes by time
            ending = _elapse(clock, due_now, subscriptions, now) or ending
            changed = list(dict.fromkeys(changed + due_now))
        yield Moment(now, together, timed, changed, subscriptions, clock.lapsed, ending)
        place = same


def lapse_of(one: Subscription, terms: Terms) -> Instant:
    """Return when a pause outlasts its limit, or an unpaid invoice its grace; `NEVER` if neither runs."""
    if one.paused_at is not None and one.keeps:
        return one.paused_at + terms.pause_limit
    if one.past_due_at is not None:
        return one.past_due_at + terms.grace
    return NEVER


def effect_of(one: Subscription) -> Instant | None:
    """Return when a request to cancel takes effect by itself: at the end of the term, if that came after it.

    It takes no effect if a renewal came after it.
    """
    if one.requested is None or one.requested.renewed or one.term_end is None or one.term_end < one.requested.at:
        return None
    return one.term_end


def _elapse(clock: _Clock, names: list[str], subscriptions: dict[str, Subscription], at: Instant) -> Ending | None:
    """Apply the changes that time makes at an instant; return why the first subscription ended, if one did."""
    ending: Ending | None = None
    for name in names:
        one = subscriptions[name]
        effect = effect_of(one)
        if effect is not None and effect <= at and one.requested is not None:
            ending = ending or Ending("voluntary", one.requested.reason)
            del subscriptions[name]
        else:
            if one.paused_until is not None and one.paused_until <= at:
                _resume(one, at)
            if one.pricing is not None and next_discount_end(one.pricing) <= at:
                one.mrr, one.pricing = discounts_at(one.pricing, at, one.mrr)
        clock.arm(name, at, at)
    return ending


def is_end(op: Op) -> bool:
    """Report whether an event ends a subscription by itself: so does a request with immediate effect."""
    return op.kind == "ended" or (op.kind == "requested" and not op.at_period_end)


def in_order(ops: Sequence[Op], standing: dict[str, Subscription]) -> Sequence[Op]:
    """Return the events of one instant in their order: first those that end a subscription which existed before it."""
    if len(ops) == 1:
        return ops
    first = [op for op in ops if is_end(op) and (standing if op.subscription is None else op.subscription in standing)]
    return [*first, *(op for op in ops if op not in first)] if first else ops


def _apply_all(
    subscriptions: dict[str, Subscription], ops: Sequence[Op], terms: Terms
) -> tuple[list[str], Ending | None]:
    """Apply the events of one instant; return the names of the subscriptions concerned, and why one ended."""
    changed: list[str] = []
    ending: Ending | None = None
    for op in in_order(ops, subscriptions):
        names = list(subscriptions) if op.subscription is None else [op.subscription]
        if ending is None and is_end(op):
            ending = Ending(_cause_of(op), op.reason)
        apply(subscriptions, op, terms)
        changed += names
    return (changed if len(ops) == 1 else list(dict.fromkeys(changed))), ending


def _cause_of(op: Op) -> Cause:
    if op.kind == "requested":
        return "voluntary"
    return "unknown" if op.cause is None or op.cause == "other" else op.cause


def apply(subscriptions: dict[str, Subscription], op: Op, terms: Terms) -> None:
    """Apply one event to the subscriptions. An event of an unknown subscription changes nothing."""
    if op.kind == "started":
        if op.subscription is not None:
            subscriptions[op.subscription] = _started(op, terms)
        return
    if op.subscription is not None:
        names = [op.subscription] if op.subscription in subscriptions else []
    else:
        names = list(subscriptions)
    for name in names:
        if is_end(op):
            del subscriptions[name]
        else:
            _change(subscriptions[name], op, terms)


def _started(op: Op, terms: Terms) -> Subscription:
    status = op.status or "active"
    one = Subscription(
        currency=op.currency or "",
        mrr=op.mrr or (0, 1),
        plan=op.plan,
        status=status,
        term_end=op.until,
        past_due_at=op.at if status == "past_due" else None,
        since=op.at,
    )
    if op.priced is not None and op.priced.prices():
        one.mrr, one.pricing = changed_pricing(one.mrr, None, op.priced, op.at, terms.calendar)
    return one


def _change(one: Subscription, op: Op, terms: Terms) -> None:
    match op.kind:
        case "changed":
            _change_terms(one, op, terms)
        case "paused":
            _pause(one, op, terms)
        case "resumed":
            _resume(one, op.at)
        case "renewed":
            one.term_end = op.until or one.term_end
            if one.requested is not None and op.at > one.requested.at:
                one.requested = replace(one.requested, renewed=True)
        case "requested":
            if one.requested is None or one.requested.renewed:
                one.requested = Request(op.at, op.event_id, op.reason)
            elif op.reason not in {None, "other"}:
                # Why it wants to leave is often asked in a second step: the request is still the first one.
                one.requested = replace(one.requested, reason=op.reason)
        case "revoked":
            one.requested = None
        case _:
            pass


def _pause(one: Subscription, op: Op, terms: Terms) -> None:
    """Pause a subscription. A paused one stays paused, until the end that was stated last.

    A pause within a free month outlives it: the rest of the month is still free when the customer resumes.
    """
    if one.trial:
        one.trial, one.free_until = False, NEVER if one.paused_until is None else one.paused_until
    elif one.paused_at is None:
        one.keeps = _pays(one, op.at, terms)
        one.paused_at = op.at
    one.paused_until = op.until


def _resume(one: Subscription, at: Instant) -> None:
    """End a pause at an instant, or a free month. A free month that was announced during the pause begins."""
    free_until, one.free_until = one.free_until, None
    if free_until is not None and free_until > at:
        one.trial, one.paused_until = True, None if free_until == NEVER else free_until
        return
    one.paused_at = one.paused_until = None
    one.keeps, one.trial = True, False


def _pays(one: Subscription, at: Instant, terms: Terms) -> bool:
    """Report whether a subscription made its customer active before an instant: not if it begins then."""
    paid = bool(one.mrr[0]) and one.status != "trialing" and one.since != at
    return paid and one.keeps and lapse_of(one, terms) > at


def _change_terms(one: Subscription, op: Op, terms: Terms) -> None:
    if op.mrr is not None or (op.priced is not None and op.priced.prices()):
        one.mrr, one.pricing = changed_pricing(
            op.mrr or one.mrr, one.pricing, op.priced, op.at, terms.calendar, stated=op.mrr is not None
        )
    one.currency = op.currency or one.currency
    one.plan = op.plan or one.plan
    one.term_end = op.until or one.term_end
    if op.status is not None:
        _change_status(one, op, op.status, terms)
    elif op.trial_end is not None and one.trial:
        one.paused_until = op.trial_end
    elif op.trial_end is not None and one.free_until is not None:
        one.free_until = op.trial_end


def _change_status(one: Subscription, op: Op, status: Status, terms: Terms) -> None:
    """Apply a status. A paid subscription that turns `trialing` pauses until the trial ends, and keeps its customer."""
    was_paid = one.trial or one.free_until is not None or _pays(one, op.at, terms)
    if status == "trialing" and one.status != "trialing" and was_paid:
        if one.paused_at is None:
            one.paused_at, one.keeps, one.trial = op.at, True, True
        if one.trial:
            one.paused_until = op.trial_end if op.trial_end is not None else one.paused_until
        else:
            one.free_until = op.trial_end or one.free_until or NEVER
        one.past_due_at = None
        return
    if status != "trialing":
        one.free_until = None
        if one.trial:
            _resume(one, op.at)
    if status != one.status:
        one.past_due_at = op.at if status == "past_due" else None
        one.status = status
