"""Defines a gate: it decides whether an action may be recommended now, and by which channels."""

from collections.abc import Callable
from dataclasses import dataclass

from retention.actions.base import Action
from retention.calendar import Instant
from retention.policy import Policy, Severity
from retention.state.customer import Customer
from retention.structs import Value
from schemas.outbound import Channel


class Proposal(Value, frozen=True):
    """An action that is about to be recommended, with the facts that a gate may use.

    - `since`: when its reason became true.
    - `expires_at`: the first instant at which it is of no use.
    - `now`: how far event time has come. There is no other clock: a replay of the log has to judge alike.
    - `channels`: what the gates before have left of the action's channels.
    - `promotes`: whether it is because of an opportunity, and `conflicts` the signals of the customer by which that is
      held.
    - `messages`: the actions that go without a person.
    - `yielding`: digests of the recommended messages that wait to be delivered, and give way to this one.
    """

    action: Action
    customer_id: str
    customer: Customer
    signal: str
    severity: Severity
    since: Instant
    expires_at: Instant
    now: Instant
    channels: tuple[Channel, ...]
    policy: Policy
    promotes: bool = False
    conflicts: tuple[str, ...] = ()
    messages: frozenset[str] = frozenset()
    yielding: frozenset[bytes] = frozenset()


Passes = Callable[[Proposal], tuple[Channel, ...]]
"""Returns those of the proposal's channels that may still be used; none of them stops the action."""


@dataclass(frozen=True)
class Gate:
    """One line of the register."""

    name: str
    help: str
    passes: Passes
