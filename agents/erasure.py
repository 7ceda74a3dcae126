"""The agent of the topic on which customers ask about their data: erasure, access, consent."""

from collections.abc import Sequence
from typing import Final

from agents.processor import Processor
from agents.reading import APPLIED, Reading
from agents.record import Record
from retention.calendar import LAST, Instant
from retention.features.base import DUPLICATE
from schemas.base import Event

ERASURE: Final = "erasure.requested"
ACCESS: Final = "access.requested"
FIRST: Final = frozenset({"consent.changed", ACCESS})
"""Types that come before the events of other topics at their instant."""


class Erasure(Reading):
    """Reads requests as every agent reads events, and hands erasures to the processor's `forget`.

    The topic is read exactly: a record is applied at its very instant. An erasure comes after all events of its
    instant, a consent before them, so that it counts for whatever is recommended then.
    """

    def until(self, records: Sequence[Record], start: int, processor: Processor, end: Instant) -> tuple[int, Instant]:
        """Apply records as every agent does; at the first call for a batch, announce its requests to the processor."""
        if not start:
            self._look_ahead(records, processor)
        return super().until(records, start, processor, end)

    def _look_ahead(self, records: Sequence[Record], processor: Processor) -> None:
        for record in records:
            if self.happened(record) is not None:
                event = self.event_of(record)[0]
                if event.type == ERASURE:
                    processor.expect(event.customer_id, record.timestamp)

    def read(self, record: Record, processor: Processor, end: Instant = LAST) -> Instant:
        """Apply one record as every agent does. The turn of a consent comes a microsecond sooner."""
        at = super().read(record, processor, end)
        if at == APPLIED or self.event_of(record)[0].type not in FIRST:
            return at
        return at - 1 if at > end else super().read(record, processor, end + 1)

    def apply(self, event: Event, at: int, record: Record, processor: Processor) -> None:
        """Erase the customer of the event, or apply the event as any other one."""
        if event.type == ERASURE:
            processor.forget(event, at, self.topic, record)
            return
        facet = processor.observe(event, at, self.topic, record)
        if event.type == ACCESS and facet is not None and facet is not DUPLICATE:
            processor.note_access(event, at)
