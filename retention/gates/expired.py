"""`expired`: event time has passed the instant until which an action is of use.

It stops what nobody should act on any more: what a history that is loaded shows of months ago, and what an event tells
that comes long after it happened.

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
