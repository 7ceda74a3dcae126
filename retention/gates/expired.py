"""`expired`: event time has passed the instant until which an action is of use.

It stops actions that are too late: for conditions of months ago in a loaded history, and for those that a very late
event reveals.

           since             expires_at        now
    ─────────┼───────────────────┼──────────────┼──────►  event time
             └── expires_after ──┘              └ the watermark; the end of a history that is being filled in
"""

from retention.gates.base import Gate, Proposal
from schemas.outbound import Channel


def passes(proposal: Proposal) -> tuple[Channel, ...]:
    """Return all channels of an action that is still of use, and none of another one."""
    return proposal.channels if proposal.now < proposal.expires_at else ()


EXPIRED = Gate(
    name="expired",
    help="An action that is of no use any more: event time has come to its `expires_at`.",
    passes=passes,
)
