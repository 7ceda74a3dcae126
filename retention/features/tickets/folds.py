"""Folds the events of the family `tickets` into a customer: each is a step of its ticket."""

from retention.calendar import NEVER, Instant
from retention.features.base import DUPLICATE, Facet, Fold
from retention.features.tickets.facets import TICKETS, TROUBLES
from retention.features.tickets.section import TICKETS as SECTION
from retention.features.tickets.section import tickets_of
from retention.features.tickets.tickets import (
    OPENED,
    PRIORITIES,
    SOLVED,
    Step,
    StepKind,
    Ticket,
    bound_steps,
    opened_at,
    opening_of,
    order_of,
    put_in_order,
)
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from retention.text.reading import read
from schemas.base import OTHER
from schemas.tickets import TicketOpened


def step(kind: StepKind) -> Fold:
    """Return the fold that adds a step of a kind to its ticket."""

    def fold(customer: Customer, event: TicketOpened, at: Instant, policy: Policy) -> Facet:
        key, ident = digest(event.ticket_id), packed(event.event_id)
        kept = tickets_of(customer)
        ticket = kept.get(key)
        if ticket is None:
            ticket = kept[key] = Ticket()
        elif any(known_step.event_id == ident and known_step.kind == kind for known_step in ticket.steps):
            return DUPLICATE
        adds = kind != SOLVED and (kind != OPENED or opened_at(ticket) == NEVER)
        ticket.steps = sorted([*ticket.steps, Step(at, ident, kind)], key=order_of)
        opening = opening_of(ticket) if kind == OPENED else None
        if opening is not None and opening.event_id == ident:
            ticket.topic, ticket.priority = topic_of(event), PRIORITIES.get(event.priority, "")
        if at <= customer.latest:
            put_in_order(kept)  # else a new one is the last one, and the order of the others is unchanged
        customer.dropped += bound_steps(ticket) + SECTION.bound(kept, policy)
        return TROUBLES if adds else TICKETS

    return fold


def topic_of(event: TicketOpened) -> str:
    """Return the topic of a ticket; that of its text if it has none of its own, and one stands out there."""
    if event.text is None or event.topic != OTHER:
        return event.topic
    return read(event.text, event.language).topic or event.topic
