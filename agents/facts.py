"""The agent of the topic of facts of the whole company: they change no customer, and every partition needs them."""

from typing import cast

from agents.processor import Processor
from agents.reading import Reading
from agents.record import Record
from retention.calendar import Instant
from schemas.base import Event
from schemas.reference import CompanyFact


class CompanyFacts(Reading):
    """Reads facts as every agent reads events, and hands them to the processor's `publish`."""

    def apply(self, event: Event, at: Instant, record: Record, processor: Processor) -> None:
        """Hand one fact to the processor."""
        processor.publish(cast("CompanyFact", event), at, self.topic, record)
