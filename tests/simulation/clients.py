"""The simulation's consumer and producer: aiokafka's calls, over a network that takes its time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaTimeoutError
from aiokafka.structs import ConsumerRecord, RecordMetadata

from streams.assignor import ByNumber, Given, Member
from streams.broker import Broker
from streams.settings import Settings
from streams.topics import Topic
from tests.simulation.cluster import Cluster, Entry
from tests.simulation.group import Group
from tests.simulation.loop import spawn

LOSS = 0.002
"""Share of the batches that never reach the broker."""
BATCH_BYTES = 3_000
"""Small, so that a commit takes several batches; records marked `together` fit one."""


class Client:
    """One process: it can be killed or frozen wherever it waits for the network."""

    def __init__(self, cluster: Cluster, on_await: Callable[["Client"], None]) -> None:
        self.cluster, self.on_await = cluster, on_await
        self.dead = False
        self.awake = asyncio.Event()
        self.awake.set()
        self._quiet_since: float | None = None

    def kill(self) -> None:
        """Kill it: nothing that it waits for ever comes."""
        self.dead = True
        self._went_quiet()

    def freeze(self) -> None:
        """Stop it as SIGSTOP does."""
        self.awake.clear()
        self._went_quiet()

    def thaw(self) -> None:
        """Continue it."""
        if not self.dead:
            self.awake.set()
            self._quiet_since = None

    def _went_quiet(self) -> None:
        if self._quiet_since is None:
            self._quiet_since = asyncio.get_running_loop().time()

    def silent_since(self, now: float) -> float:
        """Return the seconds since its last sign of life."""
        return 0.0 if self._quiet_since is None else now - self._quiet_since

    async def alive(self) -> None:
        """Wait for as long as the process does not run."""
        if self.dead:
            await asyncio.get_running_loop().create_future()
        await self.awake.wait()
        if self.dead:
            await asyncio.get_running_loop().create_future()

    async def way(self) -> None:
        """Wait for one way to the broker or back; any fault can happen here."""
        self.on_await(self)
        await self.alive()
        await asyncio.sleep(self.cluster.dice.random() ** 3 * 0.02)
        await self.alive()


class SimBroker(Broker):
    """The project's broker, with the clients of one process of the simulation."""

    def __init__(self, settings: Settings, client: Client) -> None:
        super().__init__(settings)
        self.client = client

    def consumer(self, role: str = "", **options: Any) -> Any:
        (assignor,) = options.get("partition_assignment_strategy", [None])
        return SimConsumer(self.client, options.get("group_id"), assignor)

    def producer(self, role: str = "", **options: Any) -> Any:
        return SimProducer(self.client, options.get("transactional_id"))

    async def has_transactions(self, role: str = "probe") -> bool:
        return self.client.cluster.transactions

    async def topic_ids(self, names: Collection[str]) -> dict[str, str]:
        return {}

    async def widths(self) -> dict[str, int]:
        await self.client.way()
        return dict(Counter(where.topic for where in self.client.cluster.logs))

    async def recreate(self, topic: Topic, width: int) -> None:
        await self.client.way()
        self.client.cluster.create(topic.name, width)

    async def members(self, group: str) -> int:
        await self.client.way()
        return len(self.client.cluster.groups[group].members) if group in self.client.cluster.groups else 0

    async def committed(self, group: str) -> dict[TopicPartition, int]:
        await self.client.way()
        return {where: at for (name, where), at in self.client.cluster.committed.items() if name == group}


def _by_topic(wheres: Iterable[TopicPartition]) -> list[tuple[str, list[int]]]:
    return [(topic, [w.partition for w in of_it]) for topic, of_it in groupby(sorted(wheres), lambda w: w.topic)]


class SimConsumer:
    """The calls of `AIOKafkaConsumer` that are used here.

    A frozen process hears everything it missed at once: harsher than aiokafka, which calls its listeners in turn.
    """

    def __init__(self, client: Client, group: str | None, assignor: ByNumber | None) -> None:
        self.client, self.cluster = client, client.cluster
        self.group, self.assignor = group, assignor
        self.generation = -1
        self.topics: list[str] = []
        self.listener: ConsumerRebalanceListener | None = None
        self._assigned: set[TopicPartition] = set()
        self._positions: dict[TopicPartition, int] = {}
        self._paused: set[TopicPartition] = set()

    def subscribe(self, topics: Sequence[str], listener: ConsumerRebalanceListener) -> None:
        self.topics, self.listener = list(topics), listener

    def assign(self, wheres: Iterable[TopicPartition]) -> None:
        self._assigned, self._positions = set(wheres), {}

    async def start(self) -> None:
        await self.client.way()
        if self.group is not None:
            self._group().join(self)

    async def stop(self) -> None:
        await self.client.way()
        if self.group is not None:
            self._group().leave(self)

    def _group(self) -> Group:
        if self.group is None:
            raise LookupError("no group")
        if self.group not in self.cluster.groups:
            self.cluster.groups[self.group] = Group(self.group, self.cluster.dice, self.cluster.numbers)
        return self.cluster.groups[self.group]

    # Called by the group

    def silent_since(self, now: float) -> float:
        """Return the seconds since the last sign of life of its process."""
        return self.client.silent_since(now)

    def wanted(self) -> list[TopicPartition]:
        """Return every partition of the topics."""
        return sorted(where for where in self.cluster.logs if where.topic in self.topics)

    async def give_up(self) -> None:
        """Take note that everything is revoked; join again if the group went on without this member."""
        await self.client.alive()
        if self.listener is not None:
            await self.listener.on_partitions_revoked(set(self._assigned))
        await self.client.alive()
        group = self._group()
        if self not in group.members:
            group.join(self)

    def said(self) -> Member:
        """Return the numbers that it owns, and those of which it has a copy."""
        if self.assignor is None:
            return Member()
        return msgspec.json.decode(self.assignor.metadata(set(self.topics)).user_data, type=Member)

    def take(self, wheres: set[TopicPartition], generation: int, standing: Sequence[int]) -> None:
        """Accept partitions for a generation, and those to stand by for."""
        self.generation = generation
        self._assigned, self._positions, self._paused = wheres, {}, set()
        if self.assignor is not None:
            widths = {topic: len({w for w in self.wanted() if w.topic == topic}) for topic in self.topics}
            given = ConsumerProtocolMemberAssignment(
                0, _by_topic(wheres), msgspec.json.encode(Given(list(standing), widths))
            )
            self.assignor.on_assignment(given)
        if self.listener is not None:
            spawn(self._hear_of(wheres, self.listener))

    async def _hear_of(self, wheres: set[TopicPartition], listener: ConsumerRebalanceListener) -> None:
        await self.client.alive()
        await listener.on_partitions_assigned(wheres)

    def noticed(self) -> None:
        """Find out, once running again, that the group went on without this member."""
        if self.group is not None and self.topics and self not in self._group().members:
            spawn(self.give_up())

    # Called by the partition log

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self._assigned)

    def pause(self, *wheres: TopicPartition) -> None:
        self._paused |= self._ours(wheres)

    def resume(self, *wheres: TopicPartition) -> None:
        self._paused -= self._ours(wheres)

    def seek(self, where: TopicPartition, offset: int) -> None:
        self._ours([where])
        self._positions[where] = offset

    def _ours(self, wheres: Iterable[TopicPartition]) -> set[TopicPartition]:
        asked = set(wheres)
        if not asked <= self._assigned:
            raise IllegalStateError(f"not assigned: {asked - self._assigned}")
        return asked

    async def position(self, where: TopicPartition) -> int:
        self._ours([where])
        if where not in self._positions:
            found = await self.committed(where)
            self._ours([where])
            self._positions.setdefault(where, found or 0)
        return self._positions[where]

    async def committed(self, where: TopicPartition) -> int | None:
        await self.client.way()
        found = self.cluster.committed.get((self.group or "", where))
        await self.client.way()
        return found

    async def beginning_offsets(self, wheres: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        await self.client.way()
        return dict.fromkeys(wheres, 0)

    async def end_offsets(self, wheres: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        await self.client.way()
        return {where: self.cluster.stable_end(where) for where in wheres}

    async def seek_to_beginning(self, where: TopicPartition) -> None:
        await self.client.way()
        self.seek(where, 0)

    def highwater(self, where: TopicPartition) -> int:
        return len(self.cluster.logs[where])

    def last_stable_offset(self, where: TopicPartition) -> int:
        return self.cluster.stable_end(where)

    async def getmany(
        self, *wheres: TopicPartition, timeout_ms: int = 0, max_records: int = 500
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        asked = sorted(self._ours(wheres) if wheres else self._assigned)
        until = asyncio.get_running_loop().time() + timeout_ms / 1_000
        while True:
            await self.client.way()
            found: dict[TopicPartition, list[ConsumerRecord]] = {}
            for where in asked:
                if where in self._assigned and where not in self._paused and where in self._positions:
                    limit = self.cluster.dice.randrange(1, max_records + 1) if max_records < 100 else max_records
                    records, self._positions[where] = self.cluster.fetch(where, self._positions[where], limit)
                    if records:
                        found[where] = records
            if found or asyncio.get_running_loop().time() >= until:
                return found
            await asyncio.sleep(0.05)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        await self.client.way()
        group = self._group()
        if self not in group.members or self.generation != group.generation:
            raise CommitFailedError
        self.cluster.committed |= {(group.name, where): offset for where, offset in offsets.items()}
        await self.client.way()


class SimBatch:
    """Records that are sent together."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._size = 0

    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> object | None:
        self._size += len(key or b"") + len(value or b"")
        if self.entries and self._size > BATCH_BYTES:
            return None
        self.entries.append(Entry(key, value, tuple(headers), timestamp or 0))
        return self

    def record_count(self) -> int:
        return len(self.entries)

    def close(self) -> None:
        """Do nothing: no more records are added."""


class SimProducer:
    """The calls of `AIOKafkaProducer` that are used here."""

    def __init__(self, client: Client, transactional_id: str | None) -> None:
        self.client, self.cluster, self.id = client, client.cluster, transactional_id
        self.epoch = 0
        self._sending: list[asyncio.Future[RecordMetadata]] = []

    async def start(self) -> None:
        await self.client.way()
        if self.id is not None:
            self.epoch = self.cluster.take_over(self.id)
        await self.client.way()

    async def stop(self) -> None:
        await self._sent()

    async def begin_transaction(self) -> None:
        """Do nothing: this needs no request."""
        await asyncio.sleep(0)

    def create_batch(self) -> SimBatch:
        return SimBatch()

    async def send_batch(self, batch: SimBatch, topic: str, *, partition: int) -> "asyncio.Future[RecordMetadata]":
        await asyncio.sleep(0)
        where = TopicPartition(topic, partition)
        before = list(self._sending[-1:])
        future = asyncio.ensure_future(self._deliver(batch, where, before))
        self._sending.append(future)
        return future

    async def _deliver(
        self, batch: SimBatch, where: TopicPartition, before: Sequence[Awaitable[RecordMetadata]]
    ) -> RecordMetadata:
        await self.client.way()
        if before:
            await asyncio.wait([asyncio.ensure_future(_quietly(before[0]))])
        if self.cluster.loses_batches and self.cluster.dice.random() < LOSS:
            raise KafkaTimeoutError  # the broker never got it
        transaction = None
        if self.id is not None:
            transaction = self.cluster.opened(self.cluster.writer(self.id, self.epoch))
            transaction.touched.add(where)
        for entry in batch.entries:
            entry.transaction = transaction
        first = self.cluster.append(where, batch.entries)
        await self.client.way()
        return RecordMetadata(where.topic, where.partition, where, first, 0, 0, 0)

    async def send(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int
    ) -> "asyncio.Future[RecordMetadata]":
        batch = self.create_batch()
        batch.append(timestamp=None, key=key, value=value)
        return await self.send_batch(batch, topic, partition=partition)

    async def _sent(self) -> None:
        """Wait until everything is sent, whatever the result: a commit alone tells nothing about batches."""
        sending, self._sending = self._sending, []
        if sending:
            await asyncio.wait(sending)

    async def send_offsets_to_transaction(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        await self.client.way()
        transaction = self.cluster.opened(self.cluster.writer(self._own_id(), self.epoch))
        transaction.offsets |= {(group, where): offset for where, offset in offsets.items()}
        await self.client.way()

    async def commit_transaction(self) -> None:
        await self._sent()
        await self.client.way()
        self.cluster.commit(self.cluster.writer(self._own_id(), self.epoch))
        await self.client.way()

    def _own_id(self) -> str:
        if self.id is None:
            raise IllegalStateError("no transactional id")
        return self.id


async def _quietly(awaitable: Awaitable[Any]) -> None:
    await asyncio.wait([asyncio.ensure_future(awaitable)])
