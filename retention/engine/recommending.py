"""Turns the statement of a signal, or of an opportunity, into the statement about its action.

    churn_signal.raised      action.recommended, or action.suppressed with the gate that stopped it
    churn_signal.escalated   the same, for actions that repeat, or that gates have stopped until now
    churn_signal.cleared     action.withdrawn
    opportunity.raised       action.recommended, or action.suppressed
    opportunity.cleared      action.withdrawn

Ids derive from those of the signals: a replay repeats them, and each is unique.
"""

from collections.abc import Sequence
from typing import Final, cast

from msgspec.structs import replace

from retention.actions import ACTIONS
from retention.actions.base import Action
from retention.calendar import Instant, moment
from retention.gates import GATES
from retention.gates.base import Proposal
from retention.identity import derived_id
from retention.policy import Policy
from retention.signals.base import Signal
from retention.state.customer import Customer
from retention.statements import Statement
from schemas.encoding import unvalidated
from schemas.outbound import (
    ActionRecommended,
    ActionSuppressed,
    ActionWithdrawn,
    ChurnSignal,
    Explanation,
    Opportunity,
    Severity,
)

RECOMMENDED: Final = "action.recommended"
SUPPRESSED: Final = "action.suppressed"
WITHDRAWN: Final = "action.withdrawn"
MESSAGES: Final = frozenset(action.name for action in ACTIONS if action.automated)
_ActionRecommended: Final = unvalidated(ActionRecommended)
_ActionSuppressed: Final = unvalidated(ActionSuppressed)
_ActionWithdrawn: Final = unvalidated(ActionWithdrawn)


class _About:
    """The part of a signal's statement that the one about its action repeats."""

    def __init__(self, signal: str, episode: str, severity: Severity, explanation: Explanation) -> None:
        self.signal, self.episode, self.severity, self.explanation = signal, episode, severity, explanation


def _about(signal: Signal, statement: Statement) -> _About:
    if signal.is_opportunity:
        found = cast("Opportunity", statement.body)
        return _About(signal.name, found.episode, signal.default.severity, found.explanation)
    body = cast("ChurnSignal", statement.body)
    return _About(body.signal, body.episode, body.severity, body.explanation)


def recommended(
    of: Signal,
    statement: Statement,
    customer: Customer,
    policy: Policy,
    now: Instant,
    conflicts: tuple[str, ...] = (),
    yielding: frozenset[bytes] = frozenset(),
) -> Statement:
    """Return the statement that recommends an action for a raised or escalated signal, or the gate that stopped it.

    `now` is the present event time; `conflicts` are the signals of the customer by which an opportunity is held;
    `yielding` are digests of recommended messages that give way to this one.
    """
    action, signal, key, at = of.recommends, _about(of, statement), statement.key, statement.at
    expires_at, channels = at + action.expires_after, action.channels
    proposal = Proposal(
        action,
        key,
        customer,
        signal.signal,
        signal.severity,
        at,
        expires_at,
        now,
        channels,
        policy,
        of.is_opportunity,
        conflicts,
        MESSAGES,
        yielding,
    )
    passed: list[str] = []
    for gate in GATES:
        allowed = gate.passes(proposal)
        if allowed is not channels:  # a gate can only take channels away
            channels = tuple([one for one in channels if one in allowed])
            proposal = replace(proposal, channels=channels)
        if not channels:
            return _suppressed(proposal, statement, signal, gate.name)
        passed.append(gate.name)
    body = _ActionRecommended(
        action=action.name,
        customer_id=key,
        signal=signal.signal,
        episode=signal.episode,
        severity=signal.severity,
        recommended_at=moment(at),
        expires_at=moment(expires_at),
        channels=list(channels),
        automated=action.automated,
        explanation=signal.explanation,
        gates_passed=passed,
    )
    left, by = ",".join(channels), ",".join(passed)
    ident = derived_id(RECOMMENDED, statement.id, action.name, expires_at, left, action.automated, by)
    return Statement(RECOMMENDED, ident, key, at, statement.id, body)


def _suppressed(proposal: Proposal, statement: Statement, signal: _About, gate: str) -> Statement:
    action = proposal.action
    body = _ActionSuppressed(
        action=action.name,
        customer_id=statement.key,
        signal=signal.signal,
        episode=signal.episode,
        severity=signal.severity,
        recommended_at=moment(statement.at),
        expires_at=moment(proposal.expires_at),
        gate=gate,
    )
    ident = derived_id(SUPPRESSED, statement.id, action.name, proposal.expires_at, gate)
    return Statement(SUPPRESSED, ident, statement.key, statement.at, statement.id, body)


def withdrawn(signal: Signal, statement: Statement) -> Statement:
    """Return the statement that an action is no longer recommended, because the episode of its signal is over."""
    ended, action = cast("ChurnSignal | Opportunity", statement.body), signal.recommends
    body = _ActionWithdrawn(
        action=action.name,
        customer_id=statement.key,
        signal=signal.name,
        episode=ended.episode,
        withdrawn_at=moment(statement.at),
        cause=ended.cause,
    )
    ident = derived_id(WITHDRAWN, statement.id, action.name)
    return Statement(WITHDRAWN, ident, statement.key, statement.at, statement.id, body)


def superseded(signal: Signal, episode: str, action: Statement) -> Statement:
    """Return the statement that a message is no longer recommended, because one of higher priority is."""
    body = _ActionWithdrawn(
        action=signal.recommends.name,
        customer_id=action.key,
        signal=signal.name,
        episode=episode,
        withdrawn_at=moment(action.at),
        cause="superseded",
    )
    ident = derived_id(WITHDRAWN, action.id, signal.name, episode)
    return Statement(WITHDRAWN, ident, action.key, action.at, action.id, body)


def withdrawn_before_sent(unsent: Sequence[Statement]) -> list[tuple[str, str]]:
    """Return the signals and episodes whose actions were recommended before, and are withdrawn by unsent statements."""
    recommended_here = {
        cast("ActionRecommended", one.body).episode for one in unsent if one.type in {RECOMMENDED, SUPPRESSED}
    }
    withdrawn_here = [cast("ActionWithdrawn", one.body) for one in unsent if one.type == WITHDRAWN]
    return [(body.signal, body.episode) for body in withdrawn_here if body.episode not in recommended_here]


def withdrawn_of_erased(action: Action, signal: str, episode: str, at: Instant) -> Statement:
    """Return the statement that an action is no longer recommended, because its customer was erased.

    It names the episode alone. It contains neither the customer nor the request, which the receipt names beside a
    pseudonym: a reader of both topics could connect the two.
    """
    body = _ActionWithdrawn(
        action=action.name, customer_id=None, signal=signal, episode=episode, withdrawn_at=moment(at), cause="erased"
    )
    ident = derived_id(WITHDRAWN, episode, action.name, at)
    return Statement(WITHDRAWN, ident, episode, at, episode, body)
