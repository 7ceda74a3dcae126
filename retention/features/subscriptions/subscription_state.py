"""Derives a customer's standing from the timeline of its subscriptions: what it pays, and since when it is active.

    s-1          50 ────────────────────── paused ──────────────────── over its limit
    s-2                       30 ────────────────────────── ended
    standing     50           80           30               0, active  not active

Rule: the standing in a currency is the sum of its subscriptions, and a customer is active as long as any of them makes
it so. There is a point for each instant at which an event or time changes something, the last ones by time only as far
as they lie before the instant that is asked about. The plan is that of the dearest subscription.

Reason: measures, signals and cards ask for the same history again with each event and each timer. It is derived once,
and holds until the timeline changes, or time comes to an instant from which on it shows something else (`Reach`).
"""

from bisect import bisect_left
from fractions import Fraction
from typing import Final

from retention.calendar import NEVER, Instant
from retention.features.subscriptions.timeline import Op, Subscription, Terms, Timeline
from retention.features.subscriptions.walk import Ending, Moment, Reach, moments
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
    then. `timed` is whether time changed something, alone or beside events; `tries` whether a subscription is on trial.
    """

    at: Instant
    standings: dict[str, Standing]
    plan: str | None
    ops: tuple[Op, ...]
    ending: Ending | None = None
    timed: bool = False
    tries: bool = False


NOTHING: Final = Standing(Fraction(), active=False, paused=False)


class History:
    """A customer's standing after each change, as of an instant, and as of which others it is the same."""

    def __init__(self, timeline: Timeline, terms: Terms, as_of: Instant) -> None:
        reach = Reach()
        together = _Together(as_of, reach)
        self.points = [together.point(moment) for moment in moments(timeline, terms, as_of, reach)]
        self._after, self._until = reach.after, reach.until
        self._activity: list[Span] | None = None
        self.shown: object = None
        """The result of a measure, which it stores here."""

    def is_of(self, as_of: Instant) -> bool:
        """Report whether it is the same as of an instant."""
        return self._after < as_of <= self._until

    def activity(self) -> list[Span]:
        """Return the spans in which the customer was active."""
        if self._activity is None:
            self._activity = activity(self.points, None)
        return self._activity


class _Derived:
    """Holds the results that were last derived from a timeline.

    Each timer of a customer, and each of its events, asks for the same again: without this there are four times as
    many walks through timelines (18,580 instead of 4,170 in the first 100,000 events of a simulated company).

    It does not refer to its timeline, which refers to it: a circle would be garbage whenever a customer is put away.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._history: History | None = None
        self._lapses: list[Instant] | None = None

    def is_by(self, terms: Terms) -> bool:
        """Report whether it was derived with these terms."""
        own = self._terms
        same = own.pause_limit == terms.pause_limit and own.grace == terms.grace
        return same and own.calendar is terms.calendar

    def history(self, timeline: Timeline, as_of: Instant) -> History:
        found = self._history
        if found is None or not found.is_of(as_of):
            found = self._history = History(timeline, self._terms, as_of)
        return found

    def lapses(self, timeline: Timeline) -> list[Instant]:
        if self._lapses is None:
            self._lapses = [moment.at for moment in moments(timeline, self._terms) if moment.timed]
        return self._lapses


def _derived(timeline: Timeline, terms: Terms) -> _Derived:
    found = timeline.derived
    if not isinstance(found, _Derived) or not found.is_by(terms):
        found = timeline.derived = _Derived(terms)
    return found


def history(timeline: Timeline, terms: Terms, as_of: Instant = NEVER) -> History:
    """Return a customer's standing after each change; changes by time count once `as_of` has passed them."""
    return _derived(timeline, terms).history(timeline, as_of)


def points(timeline: Timeline, terms: Terms, as_of: Instant = NEVER) -> list[Point]:
    """Return the points of the history, to read only."""
    return _derived(timeline, terms).history(timeline, as_of).points


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

    def __init__(self, as_of: Instant, reach: Reach) -> None:
        self._as_of, self._reach = as_of, reach
        self._tried: set[str] = set()
        self._plans: dict[str, str | None] = {}
        self._ones: dict[str, tuple[str, Standing]] = {}
        self._amounts: dict[str, Fraction] = {}
        self._sums: dict[str, _Sum] = {}
        self._dearest: str | None = None

    def point(self, moment: Moment) -> Point:
        """Return the standing after a moment, which is no earlier than any before it."""
        for name in moment.changed:
            lapsed = moment.lapsed.get(name, NEVER)
            over = lapsed <= moment.at and self._reach.met(lapsed, self._as_of)
            self._look(name, moment.subscriptions.get(name), lapsed=over)
        standings = {
            currency: Standing(one.total, one.active > 0, one.paused > 0)
            for currency, one in self._sums.items()
            if one.number
        }
        plan = self._plans[self._dearest] if self._dearest is not None else None
        return Point(moment.at, standings, plan, moment.ops, moment.ending, moment.timed, bool(self._tried))

    def _look(self, name: str, one: Subscription | None, *, lapsed: bool) -> None:
        """Apply the present state of one subscription."""
        if name in self._ones:
            currency, before = self._ones.pop(name)
            self._sums[currency].add(before, -1)
            self._amounts.pop(name)
            self._tried.discard(name)
        if one is not None:
            if one.status == "trialing":
                self._tried.add(name)
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


def next_lapse(timeline: Timeline, terms: Terms, after: Instant) -> Instant:
    """Return the first instant, at or after one, at which time alone changes a customer's standing; else `NEVER`."""
    lapses = _derived(timeline, terms).lapses(timeline)
    place = bisect_left(lapses, after)
    return lapses[place] if place < len(lapses) else NEVER


def first_activation(timeline: Timeline, spans: list[Span], currency: str | None) -> Instant:
    """Return when a customer became active for the first time ever; `NEVER` if it has not yet."""
    seen = spans[0][0] if spans else NEVER
    return min(seen, timeline.opening.first.get(currency or "", NEVER))
