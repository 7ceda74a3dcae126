"""How a customer stands on its subscriptions, told from their timeline: what it pays, and since when it is one."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from msgspec.structs import replace

from retention.calendar import NEVER, Instant
from retention.spans import Span, merged
from retention.timeline import Op, Opening, Subscription, Timeline, apply


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
    together = _Together({name: _copy(s) for name, s in timeline.opening.subscriptions.items()}, terms, as_of)
    done, ops = timeline.opening.at, timeline.ops
    yield together.point(done, ())
    at = 0
    while at < len(ops):
        now = ops[at].at
        for lapse in together.lapses(done, min(now, as_of)):
            yield together.point(lapse, ())
        same = at
        while same < len(ops) and ops[same].at == now:
            together.apply(ops[same])
            same += 1
        yield together.point(now, tuple(ops[at:same]))
        done, at = now, same
    for lapse in together.lapses(done, as_of):
        yield together.point(lapse, ())


class _Sum:
    """What the subscriptions in one currency come to."""

    def __init__(self) -> None:
        self.number, self.total, self.active, self.paused = 0, Fraction(), 0, 0

    def add(self, one: Standing, sign: int) -> None:
        """Add what one of them is worth, or take it away again."""
        self.number += sign
        self.active += sign * one.active
        self.paused += sign * one.paused
        if one.total:
            self.total += sign * one.total


class _Together:
    """How subscriptions stand together. Only what changes is added up anew: a customer may have hundreds of them."""

    def __init__(self, subscriptions: dict[str, Subscription], terms: Terms, as_of: Instant) -> None:
        self._subscriptions, self._terms, self._as_of = subscriptions, terms, as_of
        self._ones: dict[str, tuple[str, Standing]] = {}
        self._amounts: dict[str, Fraction] = {}
        self._sums: dict[str, _Sum] = {}
        self._dues: dict[str, Instant] = {}
        self._dearest: str | None = None
        for name in subscriptions:
            self._look(name, -NEVER)

    def apply(self, op: Op) -> None:
        """Let one event change what it concerns."""
        of_all = op.kind == "ended" and op.subscription is None
        concerned = list(self._subscriptions) if of_all else [op.subscription or ""]
        apply(self._subscriptions, op)
        for name in concerned:
            self._look(name, op.at)

    def lapses(self, after: Instant, before: Instant) -> list[Instant]:
        """Give when time alone changes something between two instants."""
        return sorted({due for due in self._dues.values() if after < due < before})

    def point(self, at: Instant, ops: tuple[Op, ...]) -> Point:
        """Give how all of them stand at an instant, which is no earlier than any before it."""
        for name in [name for name, due in self._dues.items() if due <= at]:
            self._look(name, at)
        standings = {
            currency: Standing(one.total, one.active > 0, one.paused > 0)
            for currency, one in self._sums.items()
            if one.number
        }
        plan = self._subscriptions[self._dearest].plan if self._dearest is not None else None
        return Point(at, standings, plan, ops)

    def _look(self, name: str, at: Instant) -> None:
        """Take one of them as it is at an instant."""
        if name in self._ones:
            currency, before = self._ones.pop(name)
            self._sums[currency].add(before, -1)
            self._dues.pop(name, None)
            self._amounts.pop(name)
        subscription = self._subscriptions.get(name)
        if subscription is not None:
            due = lapse_of(subscription, self._terms)
            amount = self._amounts[name] = subscription.amount()
            now = _standing(subscription, amount, lapsed=due <= at and due < self._as_of)
            self._ones[name] = subscription.currency, now
            self._sums.setdefault(subscription.currency, _Sum()).add(now, 1)
            if due < NEVER:
                self._dues[name] = due
        self._find_dearest(name)

    def _find_dearest(self, changed: str) -> None:
        """Find the dearest subscription; of equals, the one with the smallest id."""
        if self._dearest in {None, changed}:
            self._dearest = None
            among = list(self._amounts)
        else:
            among = [changed] if changed in self._amounts else []
        for name in among:
            if self._dearest is None or self._is_dearer(name, self._dearest):
                self._dearest = name

    def _is_dearer(self, name: str, other: str) -> bool:
        one, another = self._amounts[name], self._amounts[other]
        return one > another or (one == another and name < other)


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


def _standing(subscription: Subscription, amount: Fraction, *, lapsed: bool) -> Standing:
    if not amount or subscription.status == "trialing":
        return NOTHING
    if subscription.paused_at is not None:
        return Standing(Fraction(), active=not lapsed, paused=True)
    if lapsed:
        return NOTHING
    return Standing(amount, active=True, paused=False)


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
