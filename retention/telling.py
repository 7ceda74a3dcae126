"""From what history shows to what the world is told: the difference between before and after, said once.

Ids derive from what makes a statement itself, so a replay repeats them and no two statements share one.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel

from retention.calendar import DAY, NEVER, Calendar, Instant, local_date, moment
from retention.features.purchases.orders import known
from retention.features.purchases.section import orders_seen
from retention.features.subscriptions.standings import NOTHING, Point
from retention.identity import derived_id, unpacked
from retention.money import money_text
from retention.movements import Movement
from retention.policy import Basis
from retention.signals import name_of
from retention.signals.base import Episode, InWords, Signal, explain
from retention.spans import Span
from retention.state.customer import Customer, Told
from retention.values import Value
from schemas.currencies import DECIMALS
from schemas.encoding import unvalidated
from schemas.outbound import (
    ChurnSignal,
    ClearedCause,
    CustomerChurned,
    CustomerReturned,
    Explanation,
    MrrMovement,
    OpenSignal,
    ValueLost,
)

_ChurnSignal: Final = unvalidated(ChurnSignal)


class Occasion(Value, frozen=True):
    """What makes something be said: an event, or nothing but time, and when that was.

    It is late if something newer of the same customer was known.
    """

    event: str = ""
    at: Instant = NEVER
    late: bool = False

    def sets_apart(self) -> tuple[str, ...]:
        """Return what the id of a signal needs of its occasion: what one event says, another may say again.

        It may have been taken back in between. What time says it says once.
        """
        return (self.event,) if self.event else ()

    def cause(self) -> str:
        """Return the event, or a name of the instant at which time brought it about."""
        return self.event or derived_id("time", self.at)


PASSING: Final = Occasion()
"""Nothing happened but time."""


class Statement(Value, frozen=True):
    """One thing to be said: which type, under which id, about whom, when it became true, and what caused it."""

    type: str
    id: str
    key: str
    at: Instant
    cause: str
    body: BaseModel


def movements_told(
    customer_id: str, before: list[Movement], after: list[Movement], occasion: Occasion
) -> Iterator[Statement]:
    """Say the movements that are new, and correct those that turned out otherwise."""
    old = {(m.at, m.currency): m for m in before}
    new = {(m.at, m.currency): m for m in after}
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was[2:5] != now[2:5]:
            yield _movement(customer_id, was, now, occasion.cause())


def _movement(customer_id: str, was: Movement | None, now: Movement | None, cause: str) -> Statement:
    movement = now or was
    if movement is None:
        raise ValueError("a movement that neither was nor is")
    body = _movement_body(customer_id, movement)
    if now is None:
        body = body.model_copy(update={"kind": "none", "after": body.before, "delta": money_text(0, movement.currency)})
    corrects = _movement_body(customer_id, was) if was is not None else None
    return movement_said(corrects, body, movement.at, cause)


def movement_said(was: MrrMovement | None, now: MrrMovement, at: Instant, cause: str) -> Statement:
    """Return the statement of a movement; `was` is what was said of it before, if that was anything."""
    kind = "movement.made" if was is None else "movement.corrected"
    ident = derived_id(kind, now.customer_id, now.currency, at, cause, now.kind)
    return Statement(kind, ident, now.customer_id, at, cause, now.model_copy(update={"corrects": was}))


def _movement_body(customer_id: str, movement: Movement) -> MrrMovement:
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
    )


def _cause(point: Point) -> str:
    if point.ending is not None:
        return point.ending.cause
    # Nothing happened but time: an unpaid invoice outlasted its grace, or a pause its limit.
    return "involuntary" if not point.ops and not any(s.paused for s in point.standings.values()) else "unknown"


class Edge(NamedTuple):
    """A point in time at which a customer became one, or ceased to be."""

    at: Instant
    active: bool


def edges(spans: list[Span], since: Instant, first: Instant) -> set[Edge]:
    """Return the losses and returns after `since`; the first activation ever, at `first`, is neither."""
    found = {Edge(end, active=False) for _, end in spans if since < end < NEVER}
    return found | {Edge(start, active=True) for start, _ in spans if start > max(since, first)}


def facts_told(
    customer_id: str,
    customer: Customer,
    basis: Basis,
    before: set[Edge],
    after: set[Edge],
    history: list[Point],
    occasion: Occasion,
    shown_since: Callable[[Edge], Instant],
) -> Iterator[Statement]:
    """Yield a statement for each loss and each return that is new, and the opposite for one that late evidence undid.

    `shown_since` returns the instant at which time has brought one to light, or 0.
    """
    for edge in sorted(before - after):
        opposite = edge._replace(active=not edge.active)
        yield _fact(customer_id, customer, basis, opposite, history, occasion, ("undone", occasion.cause()))
    for edge in sorted(after - before):
        own: tuple[str, ...] = ("late", occasion.event)
        if occasion.at == edge.at or not occasion.event:
            own = ("then", str(shown_since(edge)), *_events_at(customer, basis, edge.at, history))
        yield _fact(customer_id, customer, basis, edge, history, occasion, own)


def _events_at(customer: Customer, basis: Basis, at: Instant, history: list[Point]) -> list[str]:
    """Return the ids of the events of an instant that bear on a basis, as far as they are known."""
    if basis == "subscription":
        kept = [op.event_id for point in history if point.at == at for op in point.ops]
    else:
        kept = [event for order in orders_seen(customer).values() for event in order.events_at(at)]
    return sorted(map(unpacked, kept))


def _fact(
    customer_id: str,
    customer: Customer,
    basis: Basis,
    edge: Edge,
    history: list[Point],
    occasion: Occasion,
    own: tuple[str, ...],
) -> Statement:
    """Return the statement of a loss or a return; `own` sets it apart from others of its instant.

    A return may be read before or after time passes the end of what came before it: then time says it, or its own
    event, and both under one id. It may be taken back by a late event, and said again: by another late event, which
    the id names; by time, and each instant that brings something to light passes once; or by one more event of its own
    instant, and then more of them are known than before. So no id comes a second time.
    """
    kind, undone = "customer.returned" if edge.active else "customer.churned", own[0] == "undone"
    ident = derived_id(kind, customer_id, basis, edge.at, *own)
    body: BaseModel
    if edge.active:
        why = "late_evidence" if undone else "returned"
        body = CustomerReturned.model_validate(
            {"customer_id": customer_id, "basis": basis, "at": moment(edge.at), "cause": why}
        )
    else:
        body = _churned(customer_id, customer, basis, edge.at, history, undone=undone)
    return Statement(kind, ident, customer_id, edge.at, occasion.cause(), body)


def _churned(
    customer_id: str, customer: Customer, basis: Basis, at: Instant, history: list[Point], *, undone: bool
) -> CustomerChurned:
    point = next((p for p in history if p.at == at), None)
    by_subscription = basis == "subscription" and point is not None
    ending = point.ending if point is not None and by_subscription else None
    lost = _mrr_lost(history, at) if by_subscription else _spend_lost(customer, at)
    why = _cause(point) if point is not None and by_subscription else "unknown"
    return CustomerChurned.model_validate(
        {
            "customer_id": customer_id,
            "basis": basis,
            "at": moment(at),
            "cause": "late_evidence" if undone else why,
            "reason": ending.reason if ending is not None else None,
            "value_lost": lost,
            "open_signals": [
                OpenSignal(signal=name, episode=unpacked(told.episode), raised_at=moment(told.raised_at))
                for name, told in sorted((name_of(key), told) for key, told in customer.told.items())
            ],
        }
    )


def _mrr_lost(history: list[Point], at: Instant) -> list[ValueLost]:
    """Give what was last paid before the loss: a customer lost while it paused was worth what it paid before."""
    lost: list[ValueLost] = []
    for currency in sorted({c for point in history for c in point.standings}):
        totals = [point.standings.get(currency, NOTHING).total for point in history if point.at < at]
        paid = next((total for total in reversed(totals) if total), Fraction())
        if paid:
            lost.append(ValueLost(amount=money_text(paid, currency), currency=currency, unit="mrr"))
    return lost


def _spend_lost(customer: Customer, at: Instant) -> list[ValueLost]:
    """Return what the orders of a year before a loss came to, net of what was given back of them by then."""
    spend: dict[str, int] = {}
    for order in known(orders_seen(customer)):
        if at - 365 * DAY <= order.at < at:
            spend[order.currency] = spend.get(order.currency, 0) + order.worth(at)
    return [
        ValueLost(
            amount=money_text(Fraction(amount, 10 ** DECIMALS[currency]), currency),
            currency=currency,
            unit="spend_12_months",
        )
        for currency, amount in sorted(spend.items())
        if amount
    ]


def raised(signal: Signal, customer_id: str, ident: str, episode: Episode, occasion: Occasion) -> Statement:
    """Say that an episode has begun; `ident` is its id."""
    return _signal(signal, customer_id, ident, episode, occasion, transition="raised")


def escalated(signal: Signal, customer_id: str, ident: str, episode: Episode, occasion: Occasion) -> Statement:
    """Say that an open episode became more severe."""
    return _signal(signal, customer_id, ident, episode, occasion, transition="escalated")


def _signal(
    signal: Signal,
    customer_id: str,
    ident: str,
    episode: Episode,
    occasion: Occasion,
    *,
    transition: Literal["raised", "escalated"],
) -> Statement:
    stretch = episode.stretch
    body = _ChurnSignal(
        signal=signal.name,
        customer_id=customer_id,
        episode=ident,
        transition=transition,
        severity=episode.severity,
        since=local_date(episode.day),
        raised_at=moment(episode.raised_at),
        observed=stretch.observed,
        baseline=stretch.baseline,
        weight=signal.weight,
        half_life_days=signal.half_life_days,
        evidence=list(map(unpacked, stretch.evidence)),
        data_gaps=list(stretch.data_gaps),
        explanation=explain(signal, stretch),
        recommended_action=signal.recommends.name,
        rule_version=signal.rule_version,
    )
    at = episode.raised_at if transition == "raised" else episode.severe_since
    own = _signal_id(customer_id, signal, ident, transition, episode.severity, episode.raised_at, at, occasion)
    return Statement(f"churn_signal.{transition}", own, customer_id, at, occasion.event or ident, body)


def _signal_id(
    customer_id: str,
    signal: Signal,
    episode: str,
    transition: str,
    severity: str,
    raised_at: Instant,
    at: Instant,
    occasion: Occasion,
) -> str:
    """Derive an id. Instants are part of it: late evidence can raise the same episode anew, and it ends again."""
    facts = (customer_id, signal.name, episode, transition, severity, raised_at, at, signal.rule_version)
    return derived_id(*facts, *occasion.sets_apart())


CLEARED_TEXTS: Final[dict[ClearedCause, Explanation]] = {
    "recovered": InWords(en="Back to normal", es="Ha vuelto a la normalidad", it="Tornato alla normalità"),
    "took_effect": InWords(
        en="The cancellation took effect", es="La cancelación se hizo efectiva", it="La disdetta ha avuto effetto"
    ),
    "churned": InWords(en="The customer has left", es="El cliente se ha ido", it="Il cliente se n'è andato"),
    "late_evidence": InWords(
        en="Events that came late show that it never was",
        es="Eventos llegados tarde muestran que no era así",
        it="Eventi arrivati in ritardo mostrano che non era così",
    ),
    "disabled": InWords(
        en="The signal was switched off",
        es="La señal se desactivó",
        it="Il segnale è stato disattivato",
    ),
}


def cleared(
    signal: Signal, customer_id: str, told: Told, calendar: Calendar, at: Instant, why: ClearedCause, occasion: Occasion
) -> Statement:
    """Say that an open episode is over, and why."""
    episode = unpacked(told.episode)
    body = _ChurnSignal(
        signal=signal.name,
        customer_id=customer_id,
        episode=episode,
        transition="cleared",
        severity=told.severity,
        since=local_date(calendar.day(told.since)),
        raised_at=moment(told.raised_at),
        cleared_at=moment(at),
        cause=why,
        observed={},
        baseline={},
        weight=signal.weight,
        half_life_days=signal.half_life_days,
        evidence=list(map(unpacked, told.evidence)),
        data_gaps=[],
        explanation=CLEARED_TEXTS[why],
        recommended_action="none",
        rule_version=signal.rule_version,
    )
    ends_it = occasion.late or why == "late_evidence" or occasion.at == at
    taking_back = occasion if ends_it else PASSING  # others only find that it is over
    ident = _signal_id(customer_id, signal, episode, "cleared", told.severity, told.raised_at, at, taking_back)
    return Statement("churn_signal.cleared", ident, customer_id, at, occasion.event or episode, body)
