"""Counts and publishes losses, new customers and returns, for every measure of active customers.

Ids derive from the contents of a statement, so that a replay repeats them and no two statements share one.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, cast

from pydantic import BaseModel

from retention.calendar import NEVER, Instant, moment
from retention.errors import IdentityBroken
from retention.identity import derived_id, unpacked
from retention.measures.base import Difference, Values, Vector, Window, add
from retention.spans import Span
from retention.statements import LastWord, Statement
from schemas.base import Reason
from schemas.outbound import CustomerChurned, CustomerReturned, ValueLost


class Edge(NamedTuple):
    """An instant at which a customer became active, or ceased to be."""

    at: Instant
    active: bool


class Loss(NamedTuple):
    """The loss of a customer: the reason, and its value."""

    cause: str
    reason: Reason | None
    value_lost: list[ValueLost]


class Known(NamedTuple):
    """The facts that a measure knows about the edges of one customer.

    `shown_since` returns the instant at which time has revealed one, or 0; `events_at` the stored ids of the events of
    an instant that affect the measure.
    """

    shown_since: Callable[[Edge], Instant]
    events_at: Callable[[Instant], list[bytes]]
    loss_at: Callable[[Instant], Loss]


def book_customers(vector: Vector, window: Window) -> None:
    """Book lost, new and returned customers by the first level, which counts active ones."""
    was, stays = window.before.levels[0], window.steps[-1].levels[0]
    if window.has_first:
        add(vector, "acquired", 1)
    if was and not stays:
        add(vector, "lost", 1)
    if stays and not was:
        add(vector, "new" if window.has_first else "returned", 1)


def check_customers(values: Values) -> None:
    """Raise `IdentityBroken` if lost, new and returned customers do not lead from the start to the end."""
    start, end, lost = values.start("active"), values.end("active"), values.flow("lost")
    if start - lost + values.flow("new") + values.flow("returned") != end:
        raise IdentityBroken(f"customers: {start} - {lost} + {values.flow('new')} + … is not {end}")
    if start < lost:
        raise IdentityBroken(f"customers: {lost} were lost of {start}")


def edges(spans: list[Span], since: Instant, first: Instant) -> set[Edge]:
    """Return the losses and returns after `since`; the first activation ever, at `first`, is neither."""
    found = {Edge(end, active=False) for _, end in spans if since < end < NEVER}
    return found | {Edge(start, active=True) for start, _ in spans if start > max(since, first)}


def shown_since(edge: Edge, brought: list[Instant], edges_at: Callable[[Instant], set[Edge]]) -> Instant:
    """Return the instant at which time has revealed a loss or a return; 0 if an event did."""
    for at in reversed(brought):
        if at <= edge.at and edge not in edges_at(at):
            return at
    return 0


def facts_told(
    difference: Difference, basis: str, before: set[Edge], after: set[Edge], known: Known
) -> Iterator[Statement]:
    """Yield a statement for each new loss and return, and the opposite for one that late evidence revoked."""
    occasion = difference.occasion
    for edge in sorted(before - after):
        opposite = edge._replace(active=not edge.active)
        yield _fact(difference, basis, opposite, known, ("undone", occasion.cause()))
    for edge in sorted(after - before):
        own: tuple[str, ...] = ("late", occasion.event)
        if occasion.at == edge.at or not occasion.event:
            own = ("then", str(known.shown_since(edge)), *sorted(map(unpacked, known.events_at(edge.at))))
        yield _fact(difference, basis, edge, known, own)


def _fact(difference: Difference, basis: str, edge: Edge, known: Known, own: tuple[str, ...]) -> Statement:
    """Return the statement of a loss or a return; `own` sets it apart from others of its instant.

    A return may be read before or after time passes the end of the activity before it: then time reveals it, or its own
    event, both under one id. A late event may revoke it, and it may be published again: because of another late event,
    which the id names; of time, which passes each instant once; or of one more event of its own instant, so that more
    of them are known than before. So no id is used twice.
    """
    kind, undone = "customer.returned" if edge.active else "customer.churned", own[0] == "undone"
    ident = derived_id(kind, difference.customer_id, basis, edge.at, *own)
    said: dict[str, Any] = {"customer_id": difference.customer_id, "basis": basis, "at": moment(edge.at)}
    body: BaseModel
    if edge.active:
        body = CustomerReturned.model_validate({**said, "cause": "late_evidence" if undone else "returned"})
    else:
        loss = known.loss_at(edge.at)
        why = {"cause": "late_evidence" if undone else loss.cause, "reason": loss.reason}
        signals = difference.open_signals(difference.customer, edge.at)
        body = CustomerChurned.model_validate({**said, **why, "value_lost": loss.value_lost, "open_signals": signals})
    return Statement(kind, ident, difference.customer_id, edge.at, difference.occasion.cause(), body)


def _basis(fact: Statement) -> str:
    return cast("CustomerChurned | CustomerReturned", fact.body).basis


def _are_opposites(first: Statement, then: Statement) -> bool:
    return first.type != then.type


def _nothing(_first: Statement, _then: Statement) -> None:
    """Return None: a loss and a return of one instant cancel out."""


_FACT: Final = LastWord(_basis, _are_opposites, _nothing)
FACTS: Final = (("customer.churned", _FACT), ("customer.returned", _FACT))
"""A loss, and a return, which revokes it."""
