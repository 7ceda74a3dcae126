"""`only-by-mail`: a gate that leaves one channel of what may be done without a person, and stops all else."""

from retention.gates.base import Gate, Proposal
from schemas.outbound import Channel


def passes(proposal: Proposal) -> tuple[Channel, ...]:
    """Return `email`, if the action is automated and has that channel."""
    return ("email",) if proposal.action.automated and "email" in proposal.channels else ()


ONLY_BY_MAIL = Gate(name="only-by-mail", help="Nobody is to be called.", passes=passes)
