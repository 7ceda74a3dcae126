"""Reads a batch of records for any agent: decodes them, checks their times, and hands each event to the processor."""

from collections.abc import Sequence
from typing import Any, Final

from agents.processor import Processor
from agents.record import Record
from retention.calendar import LAST, NEVER, Instant
from retention.errors import Rejected
from schemas.base import Event
from schemas.decoding import Decoder, Refused
from schemas.family import Family

MAX_AHEAD: Final = 300_000
"""How many milliseconds an event may lie after its record's timestamp, and after now. Later events are rejected."""
APPLIED: Final = -NEVER
"""Returned in place of an instant: the record was applied."""


class Reading:
    """Reads the records of one family for a partition's processor."""

    def __init__(self, family: Family) -> None:
        self.topic = family.topic
        self.decoder = Decoder(family)

    def __call__(self, records: Sequence[Record], processor: Processor) -> None:
        """Apply consecutive records. Rejected ones become dead letters. Never awaits."""
        self.until(records, 0, processor, LAST)

    def until(self, records: Sequence[Record], start: int, processor: Processor, end: Instant) -> tuple[int, Instant]:
        """Apply records from index `start`, up to the first event at `end` or later; return its index and instant.

        If there is no such event, return the number of records, and NEVER.
        """
        for place in range(start, len(records)):
            at = self.read(records[place], processor, end)
            if at != APPLIED:
                return place, at
        return len(records), NEVER

    def read(self, record: Record, processor: Processor, end: Instant = LAST) -> Instant:
        """Apply one record and return APPLIED; for an event at `end` or later, return its instant and do nothing."""
        try:
            headers = record.headers
            event, at = self.decoder.read_record(record.value, headers) if headers else self.decoder.read(record.value)
            # In milliseconds: a product with the timestamp would be a big integer in compiled code.
            if (at - 1) // 1_000 >= record.timestamp + MAX_AHEAD:
                raise Refused("future", "more than 5 minutes after the record's own timestamp: a wrong clock")
            if at > processor.latest:
                raise Refused("future", "more than 5 minutes after now: event and record share a wrong clock")
            if at >= end:
                return at
            if event.type == "source.heartbeat":
                processor.promise(self.topic, at, record)
            elif event.synthetic:
                processor.leave_out(self.family_of(event))
            else:
                self.apply(event, at, record, processor)
        except (Refused, Rejected) as refusal:
            processor.refuse(self.blamed(record), record, refusal.reason, refusal.detail)
        return APPLIED

    def event_of(self, record: Record) -> tuple[Any, Instant]:
        """Return the event of a record and its time; raise `Refused` with the reason."""
        return self.decoder.read_record(record.value, record.headers)

    def happened(self, record: Record) -> Instant | None:
        """Return the event time of a record; None for a record that is rejected."""
        try:
            at = self.event_of(record)[1]
        except Refused:
            return None
        return at if (at - 1) // 1_000 < record.timestamp + MAX_AHEAD else None

    def apply(self, event: Event, at: Instant, record: Record, processor: Processor) -> None:
        """Hand one event to the processor."""
        processor.observe(event, at, self.topic, record)

    def family_of(self, _event: Event) -> str:
        """Return the name of an event's family."""
        return self.topic

    def blamed(self, _record: Record) -> str:
        """Return the name of the family that a rejected record is counted with."""
        return self.topic
