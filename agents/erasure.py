"""The agent of erasure requests."""

from collections.abc import Sequence

from agents.processor import Processor
from agents.reading import Reading
from agents.record import Record
from retention.calendar import Instant
from schemas.base import Event


class Erasure(Reading):
    """Reads erasure requests as every agent reads events, and hands them to the processor's `forget`."""

    def until(self, records: Sequence[Record], start: int, processor: Processor, end: Instant) -> tuple[int, Instant]:
        """Apply records as every agent does; at the first call for a batch, announce its requests to the processor."""
        if not start:
            self._look_ahead(records, processor)
        return super().until(records, start, processor, end)

    def _look_ahead(self, records: Sequence[Record], processor: Processor) -> None:
        for record in records:
            if self.happened(record) is not None:
                event = self.decoder.decode(record.value)
                if event.type == "erasure.requested":
                    processor.expect(event.customer_id, record.timestamp)

    def apply(self, event: Event, at: int, record: Record, processor: Processor) -> None:
        """Erase the customer of the event."""
        processor.forget(event, at, self.topic, record)
