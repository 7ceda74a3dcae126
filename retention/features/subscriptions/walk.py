"""Walks through a timeline: each instant at which an event, or time alone, changes subscriptions, in order of time.

Rule: events of one instant are applied in the order of their ids (metrics.md, rule 2), but what ends a subscription
that stood before that instant comes first, and a start comes before what refers to it. What time changes at that
instant comes after them, once the walk is as of a later one.

    as of 11 Mar      10 Jan started ──► 10 Mar requested, and the discount ends by time ──►
    as of 10 Mar      10 Jan started ──► 10 Mar requested ──►        `reach`: the same up to 10 Mar

Reason: a discount, a pause and a request to cancel end without any event. `Reach` says up to which instant the walk
would be the same, so that it need not be done again before that.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from retention.calendar import NEVER, Instant
from retention.features.subscriptions.changes import Told, apply, effect_of, lapse_of, next_change, resume
from retention.features.subscriptions.pricing import discounts_at, next_discount_end
from retention.features.subscriptions.timeline import Op, Subscription, Terms, Timeline, is_end
from retention.structs import Value
from schemas.base import Cause, Reason


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


def moments(timeline: Timeline, terms: Terms, as_of: Instant = NEVER, reach: Reach | None = None) -> Iterator[Moment]:
    """Walk through a timeline, from the opening balance on; changes by time count once `as_of` has passed them.

    `reach` then contains as of which other instants the walk is the same.
    """
    subscriptions = {name: replace(one) for name, one in timeline.opening.subscriptions.items()}
    reach, told = reach or Reach(), Told(timeline)
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
        changed, ending = _apply_all(subscriptions, together, terms, told)
        for name in changed:
            clock.arm(name, now, now - 1)
        due_now = [name for name, at in clock.dues.items() if at == now]
        timed = bool(due_now) and reach.met(now, as_of)
        if timed:  # the events of an instant come before its changes by time
            ending = _elapse(clock, due_now, subscriptions, now) or ending
            changed = list(dict.fromkeys(changed + due_now))
        yield Moment(now, together, timed, changed, subscriptions, clock.lapsed, ending)
        place = same


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
                resume(one, at)
            if one.pricing is not None and next_discount_end(one.pricing) <= at:
                one.mrr, one.pricing = discounts_at(one.pricing, at, one.mrr)
        clock.arm(name, at, at)
    return ending


def in_order(ops: Sequence[Op], standing: dict[str, Subscription]) -> Sequence[Op]:
    """Return the events of one instant in their order: first those that end a subscription which existed before it."""
    if len(ops) == 1:
        return ops
    first = [op for op in ops if is_end(op) and (standing if op.subscription is None else op.subscription in standing)]
    return [*first, *(op for op in ops if op not in first)] if first else ops


def _apply_all(
    subscriptions: dict[str, Subscription], ops: Sequence[Op], terms: Terms, told: Told
) -> tuple[list[str], Ending | None]:
    """Apply the events of one instant; return the names of the subscriptions concerned, and why one ended."""
    changed: list[str] = []
    ending: Ending | None = None
    for op in in_order(ops, subscriptions):
        names = list(subscriptions) if op.subscription is None else [op.subscription]
        if ending is None and is_end(op):
            ending = Ending(_cause_of(op), op.reason)
        apply(subscriptions, op, terms, told)
        changed += names
    return (changed if len(ops) == 1 else list(dict.fromkeys(changed))), ending


def _cause_of(op: Op) -> Cause:
    if op.kind == "requested":
        return "voluntary"
    return "unknown" if op.cause is None or op.cause == "other" else op.cause
