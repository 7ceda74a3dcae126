"""A broker in this process, for one run: topics that are written once, and read by one worker.

    lines of a log  ──►  inputs: in a temporary file, by topic and partition  ──►  units of work
    units of work   ──►  `rekeyed`, `metric-partials`: queues, emptied by who reads them
                    ──►  outputs: handed to `said`, by topic and partition
                    ──►  the changelog: dropped, because no worker restores from it

It has the parts of a Kafka client that a unit of work uses, so that this is the same with and without a broker.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from retention.calendar import Instant
from streams.broker import Broker
from streams.records import LogRecord
from streams.settings import Settings
from streams.strands import Strand, Strands
from streams.topics import OUTPUTS, PARTIALS, REKEYED

Headers = Sequence[tuple[str, bytes]]
Stored = tuple[int, bytes | None, bytes]
"""Timestamp in milliseconds, key and value of a record of an input."""
Said = Callable[[str, int, "list[SentRecord]"], None]
"""Takes the records that are written to a partition of an output, by the name of the topic's register."""


class SentRecord(NamedTuple):
    """A record that a unit of work writes."""

    key: bytes
    value: bytes | None
    headers: Headers


class MemoryBroker(Broker):
    """The topics of one run. All of customers have the same number of partitions."""

    def __init__(self, settings: Settings, strands: Strands, said: Said) -> None:
        super().__init__(settings)
        self.numbers = settings.topics.partitions
        self.headers: Headers = ()
        """The headers of all records of inputs."""
        self.erasing = set[Instant]()
        """The steps of event time in which a customer asks to be erased."""
        self.ends: Counter[TopicPartition] = Counter()
        """The number of records of each partition."""
        self._strands, self._said = strands, said
        self._inputs: dict[TopicPartition, Strand[Stored]] = {}
        self._queues: dict[TopicPartition, deque[LogRecord]] = {}
        self._read_in_turn = {self.topic(REKEYED), self.topic(PARTIALS)}
        self._outputs = {self.topic(topic): topic.name for topic in OUTPUTS}

    def put(self, where: TopicPartition, key: bytes | None, value: bytes, stamp: int) -> int:
        """Append a record to an input; return its offset."""
        strand = self._inputs.get(where)
        if strand is None:
            strand = self._inputs[where] = Strand(self._strands, Stored)
        strand.put((stamp, key, value), len(value))
        offset = self.ends[where]
        self.ends[where] = offset + 1
        return offset

    def portion(self, where: TopicPartition, number: int, start: int) -> list[LogRecord]:
        """Return a portion of an input whose first record is at offset `start`."""
        strand, (topic, partition), headers = self._inputs.get(where), where, self.headers
        return [
            LogRecord(topic, partition, start + place, stamp, key, value, headers)
            for place, (stamp, key, value) in enumerate(strand.portion(number) if strand is not None else ())
        ]

    def queued(self, where: TopicPartition) -> list[LogRecord]:
        """Return what was written to `rekeyed` or the sums since the last call."""
        queue = self._queues.pop(where, None)
        return list(queue) if queue is not None else []

    def write(self, topic: str, partition: int, records: Sequence[SentRecord]) -> int:
        """Write what a unit of work says; return the offset of the first record."""
        where = TopicPartition(topic, partition)
        offset = self.ends[where]
        self.ends[where] += len(records)
        if topic in self._outputs:
            self._said(self._outputs[topic], partition, list(records))
        elif topic in self._read_in_turn:
            stamp = int(time.time() * 1_000)
            self._queues.setdefault(where, deque()).extend(
                LogRecord(topic, partition, offset + place, stamp, *record) for place, record in enumerate(records)
            )
        return offset

    # What a unit of work, and its owner, ask of a broker

    def producer(self, role: str = "writer", **options: Any) -> AIOKafkaProducer:  # noqa: ANN401 - the broker's signature
        """Return a producer that writes here."""
        return cast("AIOKafkaProducer", Producer(self))

    async def topic_ids(self, names: Collection[str]) -> dict[str, str]:
        """Return nothing: these topics have no ids."""
        return {}

    async def input_widths(self) -> dict[str, int]:
        """Return the number of partitions of every input topic of customers."""
        return {topic.name: self.numbers for topic in self.consumed}

    async def bounds(self, where: list[TopicPartition]) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        """Return the first and the end offsets of partitions."""
        return dict.fromkeys(where, 0), {one: self.ends[one] for one in where}

    async def read(
        self, topic: str, partition: int, until: int | None = None, *, start: int = 0
    ) -> AsyncGenerator[list[ConsumerRecord], None]:
        """Read a partition of an input from its beginning, or an offset. There is nothing in any other topic."""
        where, number, place = TopicPartition(topic, partition), 0, 0
        while found := self.portion(where, number, place):
            wanted = [one for one in found if one.offset >= start and (until is None or one.offset < until)]
            if wanted:
                yield wanted
            number, place = number + 1, place + len(found)

    async def newest(self, topic: str, partition: int, most: int) -> list[ConsumerRecord]:
        """Return nothing: nothing was said before this run."""
        return []


class Producer:
    """Writes the records of a unit of work, as aiokafka's producer does."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    async def start(self) -> None:
        """Do nothing: no other worker has to be fenced."""

    async def stop(self) -> None:
        """Do nothing."""

    async def begin_transaction(self) -> None:
        """Do nothing: no subscriber reads between two writes of a commit."""

    async def commit_transaction(self) -> None:
        """Do nothing: the writes of a commit are read in one piece anyway."""

    async def send_offsets_to_transaction(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        """Do nothing: no worker continues from these positions."""

    def create_batch(self) -> "Batch":
        """Return an empty batch."""
        return Batch()

    async def send_batch(self, batch: "Batch", topic: str, *, partition: int) -> "asyncio.Future[Place]":
        """Write a batch; return where, as a future that is done."""
        done: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        done.set_result(Place(self._broker.write(topic, partition, batch.records)))
        return done


class Place(NamedTuple):
    """The place of a batch that is written."""

    offset: int


class Batch:
    """Records of one commit for a partition of a topic."""

    def __init__(self) -> None:
        self.records: list[SentRecord] = []

    def append(self, *, timestamp: int | None, key: bytes, value: bytes | None, headers: Headers) -> SentRecord:
        """Add a record: there is always room for one more."""
        self.records.append(SentRecord(key, value, headers))
        return self.records[-1]

    def record_count(self) -> int:
        """Return the number of records."""
        return len(self.records)

    def close(self) -> None:
        """Do nothing: the records stay as they are."""


class Consumer:
    """Knows where the partitions end that a unit of work reads, as aiokafka's consumer does."""

    def __init__(self, broker: MemoryBroker, where: Iterable[TopicPartition]) -> None:
        self._ends, self._assigned = broker.ends, frozenset(where)

    def assignment(self) -> frozenset[TopicPartition]:
        """Return all partitions: there is no other worker."""
        return self._assigned

    async def committed(self, where: TopicPartition) -> None:
        """Return nothing: this is the first run."""

    async def beginning_offsets(self, where: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the first offsets."""
        return dict.fromkeys(where, 0)

    def highwater(self, where: TopicPartition) -> int:
        """Return the offset after the last record."""
        return self._ends[where]

    def last_stable_offset(self, where: TopicPartition) -> int:
        """Return the offset after the last record: nothing is half written."""
        return self._ends[where]

    def seek(self, where: TopicPartition, offset: int) -> None:
        """Do nothing: who reads knows where it is."""

    def resume(self, *where: TopicPartition) -> None:
        """Do nothing: no partition is ever paused."""


def as_consumer(broker: MemoryBroker, where: Iterable[TopicPartition]) -> AIOKafkaConsumer:
    """Return the consumer of some partitions."""
    return cast("AIOKafkaConsumer", Consumer(broker, where))
