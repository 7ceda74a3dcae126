"""`consent`: an action goes by no channel that its customer has refused.

    unsubscribed            reason            consent           now: what is known up to here decides
    ─────┼────────────────────┼─────────────────┼─────────────────┼──────►  event time

A message needs that the customer has not opted out of its channel, nor withdrawn its consent to messages (`marketing`);
with `actions.consent = "opt_in"`, that it has consented. What people do is stopped only if contact was refused.

Choices count up to the reason of the action, or up to the present if that is later: event time, and the disorder that
it lags behind. So what is recommended does not depend on how far a batch of a backlog was read ahead, and live all that
has arrived counts.
"""

from retention.features.consent.choices import may_be_contacted, may_be_sent
from retention.features.consent.section import choices_seen
from retention.gates.base import Gate, Proposal
from schemas.outbound import Channel


def passes(proposal: Proposal) -> tuple[Channel, ...]:
    """Return the channels that the customer has not refused."""
    kept, unasked = choices_seen(proposal.customer), proposal.policy.consent == "opt_out"
    automated = proposal.action.automated
    if not kept and (unasked or not automated):
        return proposal.channels
    until = max(proposal.since, proposal.now + proposal.policy.disorder)
    left = tuple(
        channel
        for channel in proposal.channels
        if (may_be_sent(kept, channel, until, unasked=unasked) if automated else may_be_contacted(kept, channel, until))
    )
    return left if len(left) < len(proposal.channels) else proposal.channels


CONSENT = Gate(
    name="consent",
    help="A message by a channel that the customer has refused, or without the consent that is needed. "
    "A person's task, if contact was refused.",
    passes=passes,
)
