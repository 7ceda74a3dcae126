"""The opening balance: the result of the subscription events before the horizon, and late ones of that age.

Rule: the old events of one subscription count all or not at all.

    s1  start ── change ───── |cut     in time: the balance stores the state of s1, and none of its events
    s1             end (late) |        counts: of a known subscription only the end is new
    s1    change (late)       |        does not count: s1 is settled
    s2  start, change (late)  |        s2 is unknown: its events are stored, and count together in order of time

Reason: stored events of that age would grow without bound, and a result must not depend on the order of arrival. The
ends of subscriptions are remembered, so that a history which is delivered once more revives none.
"""

from collections.abc import Collection
from typing import Final

from retention.calendar import NEVER, Instant
from retention.errors import Rejected
from retention.features.subscriptions.subscription_state import Point, activity, points
from retention.features.subscriptions.timeline import (
    MAX_OPS,
    Op,
    Opening,
    Subscription,
    Terms,
    Timeline,
    is_end,
    order_of,
)
from retention.features.subscriptions.walk import moments
from retention.identity import KeptId, digest
from retention.ordering import together

MAX_ENDED: Final = 100
"""Most subscriptions of a customer whose end before the horizon is remembered."""
MAX_LATE: Final = 100
"""Most old events of a customer that are stored: more do not count."""
_ALL: Final = ""
"""Stands for all subscriptions that a customer had ended."""


def fold(timeline: Timeline, terms: Terms, cut: Instant) -> None:
    """Turn the events before `cut` into the opening balance, including what time has changed by then."""
    before = [op for op in timeline.ops if op.at < cut]
    if not before:
        return
    opening, past = timeline.opening, Timeline(timeline.opening, before)
    known = {*opening.subscriptions, *(op.subscription for op in before if op.kind == "started")}
    _remember_payments(opening, points(past, terms, cut))
    opening.subscriptions, ended = _followed(past, terms, cut)
    _remember_ends(opening, ended)
    opening.late = _still_waiting(opening, before, known)
    opening.at = cut - 1
    timeline.ops = timeline.ops[len(before) :]
    timeline.changed()


def _still_waiting(opening: Opening, folded: list[Op], known: Collection[str | None]) -> list[Op]:
    """Return the old events to keep, now that some are folded: those of subscriptions without a start yet."""
    concerned = {op.subscription for op in folded} & {None, *known}
    kept = [op for op in opening.late if None not in concerned and op.subscription not in concerned]
    waiting = [op for op in folded if op.subscription not in {None, *known} and not is_end(op)]
    since = [op for op in waiting if op.at > _ended_at(opening, op.subscription or _ALL)]
    return sorted([*kept, *since[-(MAX_LATE // 2) :]], key=order_of)[-MAX_LATE:]


def _followed(past: Timeline, terms: Terms, cut: Instant) -> tuple[dict[str, Subscription], dict[str, Instant]]:
    """Return the subscriptions as they are at `cut`, and when others ended."""
    left, ended = past.opening.subscriptions, dict[str, Instant]()
    standing = set(left)
    for moment in moments(past, terms, cut):
        left = moment.subscriptions
        ends = {op.subscription or _ALL for op in moment.ops if is_end(op)}
        gone = {name for name in moment.changed if name in standing and name not in left}
        ended |= dict.fromkeys(ends | gone, moment.at)
        standing = set(left)
    return left, ended


def _remember_ends(opening: Opening, ended: dict[str, Instant]) -> None:
    known = opening.ended
    for name, at in ended.items():
        known[digest(name)] = max(at, known.get(digest(name), -NEVER))
    opening.ended = dict(sorted(known.items(), key=lambda one: (one[1], one[0]))[-MAX_ENDED:])


def _remember_payments(opening: Opening, past: list[Point]) -> None:
    """Store first activations, and the currencies that were paid in."""
    for currency in (None, *sorted({c for point in past for c in point.standings})):
        spans = activity(past, currency)
        if spans:
            key = currency or ""
            opening.first[key] = min(opening.first.get(key, NEVER), spans[0][0])
    paid = {c for point in past for c, standing in point.standings.items() if standing.total}
    opening.paid = sorted({*opening.paid, *paid})


def take_older(opening: Opening, op: Op, terms: Terms) -> None:
    """Apply an event from before the opening balance to it; raise `Rejected` if nothing depends on it."""
    if is_end(op):
        _take_end(opening, op)
    elif op.subscription is None or _is_settled(opening, op.subscription):
        raise _too_late()
    elif op.at < _ended_at(opening, op.subscription):
        _take_what_is_over(opening, op, terms)
    elif len(opening.late) >= MAX_LATE:
        raise Rejected("too_many", f"more than {MAX_LATE} events of one customer from before the horizon")
    else:
        opening.late = sorted([*opening.late, op], key=order_of)
        opening.subscriptions.pop(op.subscription, None)
        _open_with(opening, [one for one in opening.late if one.subscription == op.subscription], terms)


def _too_late() -> Rejected:
    return Rejected("too_late", "older than the horizon, and nothing unsealed depends on it")


def _is_settled(opening: Opening, name: str) -> bool:
    """Report whether a subscription exists whose events arrived in time, and are no longer stored."""
    return name in opening.subscriptions and not any(op.subscription == name for op in opening.late)


def _ended_at(opening: Opening, name: str) -> Instant:
    """Return the instant up to which a subscription is over, as far as that is remembered."""
    return max(opening.ended.get(digest(name), -NEVER), opening.ended.get(digest(_ALL), -NEVER))


def _take_end(opening: Opening, op: Op) -> None:
    """Apply an end to what had begun by then; remember the end of an unknown subscription."""
    name = op.subscription
    over = [n for n, one in opening.subscriptions.items() if name in {None, n} and one.since <= op.at]
    if not over and (op.at <= _ended_at(opening, name or _ALL) or _has_no_start(opening, name)):
        raise _too_late()
    for one in over:
        del opening.subscriptions[one]
    opening.late = [one for one in opening.late if one.at > op.at or (name is not None and one.subscription != name)]
    _remember_ends(opening, dict.fromkeys([name or _ALL, *over], op.at))


def _has_no_start(opening: Opening, name: str | None) -> bool:
    """Report whether a subscription exists whose start an older version did not store."""
    return name in opening.subscriptions and opening.subscriptions[name].since == NEVER


def _take_what_is_over(opening: Opening, op: Op, terms: Terms) -> None:
    """Apply a start whose end is known as history: a later start may be a return because of it."""
    probe = Opening(at=opening.at, paid=opening.paid, first=dict(opening.first))
    if op.kind == "started":
        _open_with(probe, [op], terms)
    if (probe.paid, probe.first) == (opening.paid, opening.first):
        raise _too_late()
    opening.paid, opening.first = probe.paid, probe.first


def _open_with(opening: Opening, ops: list[Op], terms: Terms) -> None:
    """Apply events of an unknown subscription to the opening balance."""
    alone, cut = Timeline(Opening(ended=opening.ended), ops), opening.at + 1
    _remember_payments(opening, points(alone, terms, cut))
    left, _ = _followed(alone, terms, cut)
    opening.subscriptions = opening.subscriptions | left


def join(timeline: Timeline, other: Timeline, terms: Terms) -> int:
    """Add the subscription events of another customer, from the later of the two openings on.

    If there are more than one customer may have, the oldest become part of the opening balance. Return how many
    subscriptions are too many for that, too: those that began first are dropped.
    """
    cut = max(timeline.opening.at, other.opening.at) + 1
    for one in (timeline, other):
        if one.opening.at < cut - 1:
            fold(one, terms, cut)
            one.opening.at = cut - 1
    _join_openings(timeline.opening, other.opening)
    timeline.ops = together(timeline.ops, other.ops, _of_one_event, order_of)
    while timeline.ops and _surplus(timeline) > 0:
        fold(timeline, terms, timeline.ops[min(_surplus(timeline), len(timeline.ops)) - 1].at + 1)
    dropped = _drop(timeline.opening.subscriptions, max(0, _surplus(timeline)))
    timeline.changed()
    return dropped


def _surplus(timeline: Timeline) -> int:
    """Return by how much a timeline exceeds what `has_room` allows."""
    return len(timeline.ops) + len(timeline.opening.subscriptions) + len(timeline.opening.late) - MAX_OPS


def _drop(subscriptions: dict[str, Subscription], surplus: int) -> int:
    for name in sorted(subscriptions, key=lambda name: (subscriptions[name].since, name))[:surplus]:
        del subscriptions[name]
    return surplus


def _join_openings(opening: Opening, other: Opening) -> None:
    for name, one in other.subscriptions.items():
        known = opening.subscriptions.get(name)
        if known is None or known.since < one.since:
            opening.subscriptions[name] = one
    opening.paid = sorted({*opening.paid, *other.paid})
    for currency, at in other.first.items():
        opening.first[currency] = min(at, opening.first.get(currency, NEVER))
    ended = dict(opening.ended)
    for key, at in other.ended.items():
        ended[key] = max(at, ended.get(key, -NEVER))
    opening.ended = dict(sorted(ended.items(), key=lambda one: (one[1], one[0]))[-MAX_ENDED:])
    opening.late = together(opening.late, other.late, _of_one_event, order_of)[-MAX_LATE:]


def _of_one_event(op: Op) -> tuple[KeptId, str, str | None]:
    return op.event_id, op.kind, op.subscription
