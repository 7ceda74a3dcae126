"""The agent of requests to be forgotten."""

from collections.abc import Sequence

from agents.desk import Desk
from agents.reading import Reading
from agents.record import Record
from retention.calendar import Instant
from schemas.base import Event


class Erasure(Reading):
    """Reads requests as every agent reads, and hands them over as what they are."""

    def until(self, records: Sequence[Record], start: int, desk: Desk, end: Instant) -> tuple[int, Instant]:
        """Apply records as every agent does, and say at the first look at a batch who is asked for in it."""
        if not start:
            self._look_ahead(records, desk)
        return super().until(records, start, desk, end)

    def _look_ahead(self, records: Sequence[Record], desk: Desk) -> None:
        for record in records:
            if self.happened(record) is not None:
                event = self.decoder.decode(record.value)
                if event.type == "erasure.requested":
                    desk.expect(event.customer_id, record.timestamp)

    def apply(self, event: Event, at: int, record: Record, desk: Desk) -> None:
        """Have the customer forgotten."""
        desk.forget(event, at, self.topic, record)
