"""The agent of a topic that says which customers are one: a merge is of the partition, and not of one customer."""

from agents.processor import Processor
from agents.reading import Reading
from agents.record import Record
from retention.calendar import Instant
from retention.features import REGISTER
from schemas.base import Event


class Merging(Reading):
    """Reads events as every agent does, and hands merges to the processor's `merge`."""

    def apply(self, event: Event, at: Instant, record: Record, processor: Processor) -> None:
        """Merge two customers, or apply the event as any other one."""
        if event.type in REGISTER.apart:
            processor.merge(event, at, self.topic, record)
        else:
            processor.observe(event, at, self.topic, record)
