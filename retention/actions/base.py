"""Defines an action: something that may be done about a signal. Backstay recommends it, other services carry it out."""

from dataclasses import dataclass

from retention.calendar import Instant
from schemas.outbound import Channel


@dataclass(frozen=True)
class Action:
    """One line of the register.

    - `help`: what is done, for the documentation.
    - `channels`: those by which the customer may be reached, the best one first.
    - `expires_after`: how long after its reason became true the action is of use, in microseconds.
    - `automated`: whether it may be carried out without a person.
    - `priority`: which of two messages goes if a customer may get only one: the higher, while the other still waits to
      be delivered. 3 for what fails without it, 2 for what the customer has to know, 1 for reminders and offers, 0 for
      what is merely nice.
    - `repeats`: whether it is recommended again when the episode becomes more severe. A person's task is: it has become
      more urgent. A message is not: the customer would read the same words twice.
    """

    name: str
    help: str
    channels: tuple[Channel, ...]
    expires_after: Instant
    automated: bool
    repeats: bool = False
    priority: int = 0

    def __post_init__(self) -> None:
        if not self.channels or self.expires_after <= 0:
            raise ValueError(f"the action {self.name} needs a channel, and a time in which it is of use")
