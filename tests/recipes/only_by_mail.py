"""`only-by-mail`: a gate that leaves one channel of automated actions, and stops all others."""

from retention.gates.base import Gate, Proposal
from schemas.outbound import Channel


def passes(proposal: Proposal) -> tuple[Channel, ...]:
    """Return `email`, if the action is automated and has that channel."""
    return ("email",) if proposal.action.automated and "email" in proposal.channels else ()


ONLY_BY_MAIL = Gate(name="only-by-mail", help="Nobody is to be called.", passes=passes)
