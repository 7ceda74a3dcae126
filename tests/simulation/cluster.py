"""Kafka in the simulation: logs, transactions with epochs and markers, groups. Its data survives everything."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from aiokafka import TopicPartition
from aiokafka.errors import ProducerFenced
from aiokafka.structs import ConsumerRecord

from tests.simulation.group import Group


@dataclass
class Transaction:
    """One transaction and its result."""

    status: Literal["open", "committed", "aborted"] = "open"
    touched: set[TopicPartition] = field(default_factory=set)
    offsets: dict[tuple[str, TopicPartition], int] = field(default_factory=dict)


@dataclass
class Entry:
    """One place in a log: a record, or the marker that ends a transaction."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0
    """In milliseconds since 1970."""
    transaction: Transaction | None = None
    marker: bool = False
    compacted: bool = False
    cleaned_at: float | None = None
    """When the log cleaner first met a deletion."""

    def ended(self) -> bool:
        """Report whether no transaction holds it back any more."""
        return self.transaction is None or self.marker or self.transaction.status != "open"

    def visible(self) -> bool:
        """Report whether readers of committed records get it."""
        if self.marker or self.compacted:
            return False
        return self.transaction is None or self.transaction.status == "committed"


@dataclass
class Writer:
    """The holder of a transactional id: only the newest epoch may write."""

    epoch: int = 0
    transaction: Transaction | None = None


class Cluster:
    """Everything that the brokers store."""

    def __init__(self, dice: Random, numbers: int) -> None:
        self.dice, self.numbers = dice, numbers
        self.loses_batches = self.transactions = True
        self.logs: dict[TopicPartition, list[Entry]] = {}
        self.writers: dict[str, Writer] = {}
        self.cleaned: dict[TopicPartition, int] = {}
        """Up to where the log cleaner has been."""
        self.ended: dict[TopicPartition, int] = {}
        """Up to where every transaction has ended: none opens again, so nobody looks there a second time."""
        self.committed: dict[tuple[str, TopicPartition], int] = {}
        self.groups: dict[str, Group] = {}

    def create(self, topic: str, partitions: int) -> None:
        """Create a topic."""
        for number in range(partitions):
            self.logs[TopicPartition(topic, number)] = []
            self.cleaned[TopicPartition(topic, number)] = self.ended[TopicPartition(topic, number)] = 0

    # Reading

    def stable_end(self, where: TopicPartition) -> int:
        """Return the end for readers of committed records: the first record of an open transaction."""
        log, offset = self.logs[where], self.ended[where]
        while offset < len(log) and log[offset].ended():
            offset += 1
        self.ended[where] = offset
        return offset

    def fetch(self, where: TopicPartition, position: int, limit: int) -> tuple[list[ConsumerRecord], int]:
        """Return committed records from a position on, and the position that follows them."""
        found: list[ConsumerRecord] = []
        end, log = self.stable_end(where), self.logs[where]
        while position < end and len(found) < limit:
            entry = log[position]
            if entry.visible():
                found.append(_record(where, position, entry))
            position += 1
        while position < end and not log[position].visible():
            position += 1
        return found, position

    def visible(self, topic: str) -> list[ConsumerRecord]:
        """Return all records of a topic that readers of committed records see."""
        wheres = sorted(where for where in self.logs if where.topic == topic)
        return [record for where in wheres for record in self.fetch(where, 0, 10**9)[0]]

    def compact(self, where: TopicPartition, now: float, retention: float) -> None:
        """Compact as the log cleaner does: the newest of each key stays, a deletion for a while, for late readers."""
        self.cleaned[where] = end = self.stable_end(where)
        log = [entry for entry in self.logs[where][:end] if entry.visible()]
        newest = {entry.key: entry for entry in log}
        for entry in log:
            if newest[entry.key] is not entry:
                entry.compacted = True
            elif entry.value is None:
                entry.cleaned_at = now if entry.cleaned_at is None else entry.cleaned_at
                entry.compacted = now - entry.cleaned_at > retention

    # Writing

    def append(self, where: TopicPartition, entries: Iterable[Entry]) -> int:
        """Write records; return the first one's offset."""
        first = len(self.logs[where])
        self.logs[where].extend(entries)
        return first

    def lose(self, where: TopicPartition, since: int) -> None:
        """Lose the records from an offset on, as where the only disk breaks that had them."""
        del self.logs[where][since:]
        self.ended[where] = min(self.ended[where], since)

    def take_over(self, transactional_id: str) -> int:
        """Return a new epoch of a writer: the former one is fenced, and its open transaction aborted."""
        writer = self.writers.setdefault(transactional_id, Writer())
        writer.epoch += 1
        if writer.transaction is not None:
            self._end(writer, "aborted")
        return writer.epoch

    def writer(self, transactional_id: str, epoch: int) -> Writer:
        """Return a writer; raise `ProducerFenced` for an old epoch."""
        writer = self.writers[transactional_id]
        if writer.epoch != epoch:
            raise ProducerFenced
        return writer

    def opened(self, writer: Writer) -> Transaction:
        """Return the transaction of a writer, begun if there is none."""
        if writer.transaction is None:
            writer.transaction = Transaction()
        return writer.transaction

    def commit(self, writer: Writer) -> None:
        """Make everything of a transaction visible at once, positions included."""
        if writer.transaction is not None:
            self.committed |= writer.transaction.offsets
            self._end(writer, "committed")

    def time_out(self) -> None:
        """Abort transactions that are open for so long that their writer must be gone."""
        for writer in self.writers.values():
            self._end(writer, "aborted")

    def _end(self, writer: Writer, status: Literal["committed", "aborted"]) -> None:
        transaction, writer.transaction = writer.transaction, None
        if transaction is not None:
            transaction.status = status
            for where in sorted(transaction.touched):
                self.logs[where].append(Entry(None, None, transaction=transaction, marker=True))


def _record(where: TopicPartition, offset: int, entry: Entry) -> ConsumerRecord:
    topic, partition = where
    key, value, headers = entry.key, entry.value, entry.headers
    return ConsumerRecord(topic, partition, offset, entry.timestamp, 0, key, value, None, 0, 0, headers)
