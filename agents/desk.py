"""What an agent may ask of the partition it works for."""

from typing import Protocol

from agents.record import Record
from retention.calendar import Instant
from schemas.base import Event


class Desk(Protocol):
    """The partition's side of an agent: where events, promises and refusals go."""

    latest: Instant
    """The last instant at which an event is believed now, if time goes by a clock; LAST in a replay of a log."""

    def observe(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Take an event in, or send it home; raise `Rejected` for one that cannot be used."""

    def promise(self, topic: str, at: Instant, record: Record) -> None:
        """Take a writer's word that nothing older than `at` follows."""

    def refuse(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Put a record aside as a dead letter, unless whom it names is forgotten: nothing of that customer is kept."""

    def expect(self, customer_id: str, timestamp: int) -> None:
        """Take note that a customer is asked to be forgotten: nothing that came later may be put aside."""

    def forget(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Forget a customer for good."""

    def drop(self, topic: str) -> None:
        """Count an event of a forgotten customer, and keep nothing of it."""

    def arrives(self, topic: str, partition: int, offset: int) -> bool:
        """Take note of a record that was sent home from where it stood; False for one that came before."""

    def hear(self, news: bytes) -> None:
        """Take note of how far another partition has come on what it reads for this one."""

    def leave_out(self, topic: str) -> None:
        """Count an event that no figure may contain."""
