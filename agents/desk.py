"""What an agent may ask of the partition it works for."""

from typing import TYPE_CHECKING, Protocol

from retention.calendar import Instant
from schemas.base import Event

if TYPE_CHECKING:
    from agents.reading import Record


class Desk(Protocol):
    """The partition's side of an agent: where events, promises and refusals go."""

    def observe(self, event: Event, at: Instant, topic: str, place: int, offset: int) -> None:
        """Take an event in; raise `Rejected` for one that cannot be used."""

    def promise(self, topic: str, at: Instant) -> None:
        """Take a writer's word that nothing older than `at` follows."""

    def refuse(self, topic: str, record: "Record", reason: str, detail: str) -> None:
        """Put a record aside as a dead letter."""

    def leave_out(self, topic: str) -> None:
        """Count an event that no figure may contain."""
