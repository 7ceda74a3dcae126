"""The tickets of a customer: their topics and priorities, and whether they were solved."""

from typing import Final, Literal

from retention import ordering
from retention.calendar import NEVER, Instant
from retention.identity import KeptId, unpacked
from retention.structs import Kept, KeptFact

MAX_TICKETS: Final = 100
MAX_STEPS: Final = 16
MAX_STEPS_IN_ALL: Final = 200

OPENED: Final = "o"
ESCALATED: Final = "e"
REOPENED: Final = "r"
SOLVED: Final = "s"
StepKind = Literal["o", "e", "r", "s"]
"""As it is stored: in one letter."""


HIGH: Final = "h"
URGENT: Final = "u"
PRIORITIES: Final = {"high": HIGH, "urgent": URGENT}
"""The priorities that are told apart, as they are stored: all others are the usual one."""


class Step(KeptFact, frozen=True):
    """One event of a ticket."""

    at: Instant
    event_id: KeptId
    kind: "StepKind"


def order_of(step: Step) -> tuple[Instant, str, StepKind]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return step.at, unpacked(step.event_id), step.kind


class Ticket(Kept):
    """One ticket: its topic (empty until the opening is seen), its steps in order of time, and its priority."""

    topic: str = ""
    steps: "list[Step]" = []
    priority: str = ""

    def reopened_at(self) -> Instant | None:
        """Return when it was first reopened."""
        return next((step.at for step in self.steps if step.kind == REOPENED), None)

    def first_at(self) -> Instant:
        """Return when something first happened to it."""
        return self.steps[0].at

    def last_at(self) -> Instant:
        """Return when something last happened to it."""
        return self.steps[-1].at


def opened_at(ticket: Ticket) -> Instant:
    """Return when a ticket was opened, or `NEVER` while only later steps are known."""
    for step in ticket.steps:
        if step.kind == OPENED:
            return step.at
    return NEVER


def opening_of(ticket: Ticket) -> Step | None:
    """Return the step by which a ticket was opened, the first one if there are several."""
    return next((step for step in ticket.steps if step.kind == OPENED), None)


Tickets = dict[bytes, Ticket]
"""By the digest of the ticket id, in order of their first steps (`put_in_order`)."""


def put_in_order(tickets: Tickets) -> None:
    """Sort tickets by their first steps."""
    ordering.put_in_order(tickets, Ticket.first_at)


def prune(tickets: Tickets, before: Instant) -> None:
    """Drop tickets without a step since the horizon."""
    for key in [key for key, ticket in tickets.items() if ticket.last_at() < before]:
        del tickets[key]


def bound_tickets(tickets: Tickets) -> int:
    """Keep at most `MAX_TICKETS` tickets of `MAX_STEPS_IN_ALL` steps, the newest; return how many were dropped."""
    if len(tickets) * MAX_STEPS <= MAX_STEPS_IN_ALL:
        return 0
    dropped = steps = 0
    for ticket in tickets.values():
        steps += len(ticket.steps)
    while len(tickets) > MAX_TICKETS or steps > MAX_STEPS_IN_ALL:
        steps -= len(tickets.pop(_oldest(tickets)).steps)
        dropped += 1
    return dropped


def _oldest(tickets: Tickets) -> bytes:
    """Return the ticket without a step for the longest time; of several, the first one stored."""
    found, earliest = b"", NEVER
    for key, ticket in tickets.items():  # 16 → 7 µs, with the sum above, for each ticket of the busiest customers
        at = ticket.steps[-1].at
        if at < earliest:
            found, earliest = key, at
    return found


def bound_steps(ticket: Ticket) -> int:
    """Keep at most `MAX_STEPS` steps, the newest and the opening, which has the ticket's topic."""
    surplus = max(0, len(ticket.steps) - MAX_STEPS)
    del ticket.steps[1 : 1 + surplus]
    return surplus


def join(tickets: Tickets, others: Tickets) -> int:
    """Add the tickets of another customer; of those that both have, the steps. Return how many details were dropped."""
    dropped = 0
    for key, ticket in others.items():
        known = tickets.setdefault(key, ticket)
        if known is not ticket:
            first = min((known, ticket), key=_first_opened)
            known.topic, known.priority = first.topic, first.priority
            known.steps = ordering.together(known.steps, ticket.steps, _of_one_event, order_of)
            dropped += bound_steps(known)
    put_in_order(tickets)
    return dropped + bound_tickets(tickets)


def _first_opened(ticket: Ticket) -> tuple[Instant, str]:
    """Return the sort key of the opening of a ticket, which says its topic and priority: the last one if unknown."""
    opening = opening_of(ticket)
    return (opening.at, unpacked(opening.event_id)) if opening is not None else (NEVER, "")


def _of_one_event(step: Step) -> tuple[KeptId, str]:
    return step.event_id, step.kind
