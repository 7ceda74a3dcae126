"""Derives a customer's standing from the timeline of its subscriptions: what it pays, and since when it is active."""

from fractions import Fraction
from typing import Final

from retention.calendar import NEVER, Instant
from retention.features.subscriptions.timeline import Ending, Moment, Op, Subscription, Terms, Timeline, moments
from retention.spans import Span, merged
from retention.structs import Value


class Standing(Value, frozen=True):
    """A customer's standing in one currency: MRR, and whether that makes it active."""

    total: Fraction
    active: bool
    paused: bool


class Point(Value, frozen=True):
    """A customer's standing after every event of one instant.

    `ops` are the events of that instant; empty if time alone made the change. `ending` is why a subscription ended
    then. `timed` is whether time changed something, alone or beside events.
    """

    at: Instant
    standings: dict[str, Standing]
    plan: str | None
    ops: tuple[Op, ...]
    ending: Ending | None = None
    timed: bool = False


NOTHING: Final = Standing(Fraction(), active=False, paused=False)


def points(timeline: Timeline, terms: Terms, as_of: Instant = NEVER) -> list[Point]:
    """Return a customer's standing after each change; changes by time count once `as_of` has passed them."""
    together = _Together(as_of)
    return [together.point(moment) for moment in moments(timeline, terms, as_of)]


class _Sum:
    """The sum of the subscriptions in one currency."""

    def __init__(self) -> None:
        self.number, self.total, self.active, self.paused = 0, Fraction(), 0, 0

    def add(self, one: Standing, sign: int) -> None:
        """Add the value of one of them, or subtract it."""
        self.number += sign
        self.active += sign * one.active
        self.paused += sign * one.paused
        if one.total:
            self.total = self.total + one.total if sign > 0 else self.total - one.total


class _Together:
    """The sum of all subscriptions. Only changes are added up again: a customer may have hundreds of them."""

    def __init__(self, as_of: Instant) -> None:
        self._as_of = as_of
        self._plans: dict[str, str | None] = {}
        self._ones: dict[str, tuple[str, Standing]] = {}
        self._amounts: dict[str, Fraction] = {}
        self._sums: dict[str, _Sum] = {}
        self._dearest: str | None = None

    def point(self, moment: Moment) -> Point:
        """Return the standing after a moment, which is no earlier than any before it."""
        for name in moment.changed:
            lapsed = moment.lapsed.get(name, NEVER)
            counts = lapsed > moment.at or lapsed >= self._as_of
            self._look(name, moment.subscriptions.get(name), lapsed=not counts)
        standings = {
            currency: Standing(one.total, one.active > 0, one.paused > 0)
            for currency, one in self._sums.items()
            if one.number
        }
        plan = self._plans[self._dearest] if self._dearest is not None else None
        return Point(moment.at, standings, plan, moment.ops, moment.ending, moment.timed)

    def _look(self, name: str, one: Subscription | None, *, lapsed: bool) -> None:
        """Apply the present state of one subscription."""
        if name in self._ones:
            currency, before = self._ones.pop(name)
            self._sums[currency].add(before, -1)
            self._amounts.pop(name)
        if one is not None:
            amount = self._amounts[name] = one.amount()
            now = _standing(one, amount, lapsed=lapsed)
            self._ones[name], self._plans[name] = (one.currency, now), one.plan
            self._sums.setdefault(one.currency, _Sum()).add(now, 1)
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


def _standing(subscription: Subscription, amount: Fraction, *, lapsed: bool) -> Standing:
    if not amount or subscription.status == "trialing":
        return NOTHING
    if subscription.paused_at is not None:
        if not subscription.keeps:
            return NOTHING
        return Standing(Fraction(), active=not lapsed, paused=True)
    if lapsed:
        return NOTHING
    return Standing(amount, active=True, paused=False)


def standing_in(point: Point, currency: str | None) -> Standing:
    """Return a customer's standing in one currency; over all of them, only whether it is active."""
    if currency is not None:
        return point.standings.get(currency, NOTHING)
    values = point.standings.values()
    return Standing(Fraction(), any(s.active for s in values), any(s.paused for s in values))


def activity(history: list[Point], currency: str | None) -> list[Span]:
    """Return the spans in which a customer was active, in one currency or (None) in any."""
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
    """Return every instant at which time alone changes a customer's standing, past and to come, ascending."""
    return [moment.at for moment in moments(timeline, terms) if moment.timed]


def first_activation(timeline: Timeline, spans: list[Span], currency: str | None) -> Instant:
    """Return when a customer became active for the first time ever; `NEVER` if it has not yet."""
    seen = spans[0][0] if spans else NEVER
    return min(seen, timeline.opening.first.get(currency or "", NEVER))
