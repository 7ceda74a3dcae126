"""Active customers and MRR by subscriptions, with the movements of both views.

`active` counts a customer over all currencies, or in one. `mrr` is in major units of one currency. The measure
publishes movements of MRR, losses and returns.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, cast

from retention.calendar import NEVER, Instant, moment
from retention.errors import IdentityBroken
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.movements import MOVEMENT_KINDS, UP, kind_of
from retention.features.subscriptions.section import SUBSCRIPTIONS, has_timeline, subscribes, timeline_seen
from retention.features.subscriptions.subscription_state import (
    NOTHING,
    Point,
    Standing,
    activity,
    first_activation,
    next_lapse,
    standing_in,
)
from retention.features.subscriptions.subscription_state import history as history_of
from retention.features.subscriptions.timeline import Op, Timeline, terms_of
from retention.identity import derived_id
from retention.measures.base import (
    NOTHING_SHOWN,
    Difference,
    Level,
    Mark,
    Measure,
    Shown,
    Step,
    Track,
    Values,
    Vector,
    Window,
    add,
    changes,
)
from retention.measures.ledger import Entry, ledger
from retention.measures.membership import (
    FACTS,
    Edge,
    Known,
    Loss,
    book_customers,
    check_customers,
    edges,
    facts_told,
    shown_since,
)
from retention.measures.whole import Held, as_wholes, book_apart, book_whole, held_by, holdings
from retention.money import money_text
from retention.policy import Policy
from retention.spans import Span
from retention.state.customer import Customer
from retention.statements import LastWord, Occasion, Statement
from retention.structs import Value
from schemas.outbound import MrrMovement, ValueLost

VIEWS: Final = ("period", "event")
MONEY_FLOWS: Final = (
    "cohort_change",
    "cohort_loss",
    *(f"{view}_{kind}" for view in VIEWS for kind in MOVEMENT_KINDS),
)
"""The flows that are amounts."""
UNPAID: Final = "unpaid"
"""A subscription that began, and is not paid for yet: figures begin with it, and their base is empty."""


class _History(Value, frozen=True):
    """The standings of one customer's subscriptions, and the facts from before the horizon."""

    points: list[Point]
    since: Instant
    """The oldest instant that is known in detail."""
    first: Instant
    """When the customer became active for the first time, as far as that lies before."""
    paid: list[str]
    """The currencies in which it had paid before."""


def shown(customer: Customer, policy: Policy, as_of: Instant) -> Shown:
    """Return the standings of a customer's subscriptions, in each currency and over all."""
    if not subscribes(customer):
        return NOTHING_SHOWN
    timeline = timeline_seen(customer)
    history = history_of(timeline, terms_of(policy), as_of)
    if history.shown is None:
        history.shown = _shown(timeline, history.points, as_whole=policy.currency is not None)
    return cast("Shown", history.shown)


def _shown(timeline: Timeline, history: list[Point], *, as_whole: bool) -> Shown:
    starts = [op for op in timeline.ops if op.kind == "started"] if history else []
    currencies = sorted({c for point in history for c in point.standings} | {op.currency or "" for op in starts})
    held: list[Held] = []
    if as_whole and len({*currencies, *timeline.opening.paid}) > 1:
        held = held_by(history, paid=bool(timeline.opening.paid))
    tracks = [_track(timeline, history, one, starts, held) for one in (None, *currencies)] if currencies else []
    return Shown(tracks, [point.at for point in history if point.timed], _history_of(timeline, history))


def _history_of(timeline: Timeline, history: list[Point]) -> _History:
    opening = timeline.opening
    return _History(history, opening.at, opening.first.get("", NEVER), list(opening.paid))


def _track(timeline: Timeline, history: list[Point], currency: str | None, starts: list[Op], held: list[Held]) -> Track:
    first = first_activation(timeline, activity(history, currency), currency)
    steps = changes([_step(point, currency, held[place] if held else None) for place, point in enumerate(history)])
    paid = -NEVER if currency in timeline.opening.paid else _first_paid(steps)
    # Each start before the first payment is noted, so that no period depends on what is pruned.
    waiting = (op for op in starts if op.at < first and (currency is None or currency == op.currency))
    return Track(currency, steps, first, paid, tuple(Mark(op.at, UNPAID) for op in waiting))


def _step(point: Point, currency: str | None, held: Held | None) -> Step:
    standing = standing_in(point, currency)
    detail = standing.paused if held is None else held._replace(is_paused=standing.paused)
    return Step(point.at, (int(standing.active), standing.total), detail)


def _first_paid(steps: list[Step]) -> Instant:
    return next((step.at for step in steps[1:] if step.levels[1]), NEVER)


def _standing(step: Step) -> Standing:
    paused = step.detail.is_paused if isinstance(step.detail, Held) else bool(step.detail)
    return Standing(cast("Fraction", step.levels[1]), bool(step.levels[0]), paused)


def next_step(customer: Customer, policy: Policy, after: Instant) -> Instant:
    """Return when time alone next changes a subscription: the end of a pause, a grace or a discount."""
    if not subscribes(customer):
        return NEVER
    return next_lapse(timeline_seen(customer), terms_of(policy), after)


def book(vector: Vector, window: Window) -> None:
    """Book lost, new and returned customers, and in one currency the movements of both views."""
    book_customers(vector, window)
    held = holdings(window)
    if window.track.currency is None:
        if held:
            book_whole(vector, held)
    elif held:
        own: Vector = {}
        _book_money(own, window)
        book_apart(vector, own)
    else:
        _book_money(vector, window)


def _book_money(vector: Vector, window: Window) -> None:
    paid_since = window.track.known_since
    before, after = _standing(window.before), _standing(window.steps[-1])
    _move(vector, "period", before, after, paid=paid_since < window.steps[0].at)
    if before.total:
        add(vector, "cohort_change", after.total - before.total)
        add(vector, "cohort_loss", before.total - min(before.total, after.total))
    for step in window.steps:
        then = _standing(step)
        _move(vector, "event", before, then, paid=paid_since < step.at)
        before = then


def _move(vector: Vector, view: str, before: Standing, after: Standing, *, paid: bool) -> None:
    kind = kind_of(before, after, paid_before=paid)
    if kind is not None:
        add(vector, f"{view}_{kind}", abs(after.total - before.total))


def net_moved(flows: Vector, view: str) -> Fraction:
    """Return the sum of the movements of one view, down negative."""
    moves = ((kind, flows.get(f"{view}_{kind}", 0)) for kind in MOVEMENT_KINDS)
    return sum((Fraction(amount if kind in UP else -amount) for kind, amount in moves), Fraction())


def check(values: Values) -> None:
    """Raise `IdentityBroken` if the movements of either view do not lead from the start to the end."""
    start, end = values.start("mrr"), values.end("mrr")
    check_customers(values)
    for view in VIEWS:
        net = net_moved(values.flows, view)
        if start + net != end:
            raise IdentityBroken(f"{view} view: {start} + {net} is not {end}")
    kept = {kind: values.flow(f"period_{kind}") for kind in MOVEMENT_KINDS}
    cohort = start + kept["expansion"] - kept["contraction"] - kept["churn"] - kept["pause"]
    if cohort != start + values.flow("cohort_change"):
        ends = start + values.flow("cohort_change")
        raise IdentityBroken(f"period view: the cohort of the start ends at {cohort}, not {ends}")


# Statements


def statements(difference: Difference, before: Shown, after: Shown) -> Iterator[Statement]:
    """Yield new and changed movements, then losses and returns."""
    was, now = _history(before), _history(after)
    said, said_now = _ledger(was, before), _ledger(now, after)
    yield from _movements_told(difference.customer_id, said, said_now, difference.occasion)
    old, new = _edges(was), _edges(now)
    if old != new:
        yield from facts_told(difference, "subscription", old, new, _known(difference, after.brought, now))


def _history(found: Shown) -> _History | None:
    return cast("_History | None", found.detail)


def _ledger(history: _History | None, found: Shown) -> list[Entry]:
    return ledger(history.points, history.paid, found.splits) if history is not None else []


def _edges(history: _History | None) -> set[Edge]:
    if history is None:
        return set()
    spans = activity(history.points, None)
    return edges(spans, history.since, min(spans[0][0] if spans else NEVER, history.first))


def _known(difference: Difference, brought: list[Instant], history: _History | None) -> Known:
    def edges_at(at: Instant) -> set[Edge]:
        return _edges(_history(shown(difference.customer, difference.policy, at)))

    found = history.points if history is not None else []
    return Known(
        lambda edge: shown_since(edge, brought, edges_at),
        lambda at: [op.event_id for point in found if point.at == at for op in point.ops],
        lambda at: _loss(found, at),
    )


def _loss(history: list[Point], at: Instant) -> Loss:
    point = next((point for point in history if point.at == at), None)
    if point is None:
        return Loss("unknown", None, [])
    return Loss(_cause(point), point.ending.reason if point.ending is not None else None, _mrr_lost(history, at))


def _mrr_lost(history: list[Point], at: Instant) -> list[ValueLost]:
    """Return the last payment before the loss: a customer lost during a pause had the value that it paid before."""
    lost: list[ValueLost] = []
    for currency in sorted({c for point in history for c in point.standings}):
        totals = [point.standings.get(currency, NOTHING).total for point in history if point.at < at]
        paid = next((total for total in reversed(totals) if total), Fraction())
        if paid:
            lost.append(ValueLost(amount=money_text(paid, currency), currency=currency, unit="mrr"))
    return lost


def _cause(point: Point) -> str:
    if point.ending is not None:
        return point.ending.cause
    # Time alone ended it: an unpaid invoice outlasted its grace, or a pause its limit.
    return "involuntary" if not point.ops and not any(s.paused for s in point.standings.values()) else "unknown"


def _movements_told(
    customer_id: str, before: list[Entry], after: list[Entry], occasion: Occasion
) -> Iterator[Statement]:
    old = {(m.at, m.currency): m for m in before}
    new = {(m.at, m.currency): m for m in after}
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was.says() != now.says():
            yield _movement(customer_id, was, now, occasion.cause())


def _movement(customer_id: str, was: Entry | None, now: Entry | None, cause: str) -> Statement:
    movement = now or was
    if movement is None:
        raise ValueError("a movement that neither was nor is")
    body = _movement_body(customer_id, movement)
    if now is None:
        nothing = {"kind": "none", "after": body.before, "delta": money_text(0, movement.currency), "segments": None}
        body = body.model_copy(update=nothing)
    corrects = _movement_body(customer_id, was) if was is not None else None
    return _movement_said(corrects, body, movement.at, cause)


def _movement_said(was: MrrMovement | None, now: MrrMovement, at: Instant, cause: str) -> Statement:
    """Return the statement of a movement; `was` is the former statement about it, if there was one."""
    kind = "movement.made" if was is None else "movement.corrected"
    ident = derived_id(kind, now.customer_id, now.currency, at, cause, now.kind)
    return Statement(kind, ident, now.customer_id, at, cause, now.model_copy(update={"corrects": was}))


def _currency(movement: Statement) -> str:
    return cast("MrrMovement", movement.body).currency


def _always_goes_on(_first: Statement, _then: Statement) -> bool:
    return True


def _joined(first: Statement, then: Statement) -> Statement | None:
    """Return two statements about one movement as one; None if the second revokes the first."""
    was, now = cast("MrrMovement", first.body).corrects, cast("MrrMovement", then.body)
    if _says(was) == _says(now) if was is not None else _is_none(now):
        return None
    return _movement_said(was, now, then.at, then.cause)


def _says(movement: MrrMovement) -> tuple[object, ...]:
    return movement.kind, movement.before, movement.after, movement.segments


def _is_none(movement: MrrMovement) -> bool:
    return movement.kind == "none" and movement.segments is None


_MOVEMENT: Final = LastWord(_currency, _always_goes_on, _joined)


def _movement_body(customer_id: str, movement: Entry) -> MrrMovement:
    ending = movement.point.ending
    return MrrMovement(
        customer_id=customer_id,
        currency=movement.currency,
        at=moment(movement.at),
        kind=movement.kind,
        before=money_text(movement.before, movement.currency),
        after=money_text(movement.after, movement.currency),
        delta=money_text(movement.after - movement.before, movement.currency),
        cause=_cause(movement.point) if movement.kind == "churn" else None,
        reason=ending.reason if ending is not None and movement.kind == "churn" else None,
        plan=movement.point.plan,
        segments=movement.segments,
    )


def active(customer: Customer, policy: Policy, as_of: Instant) -> list[Span]:
    """Return the spans in which subscriptions made the customer active, as of an instant."""
    if not subscribes(customer):
        return []
    return history_of(timeline_seen(customer), terms_of(policy), as_of).activity()


def first_known(customer: Customer) -> Instant:
    """Return when the customer became active for the first time, if that is in the opening balance; else `NEVER`."""
    return timeline_seen(customer).opening.first.get("", NEVER) if has_timeline(customer) else NEVER


def window(policy: Policy) -> int:
    """Return how many days before a period stay open with it: as for orders, so that both are sealed together."""
    return policy.purchase_window_days


SUBSCRIPTION: Final = Measure(
    "subscription",
    reads=frozenset({TIMELINE}),
    levels=(Level("active"), Level("mrr", is_money=True)),
    shown=shown,
    next_step=next_step,
    needs=(SUBSCRIPTIONS,),
    book=book,
    window=window,
    check=check,
    statements=statements,
    last_words=(*FACTS, ("movement.made", _MOVEMENT), ("movement.corrected", _MOVEMENT)),
    active=active,
    first_known=first_known,
    says_segments=True,
    money_flows=MONEY_FLOWS,
    as_wholes=as_wholes,
)
