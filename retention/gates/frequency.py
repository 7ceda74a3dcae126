"""`frequency`: a customer gets no message soon after another one, and few in a month.

    message             72 hours            proposed
    ────┼───────────────────┼───────────────────┼──────►  event time
        [ held ─────────────)                   └ the fifth in 30 days is held, too

What people do is not held: a reminder is no reason not to call. What counts as a message, and when, is in
`retention/contacts.py`. Both bounds are settings (`actions.min_hours_between`, `actions.most_in_30_days`).

A proposal is judged at the instant of its reason, or at the present if that is later: a reason of last week is acted on
today. It is held by later messages, too. So however a log is read, no two that are recommended are too close.

Where services report deliveries (`actions.deliveries_reported`), messages of lower priority that are not delivered yet
hold none of higher priority: they are withdrawn as it is recommended (docs/decisions/0076).
"""

from retention.contacts import has_room
from retention.gates.base import Gate, Proposal
from schemas.outbound import Channel


def passes(proposal: Proposal) -> tuple[Channel, ...]:
    """Return all channels of an action, but none of a message that is one too many."""
    if not proposal.action.automated:
        return proposal.channels
    at = max(proposal.since, proposal.now)
    until = max(proposal.since, proposal.now + proposal.policy.disorder)
    has_it = has_room(proposal.customer, at, until, proposal.policy, proposal.messages, proposal.yielding)
    return proposal.channels if has_it else ()


FREQUENCY = Gate(
    name="frequency",
    help="A message within 72 hours of another one, or the fifth in 30 days, by default. Not what a person does.",
    passes=passes,
)
