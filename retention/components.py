"""What of a figure can be added: a customer's part in each period.

A customer has a part only in the periods in which something changed. Levels (who is active at the start, MRR at the
start) are running sums over the periods before, so a customer that just stays costs nothing when a month turns.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from typing import Final, NamedTuple

from retention.calendar import NEVER, Instant
from retention.features.purchases.orders import activity as orders_activity
from retention.features.purchases.section import orders_seen
from retention.features.subscriptions.section import subscribes, timeline_seen
from retention.features.subscriptions.standings import (
    NOTHING,
    Point,
    Standing,
    activity,
    first_activation,
    points,
    standing_in,
)
from retention.features.subscriptions.timeline import Op, terms_of
from retention.movements import MOVEMENT_KINDS, UP, kind_of
from retention.policy import Basis, Policy
from retention.spans import Span, active_at, until
from retention.state.customer import Customer

Number = int | Fraction
Vector = dict[str, Number]
"""Numbers by field; what is not in it is zero, and most customers change little in most periods.

`lost`, `new`, `returned` and `acquired` count customers; `unpaid` those who subscribed and had not paid by then.
`period_…` and `event_…` are the movements of both views, by kind. `cohort_change` is what the members of the start
changed by, `cohort_loss` what those that shrank lost. `shift` and `mrr_shift` move a level that changes its segment at
the start of a period.
"""
NO_PARTS: Final[Vector] = {}
"""Of a period in which there is nothing: the same one everywhere, and never written to."""


class Series(NamedTuple):
    """What a row of figures is about. `currency` is None for all of them together."""

    basis: Basis
    currency: str | None
    kind: str
    by: str
    value: str


Key = tuple[Series, int]
"""A series and the place of a period in the row of its kind."""

Parts = dict[Key, Vector]

ORDERED: Final = Standing(Fraction(), active=True, paused=False)
"""Of whom orders make a customer: one object, so that comparing it compares no fractions."""


class Step(NamedTuple):
    """How a customer stands from an instant on."""

    at: Instant
    standing: Standing
    plan: str | None


def parts(customer: Customer, policy: Policy, as_of: Instant) -> Parts:
    """Give a customer's part in every period: a pure function of its state and of how far time is settled."""
    history = points(timeline_seen(customer), terms_of(policy), as_of) if subscribes(customer) else []
    spans = until(orders_activity(orders_seen(customer), policy.calendar, policy.purchase_window_days), as_of)
    return parts_of(customer, policy, history, spans)


def parts_of(customer: Customer, policy: Policy, history: list[Point], spans: list[Span]) -> Parts:
    """Give the same from what is derived already: how the subscriptions stood, and when orders made it a customer."""
    found: Parts = {}
    timeline = timeline_seen(customer)
    starts = [op for op in timeline.ops if op.kind == "started"] if history else []
    currencies = sorted({c for point in history for c in point.standings} | {op.currency or "" for op in starts})
    for currency in (None, *currencies) if currencies else ():
        first = first_activation(timeline, activity(history, currency), currency)
        steps = _changes(Step(point.at, standing_in(point, currency), point.plan) for point in history)
        _book(found, "subscription", currency, steps, first, timeline.opening.paid, policy)
        _note_unpaid(found, currency, [op for op in starts if op.at < first], policy)
    if orders_seen(customer):
        _book(found, "purchase", None, _changes(_order_steps(spans, history)), customer.first_order, [], policy)
    return {key: vector for key, vector in found.items() if vector}


def _note_unpaid(found: Parts, currency: str | None, starts: list[Op], policy: Policy) -> None:
    """Let figures begin with the first subscription, also one that nobody has paid for yet: their base is empty.

    Each start before the first payment is noted, so that no period depends on what goes behind the horizon.
    """
    for op in starts:
        if currency is None or currency == op.currency:
            for kind in policy.periods:
                index = policy.calendar.period_index(kind, op.at)
                for by in segments(policy):
                    key = Series("subscription", currency, kind, by, _segment(by, op.plan, policy)), index
                    if not found.get(key):
                        found[key] = {"unpaid": 1}


def _changes(steps: Iterable[Step]) -> list[Step]:
    """Keep the steps that change anything: renewals and requests do not, and they are the most."""
    kept: list[Step] = []
    for step in steps:
        if not kept or kept[-1][1:] != step[1:]:
            kept.append(step)
    return kept


def _order_steps(spans: list[tuple[Instant, Instant]], history: list[Point]) -> Iterator[Step]:
    edges = {edge for span in spans for edge in span if edge != NEVER}
    plans = [(point.at, point.plan) for point in history]
    yield Step(-NEVER, NOTHING, None)
    for at in sorted(edges | {at for at, _ in plans if at > -NEVER}):
        plan = next((plan for since, plan in reversed(plans) if since <= at), None)
        yield Step(at, ORDERED if active_at(spans, at + 1) else NOTHING, plan)


def segments(policy: Policy) -> tuple[str, ...]:
    """Give the attributes that figures are split by."""
    return ("all", "plan") if policy.plans else ("all",)


def _segment(by: str, plan: str | None, policy: Policy) -> str:
    if by == "all":
        return "all"
    return plan if plan in policy.plans and plan is not None else "other"


def _book(
    found: Parts,
    basis: Basis,
    currency: str | None,
    steps: list[Step],
    first: Instant,
    paid: list[str],
    policy: Policy,
) -> None:
    for kind in policy.periods:
        for by in segments(policy):
            _Booking(found, basis, currency, kind, by, policy).book(steps, first, paid=currency in paid)


class _Booking:
    """Books the steps of one customer into the periods of one kind, split by one attribute."""

    def __init__(self, found: Parts, basis: Basis, currency: str | None, kind: str, by: str, policy: Policy) -> None:
        self.found, self.policy = found, policy
        self.basis, self.currency, self.kind, self.by = basis, currency, kind, by

    def vector(self, index: int, value: str) -> Vector:
        key = Series(self.basis, self.currency, self.kind, self.by, value), index
        return self.found.setdefault(key, {})

    def index(self, step: Step) -> int:
        return self.policy.calendar.period_index(self.kind, step.at)

    def segment(self, step: Step) -> str:
        return _segment(self.by, step.plan, self.policy)

    def book(self, steps: list[Step], first: Instant, *, paid: bool) -> None:
        before = steps[0]
        if _held(before.standing):
            self.shift(self.index(before), before, None, self.segment(before))
        for index, changes in groupby(steps[1:], self.index):
            group = list(changes)
            paid = self.period(index, before, group, first, paid=paid)
            before = group[-1]

    def shift(self, index: int, step: Step, source: str | None, target: str) -> None:
        """Move the level of a customer to another segment at the start of a period."""
        for value, sign in ((source, -1), (target, 1)):
            if value is not None:
                vector = self.vector(index, value)
                add(vector, "shift", sign * step.standing.active)
                add(vector, "mrr_shift", sign * step.standing.total)

    def period(self, index: int, start: Step, group: list[Step], first: Instant, *, paid: bool) -> bool:
        """Book what happened to one customer in one period; give whether it has paid by its end."""
        end = group[-1]
        # A customer counts under its segment at the start, or at its first activation inside (metrics.md, rule 9).
        held = _held(start.standing)
        where = start if held else next((step for step in group if _held(step.standing)), end)
        value = self.segment(where)
        vector = self.vector(index, value)
        self.counts(vector, start, end, index, first)
        if self.currency is not None:
            paid = _money(vector, start, group, paid=paid)
        if _held(end.standing) and self.segment(end) != value:
            self.shift(index + 1, end, value, self.segment(end))
        return paid

    def counts(self, vector: Vector, start: Step, end: Step, index: int, first: Instant) -> None:
        inside = first != NEVER and self.policy.calendar.period_index(self.kind, first) == index
        was, stays = start.standing.active, end.standing.active
        if inside:
            add(vector, "acquired", 1)
        if was and not stays:
            add(vector, "lost", 1)
        if stays and not was:
            add(vector, "new" if inside else "returned", 1)


def add(vector: Vector, field: str, number: Number) -> None:
    """Add to one field; a field that comes to zero is no longer there."""
    total = vector.get(field, 0) + number
    if total:
        vector[field] = total
    else:
        vector.pop(field, None)


def _held(standing: Standing) -> bool:
    return standing.active or bool(standing.total)


def _money(vector: Vector, start: Step, group: list[Step], *, paid: bool) -> bool:
    before, after = start.standing, group[-1].standing
    _move(vector, "period", before, after, paid=paid)
    if before.total:
        add(vector, "cohort_change", after.total - before.total)
        add(vector, "cohort_loss", before.total - min(before.total, after.total))
    for step in group:
        _move(vector, "event", before, step.standing, paid=paid)
        before = step.standing
        paid = paid or bool(before.total)
    return paid


def _move(vector: Vector, view: str, before: Standing, after: Standing, *, paid: bool) -> None:
    kind = kind_of(before, after, paid_before=paid)
    if kind is not None:
        add(vector, f"{view}_{kind}", abs(after.total - before.total))


def summed(vectors: Iterable[Vector]) -> Vector:
    """Give the sum of vectors."""
    total: Vector = {}
    for vector in vectors:
        for field, number in vector.items():
            add(total, field, number)
    return total


def net(vector: Vector) -> tuple[int, Fraction]:
    """Give by how much the parts of a period change the levels: active customers, and MRR."""
    active = vector.get("shift", 0) + vector.get("new", 0) + vector.get("returned", 0) - vector.get("lost", 0)
    return int(active), Fraction(vector.get("mrr_shift", 0)) + view_net(vector, "period")


def view_net(vector: Vector, view: str) -> Fraction:
    """Give the sum of the movements of one view, down negative."""
    moves = ((kind, vector.get(f"{view}_{kind}", 0)) for kind in MOVEMENT_KINDS)
    return sum((Fraction(amount if kind in UP else -amount) for kind, amount in moves), Fraction())


def horizon_start(policy: Policy, watermark: Instant) -> Instant:
    """Give the instant up to which history is folded into opening balances."""
    return policy.calendar.months_before(watermark, policy.horizon_months)
