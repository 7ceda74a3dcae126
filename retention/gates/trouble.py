"""`trouble`: a customer is not asked for more while it has a grave trouble, or asks to leave.

    ticket opened, urgent       seats nearly full        ticket solved
    ────────┼───────────────────────────┼──────────────────────┼──────►  event time
            [ opportunities are held ──────────────────────────)

It stops the actions of opportunities, and of nothing else. A grave trouble is a signal that says so by itself
(`Signal.stops_promotion`), or an open ticket that is urgent, of high priority, or was escalated.

What is judged is the history up to the reason of the action, or up to the present if that is later.
"""

from retention.calendar import Instant
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.features.tickets.tickets import ESCALATED, HIGH, SOLVED, URGENT, Ticket
from retention.gates.base import Gate, Proposal
from schemas.outbound import Channel


def passes(proposal: Proposal) -> tuple[Channel, ...]:
    """Return all channels of an action, but none of one for an opportunity of a customer in trouble."""
    if not proposal.promotes:
        return proposal.channels
    if proposal.conflicts or _has_a_grave_ticket(proposal, max(proposal.since, proposal.now)):
        return ()
    return proposal.channels


def _has_a_grave_ticket(proposal: Proposal, at: Instant) -> bool:
    if not TICKETS.is_kept(proposal.customer):
        return False
    return any(_is_grave(ticket, at) for ticket in tickets_seen(proposal.customer).values())


def _is_grave(ticket: Ticket, at: Instant) -> bool:
    """Report whether a ticket is open at an instant, and urgent, of high priority, or escalated by then."""
    steps = [step.kind for step in ticket.steps if step.at <= at]
    if not steps or steps[-1] == SOLVED:
        return False
    return ticket.priority in {HIGH, URGENT} or ESCALATED in steps


TROUBLE = Gate(
    name="trouble",
    help="The action of an opportunity, if the customer has asked to leave, does not renew, owes a payment, or has a "
    "grave ticket open.",
    passes=passes,
)
