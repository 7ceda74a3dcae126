"""`repeated-ticket`: a customer has the same trouble again."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from retention.actions.one_owner_and_root_cause import ONE_OWNER_AND_ROOT_CAUSE
from retention.calendar import DAY, NEVER, Instant
from retention.features.tickets.facets import TICKETS, TROUBLES
from retention.features.tickets.section import TICKETS as SECTION
from retention.features.tickets.section import tickets_seen
from retention.features.tickets.tickets import REOPENED, SOLVED, Ticket, opened_at
from retention.identity import KeptId
from retention.policy import SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Numbers, Signal, Stretch, View, joined

WINDOW_DAYS: Final = 30
ENOUGH: Final = 3
ENOUGH_IF_REOPENED: Final = 2
QUIET_DAYS: Final = 14


_Opened = tuple[Instant, KeptId, int, Ticket]
"""When a ticket was opened, its first event, its place, the ticket: the sort order."""


def stretches(view: View) -> Iterator[Stretch]:
    """Yield spans with three tickets on one topic in 30 days, or two with one reopened."""
    by_topic: dict[str, list[_Opened]] = {}
    for place, ticket in enumerate(tickets_seen(view.customer).values()):
        at = opened_at(ticket)
        if at != NEVER:
            by_topic.setdefault(ticket.topic, []).append((at, ticket.steps[0].event_id, place, ticket))
    return joined([found for topic, tickets in by_topic.items() for found in _on_topic(view, topic, tickets)])


def _on_topic(view: View, topic: str, opened: list[_Opened]) -> list[Stretch]:
    if len(opened) < _fewest(view):
        return []
    opened.sort()
    times, tickets = [at for at, _, _, _ in opened], [ticket for _, _, _, ticket in opened]
    reopenings = {s.at for t in tickets if len(t.steps) > 1 for s in t.steps if s.kind == REOPENED}
    moments = sorted(reopenings.union(times))
    found: list[Stretch] = []
    end = 0
    for place, at in enumerate(moments):
        if at < end:
            continue
        recent = tickets[bisect_right(times, at - WINDOW_DAYS * DAY) : bisect_right(times, at)]
        if _troubled(view, recent, at):
            end, lapses = _end(view, opened, moments, place)
            found.append(_stretch(view, topic, recent, at, end, lapses=lapses))
    return found


def _troubled(view: View, recent: list[Ticket], at: Instant) -> bool:
    if len(recent) >= int(view.tuned.threshold("tickets")):
        return True
    return len(recent) >= ENOUGH_IF_REOPENED and _one_reopened(recent, at)


def _one_reopened(recent: list[Ticket], at: Instant) -> bool:
    return any(len(ticket.steps) > 1 and (ticket.reopened_at() or NEVER) <= at for ticket in recent)


def _end(view: View, opened: list[_Opened], moments: list[Instant], since: int) -> tuple[Instant, bool]:
    """Return when all tickets were solved and 14 days passed without a new one, and whether time made it so."""
    for place in range(since, len(moments)):
        at = moments[place]
        following = moments[place + 1] if place + 1 < len(moments) else NEVER
        if following - at < (QUIET_DAYS - 1) * DAY:
            continue  # nearly all of them, and cheaper than using the calendar
        quiet = view.calendar.add_days(at, QUIET_DAYS)
        if quiet >= following:
            continue
        end = max(quiet, _all_solved(opened, at, following))
        if end < following:
            return end, end == quiet
    return NEVER, False


def _all_solved(opened: list[_Opened], at: Instant, before: Instant) -> Instant:
    """Return when the last of the tickets opened by an instant was solved; `NEVER` if one was not, before another."""
    last = 0
    for since, _, _, ticket in opened:
        if since <= at:
            last = max(last, _solved_between(ticket, before))
            if last == NEVER:
                break
    return last


def _solved_between(ticket: Ticket, before: Instant) -> Instant:
    steps = [step for step in ticket.steps if step.at < before and step.kind in {SOLVED, REOPENED}]
    return steps[-1].at if steps and steps[-1].kind == SOLVED else NEVER


def _stretch(view: View, topic: str, recent: list[Ticket], at: Instant, end: Instant, *, lapses: bool) -> Stretch:
    newest = recent[-MAX_EVIDENCE:]  # each of them has one event at least
    evidence = tuple([step.event_id for ticket in newest for step in ticket.steps if step.at <= at])
    shown = _shown(view, topic, recent, at)
    return Stretch(
        start=at,
        end=end,
        since=at,
        observed=shown.observed,
        baseline={"tickets": int(view.tuned.threshold("tickets")), "days": WINDOW_DAYS},
        words=shown.words,
        evidence=evidence[-MAX_EVIDENCE:],
        lapses=lapses,
        template=shown.template,
        later=lambda today: _shown(view, topic, _recent(view, topic, today), today),
    )


def _recent(view: View, topic: str, at: Instant) -> list[Ticket]:
    """Return the tickets on a topic that were opened in the weeks before an instant."""
    tickets = [ticket for ticket in tickets_seen(view.customer).values() if ticket.topic == topic]
    return [ticket for ticket in tickets if at - WINDOW_DAYS * DAY < opened_at(ticket) <= at]


def _shown(view: View, topic: str, recent: list[Ticket], at: Instant) -> Numbers:
    """Return the number of tickets at an instant, and whether one of them was reopened."""
    count, reopened = len(recent), _one_reopened(recent, at)
    by_count = not reopened or count >= int(view.tuned.threshold("tickets"))
    return Numbers(
        observed={"topic": topic, "tickets": count, "reopened": int(reopened)},
        words=lambda _: {"topic": topic, "count": count, "days": WINDOW_DAYS},
        template="main" if by_count else "reopened",
    )


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for too few tickets on each topic."""
    fewest, tickets = _fewest(view), tickets_seen(view.customer)
    if len(tickets) < fewest:
        return NEVER
    by_topic: dict[str, int] = {}
    for ticket in tickets.values():
        number = by_topic[ticket.topic] = by_topic.get(ticket.topic, 0) + 1
        if number >= fewest:
            return 0
    return NEVER


def _fewest(view: View) -> int:
    return min(ENOUGH_IF_REOPENED, int(view.tuned.threshold("tickets")))


REPEATED_TICKET = Signal(
    name="repeated-ticket",
    key="t",
    trigger="on_event",
    reads=frozenset({TICKETS}),
    needs=(SECTION,),
    prolonged_by=frozenset({TROUBLES}),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{count} tickets on {topic} in {days} days",
            "es": "{count} incidencias sobre {topic} en {days} días",
            "it": "{count} richieste su {topic} in {days} giorni",
        },
        "reopened": {
            "en": "{count} tickets on {topic} in {days} days, one of them reopened",
            "es": "{count} incidencias sobre {topic} en {days} días, una de ellas reabierta",
            "it": "{count} richieste su {topic} in {days} giorni, una riaperta",
        },
    },
    recommends=ONE_OWNER_AND_ROOT_CAUSE,
    weight=0.30,
    half_life_days=21,
    default=SignalPolicy(severity="medium", thresholds=(("tickets", ENOUGH),)),
)
