"""The processor of a log that is applied in this process: it counts what becomes of each line, and sends nothing.

It is compiled, as the processor of a worker is: an interpreted class cannot derive from a compiled one.
"""

from typing import Protocol, cast

import msgspec

from agents.record import Record
from retention.calendar import Instant
from retention.features.base import DUPLICATE, NOTHING, Facet
from schemas.base import Event
from schemas.customers import CustomerMerged
from schemas.reference import CompanyFact
from streams.broker import Broker
from streams.line_account import Account, Place
from streams.listener import Listener
from streams.partition_processor import PartitionProcessor
from streams.settings import Settings


class Watching(Protocol):
    """Defines what is told of each event: see `streams.in_process.Watcher`."""

    def applied(self, event: Event, at: Instant) -> None:
        """Note an event that was applied."""

    def merged(self, customer_id: str, into: str, at: Instant) -> None:
        """Note that a customer goes on under another id."""

    def erased(self, customer_id: str) -> None:
        """Note that a customer is forgotten."""


class WatchedProcessor(PartitionProcessor):
    """The processor of the only partition, which counts what becomes of each line and sends nothing."""

    def __init__(self, settings: Settings, watcher: Watching, account: Account, until: Instant, only: str) -> None:
        super().__init__(0, 1, settings, Broker(settings), Listener(), atomic=True)
        self.only = only
        self.newest_fact: Instant = 0
        self._watcher, self._account, self._until = watcher, account, until
        self._lateness = settings.policy().lateness
        self.places: dict[int, Place] = {}
        """Where the records of the batches that wait came from, by their offsets."""

    def observe(self, event: Event, at: Instant, topic: str, record: Record) -> Facet | None:
        """Apply an event, and count what became of its line."""
        if self._is_later(at):
            return None
        if event.backfill:
            event = msgspec.structs.replace(event, backfill=False)  # type: ignore[type-var] # decoders return structs
        dropped, concerns = self._account.of_erased_customers, self._concerns(event)
        facet = super().observe(event, at, topic, record) if concerns else self._hear(event, at, topic)
        if facet is DUPLICATE:
            self._account.duplicate += 1
        elif dropped == self._account.of_erased_customers:
            self._account.applied += concerns
            self._account.of_others += not concerns
            self._account.late += at < self._account.newest - self._lateness
            self._account.oldest = min(self._account.oldest, at)
            self._account.newest = max(self._account.newest, at)
            self._watcher.applied(self._as_kept(event), at)
        return facet

    def _concerns(self, event: Event) -> bool:
        return not self.only or event.customer_id == self.only

    def _hear(self, event: Event, at: Instant, topic: str) -> Facet:
        """Note that a source lives, and time passes, by an event of a customer that is not asked about."""
        self.partition_state.hear(event, at, topic)
        self.watermarks.marks[topic] = max(self.watermarks.marks.get(topic, 0), at - self.policy.disorder)
        return NOTHING

    def _as_kept(self, event: Event) -> Event:
        """Return an event with the id under which its customer is kept."""
        name = self.merging.ids.kept_as(event.customer_id)
        if name == event.customer_id:
            return event
        return msgspec.structs.replace(event, customer_id=name)  # type: ignore[type-var] # decoders return structs

    def merge(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Join two customers, and count what became of the line that says so."""
        if self._is_later(at):
            return
        old, merged = event.customer_id, cast("CustomerMerged", event)
        before = {name: self.merging.ids.kept_as(name) for name in (old, merged.into)}
        dropped, known = self._account.of_erased_customers, self.merging.ids.merges(old)
        super().merge(event, at, topic, record)
        if dropped < self._account.of_erased_customers:
            return
        is_known = known == self.merging.ids.merges(old) != []
        self._account.duplicate += is_known
        self._account.applied += not is_known
        for name in sorted({*before.values()}):
            if (now := self.merging.ids.kept_as(name)) != name:
                self._watcher.merged(name, now, at)

    def publish(self, fact: CompanyFact, at: Instant, topic: str, record: Record) -> bool:
        """Take in a fact of the company, and count what became of its line."""
        if self._is_later(at):
            return False
        is_new = super().publish(fact, at, topic, record)
        self._account.duplicate += not is_new
        self._account.applied += is_new
        self.newest_fact = max(self.newest_fact, at)
        return is_new

    def erase(self, name: str, request: str, at: Instant) -> None:
        """Erase a customer, and have the watcher forget it."""
        super().erase(name, request, at)
        self._watcher.erased(name)

    def _is_later(self, at: Instant) -> bool:
        if at <= self._until:
            return False
        self._account.later += 1
        self._account.first_later = min(self._account.first_later, at)
        return True

    def forget(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Erase a customer who asks for it, and count the line."""
        if not self._is_later(at):
            dropped = self._account.of_erased_customers
            super().forget(event, at, topic, record)
            self._account.applied += dropped == self._account.of_erased_customers

    def drop(self, topic: str) -> None:
        """Count the line of an erased customer."""
        self._account.of_erased_customers += 1

    def promise(self, topic: str, at: Instant, record: Record) -> None:
        """Note the heartbeat of a source, and count it."""
        if not self._is_later(at):
            self._account.heartbeats += 1
            super().promise(topic, at, record)

    def leave_out(self, topic: str) -> None:
        """Count a line that no figure may contain."""
        self._account.left_out += 1

    def refuse(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Count a line that cannot be used, with the reason."""
        self._account.reject(reason, self.places[record.offset], detail)

    def _set_aside(self, topic: str, record: Record) -> None:
        asides, self.partition_state.asides = self.partition_state.asides, []
        for aside in asides:  # an earlier line, which was applied to wait for this one
            self._account.applied -= 1
            self._account.reject("contract", self.places[record.offset], f"an earlier event: {aside.wrong}")
