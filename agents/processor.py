"""The interface through which an agent reaches the partition that it works for."""

from typing import Protocol

from agents.record import Record
from retention.calendar import Instant
from retention.features.base import Facet
from schemas.base import Event
from schemas.reference import CompanyFact


class Processor(Protocol):
    """The partition's side: takes the events, heartbeats and rejected records that an agent reads."""

    latest: Instant
    """The latest event time that is accepted: shortly after now. LAST in a replay, which has no clock."""

    def observe(self, event: Event, at: Instant, topic: str, record: Record) -> Facet | None:
        """Apply an event, or send its record to the customer's home; raise `Rejected` if the event cannot be used.

        Return what it changed; None if it was not applied here and now.
        """

    def promise(self, topic: str, at: Instant, record: Record) -> None:
        """Note a heartbeat: its source sends no event older than `at` after it."""

    def refuse(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Write a rejected record to the dead letters, unless it names an erased customer: nothing of those is kept."""

    def merge(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Merge two customers, or send the record to the home of the one that goes."""

    def publish(self, fact: CompanyFact, at: Instant, topic: str, record: Record) -> bool:
        """Store a fact of the company, and send its record to all other partitions if it was read here.

        Return whether it is new; raise `Rejected` if it cannot be used.
        """

    def learn(self, word: bytes, offset: int) -> None:
        """Apply the message of another partition about a merge; `offset` is that of its record."""

    def expect(self, customer_id: str, timestamp: int) -> None:
        """Note that an erasure request for a customer is ahead: later records of the customer are not kept."""

    def forget(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Erase a customer."""

    def note_access(self, event: Event, at: Instant) -> None:
        """Write to the audit topic that a customer wants to know what is stored of it."""

    def drop(self, topic: str) -> None:
        """Count an event of an erased customer, and keep nothing of it."""

    def knows(self, offset: int) -> bool:
        """Report whether a rebuild has applied what comes with merges up to a later offset of `rekeyed`."""

    def arrives(self, topic: str, partition: int, offset: int) -> bool:
        """Note a record that was sent home from this topic, partition and offset; return False if it arrived before."""

    def hear(self, news: bytes) -> None:
        """Note the watermarks of the lanes that another partition reads for this one."""

    def refuse_unread(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Write the place of a record of a source that cannot be read to the dead letters, and nothing of its content.

        No part of it says whether it names an erased customer.
        """

    def split(self, topic: str, events: int) -> None:
        """Count a record of a source by the number of its events: none, or more than one."""

    def doubt(self, topic: str, name: str) -> None:
        """Count a doubt about the events of a record of a source: they are applied all the same."""

    def leave_out(self, topic: str) -> None:
        """Count an event that is marked `synthetic`: no figure contains it."""
