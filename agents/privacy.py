"""The agent of `privacy`: who is to be forgotten."""

from agents.desk import Desk
from agents.reading import Reading, Record
from schemas.base import Event
from schemas.families import PRIVACY


class Privacy(Reading):
    """Reads requests as every agent reads, and hands them over as what they are."""

    def apply(self, event: Event, at: int, record: Record, desk: Desk) -> None:
        """Have the customer forgotten."""
        desk.forget(event, at, self.topic, record)


privacy = Privacy(PRIVACY)
