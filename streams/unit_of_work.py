"""The unit of work of one partition number: applies its records, and commits outputs, state and positions as one.

Rule: outputs, changed states and positions are taken in one go, without an await, while no agent is at work, and are
written together or not at all. For each lane `saved` ≤ `next` ≤ `fetched`, always:

    position     0          100        200        300
    fetched      |----b1----|----b2----|----b3----|      b3 is in the channel, or waits for its turn
    next         |----b1----|----b2----|                 applied: states in memory, outputs to be sent
    saved        |----b1----|                            committed: visible to all readers

    commit       detach b2 → begin → send outputs and states, beside them the positions → commit → `saved` is 200
    meanwhile    b3 may be applied; it belongs to the next commit

If a worker dies before the commit, nothing of b2 remains: the next owner of the partition number restores the state at
100, reads b2 again, and its outputs have the same ids. Within a step of a backlog a commit is postponed
(`BacklogOrder.is_whole`), so that outputs do not depend on when it was made.

Reason: a position written without its outputs loses them; outputs written without their position are written twice.
With transactions, a commit is one Kafka transaction. Without (the embedded broker), outputs are written first, then
states, then positions: no outputs are lost, and repeated ones have the same ids.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord, RecordMetadata

from retention.calendar import Instant
from streams.backlog_order import BacklogOrder, Stepping
from streams.batch import Batch
from streams.broker import Broker
from streams.errors import Lost
from streams.failpoints import passes
from streams.gaps import gaps_at, refusal
from streams.outgoing import Outgoing, packed
from streams.owner import Gone, Owner
from streams.source_lanes import lane_name


class Log(Protocol):
    """The interface of the partition log (`streams.partition_log`) that a unit uses."""

    broker: Broker
    consumer: AIOKafkaConsumer
    group: str
    transactions: bool
    changelogs: frozenset[str]
    ordered: tuple[str, ...]
    exact: frozenset[str]
    at_once: frozenset[str]
    lateness: Instant
    come_to: Callable[[Any], Instant]
    is_live: Callable[[Instant], bool]
    on_tick: Callable[["UnitOfWork"], bool]
    on_applied: Callable[[str, int], None]
    clock: Callable[[], float]
    stirred: asyncio.Event
    busy: asyncio.Event
    commits: int

    async def topic_ids(self) -> dict[str, str]:
        """Return the topics' ids, by name, as of the assignment."""


class UnitOfWork:
    """Everything of one partition number, from the assignment that brought it to the one that takes it away."""

    def __init__(self, log: Log, number: int, owner: Owner, lanes: Mapping[str, TopicPartition]) -> None:
        self.log, self.number, self.owner, self.lanes = log, number, owner, lanes
        self.next: dict[str, int] = {}
        self.fetched: dict[str, int] = {}
        self.saved: dict[str, int] = {}
        self.live = self.applying = self._given_up = False
        self.postponed = False
        """Whether a commit waits for the end of a step."""
        self._committed_at = -math.inf
        """When the last commit began, in seconds of the log's clock."""
        self.opening: asyncio.Task[None] | None = None
        self.producer: AIOKafkaProducer | None = None
        self._lock, self._leaving = asyncio.Lock(), asyncio.Lock()
        ranks = {lane: log.ordered.index(tp.topic) for lane, tp in lanes.items() if tp.topic in log.ordered}
        ranks |= {lane: -1 for lane, tp in lanes.items() if tp.topic in log.at_once}
        self.backlog = BacklogOrder(
            ranks,
            self.unread,
            self.apply_part,
            lambda: log.on_tick(self),
            log.clock,
            log.lateness,
            log.is_live,
            exact=[lane for lane, tp in lanes.items() if tp.topic in log.exact],
        )

    async def open(self) -> None:
        """Fence the former owner, restore the state, seek, and resume fetching."""
        log = self.log
        options = {"transactional_id": f"{log.group}-{self.number}"} if log.transactions else {}
        producer = log.broker.producer(
            f"partition-{self.number}", **options, **({"retry_backoff_ms": 5} if log.transactions else {})
        )
        try:
            await producer.start()
        except asyncio.CancelledError:
            await producer.stop()
            raise
        self.producer = producer
        passes("opened")
        # All at once: one after the other they are sixty round trips of a start with four partitions.
        committed = await asyncio.gather(*map(log.consumer.committed, self.lanes.values()))
        group = dict(zip(self.lanes, committed, strict=True))
        begin = await log.consumer.beginning_offsets(list(self.lanes.values()))
        restored = await self.owner.restore(log.broker, group)
        passes("restored")
        await self._require_no_gap(restored)
        self.next = {lane: restored.get(lane, begin[tp]) for lane, tp in self.lanes.items()}
        self.saved = {lane: offset if offset is not None else -1 for lane, offset in group.items()}
        self.fetched = dict(self.next)
        self.backlog.resume(log.come_to(self.owner))
        for lane, tp in self.lanes.items():  # no await from here on: the log is either paused or live
            log.consumer.seek(tp, self.next[lane])
        log.consumer.resume(*self.lanes.values())
        self.live = True

    async def _require_no_gap(self, restored: Mapping[str, int]) -> None:
        """Raise `LogGap` if the next records to read are gone; else note the topics' ids."""
        log, owner = self.log, self.owner
        positions = {tp: restored[lane] for lane, tp in self.lanes.items() if lane in restored}
        ids = await log.topic_ids()
        gaps = await gaps_at(log.broker, positions, owner.logs, ids, exact_ends=log.transactions)
        if gaps:
            raise refusal(gaps)
        owner.logs |= ids

    @property
    def settled(self) -> bool:
        """Report whether everything applied is written: no commit is under way, and none is due."""
        return not self._lock.locked() and self.next == self.saved and not self.owner.has_work()

    def lane(self, where: TopicPartition) -> str:
        """Return the lane of a partition of a topic."""
        return lane_name(where.topic, where.partition, self.number)

    def read(self) -> list[str]:
        """Return the lanes of which everything is applied, as far as the last fetch knows."""
        consumer = self.log.consumer
        assigned = consumer.assignment()
        # A log that ends before the position of the state counts as unread: it is another log.
        return [
            lane
            for lane, tp in self.lanes.items()
            if self.live and tp in assigned and consumer.highwater(tp) == self.next[lane]
        ]

    def answered(self) -> dict[TopicPartition, int | None]:
        """Return when the last fetch of each lane was answered, in milliseconds; None: not yet."""
        consumer = self.log.consumer
        assigned = consumer.assignment()
        return {tp: consumer.last_poll_timestamp(tp) if tp in assigned else None for tp in self.lanes.values()}

    def unread(self, lane: str) -> bool:
        """Report whether a lane has committed records that are not applied, as far as the last fetch knows."""
        tp, consumer = self.lanes[lane], self.log.consumer
        if not self.live or tp not in consumer.assignment():
            return False
        stable = consumer.last_stable_offset(tp)
        end = stable if stable is not None and stable >= 0 else consumer.highwater(tp)
        return end is None or self.next[lane] < end

    def take(self, batch: Batch, agent: Callable[[Sequence[ConsumerRecord], Any], None]) -> None:
        """Have an agent apply a batch: at once, or in its turn if the topic is read in order. Never awaits."""
        if batch.topic in self.log.ordered:
            self.backlog.take(batch, cast("Stepping", agent))
            self.run_ready()
        elif self.claim(batch.lane, batch.start):
            agent(batch.records, self.owner)
            self.done(batch.lane, batch.following)
            self.backlog.gave(batch.lane)
            self.log.on_applied(batch.topic, len(batch.records))

    def claim(self, lane: str, start: int) -> bool:
        """Report whether a batch may be applied: not if the partition was taken away.

        There must be no await until `done`. Raises `Lost` if the batch does not begin where the last one ended.
        """
        if not self.live:
            return False
        if self.applying or start != self.next[lane]:
            where = self.lanes[lane]
            raise Lost(f"{where.topic}-{where.partition}: expected position {self.next[lane]}, got {start}")
        self.applying = True
        return True

    def apply_part(
        self, batch: Batch, agent: Stepping, place: int, end: Instant, most: int
    ) -> tuple[int, Instant] | None:
        """Have an agent apply a batch from index `place`, up to an instant; None if the partition was taken away.

        Applies at most `most` records: if it stops for that reason, the instant of the next one is unknown: NEVER.
        """
        records = batch.records
        start = records[place - 1].offset + 1 if place else batch.start
        if not self.claim(batch.lane, start):
            return None
        part = records if place + most >= len(records) else records[: place + most]
        reached, at = agent.until(part, place, self.owner, end)
        if reached == len(records):
            self.done(batch.lane, batch.following)
        else:
            self.done(batch.lane, records[reached - 1].offset + 1 if reached > place else start)
        self.log.on_applied(batch.topic, reached - place)
        return reached, at

    def run_ready(self) -> None:
        """Apply the records whose turn it is in the backlog order; if that takes long, the log continues it."""
        if not self.backlog.busy:
            self.resume()

    def resume(self) -> None:
        """Apply more of them, for a limited time."""
        if not self.live:
            return
        went = self.backlog.run_ready()
        if self.backlog.busy:
            self.log.busy.set()
        elif went:
            self.log.stirred.set()

    def done(self, lane: str, following: int) -> None:
        """Note that a batch is applied, up to the position that follows it."""
        self.next[lane] = following
        self.applying = False

    def is_due(self, pause: float) -> bool:
        """Report whether to commit now: outputs wait, or a postponed commit, or the last one is `pause` seconds ago.

        Services wait for outputs. States may wait longer: the more events are in a commit, the fewer bytes it takes for
        each (docs/decisions/0098).
        """
        return self.postponed or self.owner.has_outputs() or self.log.clock() - self._committed_at >= pause

    async def commit(self) -> None:
        """Write outputs, changelog and positions as one, if there is anything to write.

        Within a step of a backlog this is postponed until the step is done: see `BacklogOrder.is_whole`.
        """
        async with self._lock:
            moved = {self.lanes[lane]: at for lane, at in self.next.items() if at != self.saved[lane]}
            if not self.live or not (moved or self.owner.has_work()):
                return
            if self.applying:
                raise Lost(f"partition {self.number}: a batch was left half applied")
            stopped = self.backlog.stops
            self.backlog.stops = self.postponed = not self.backlog.is_whole()
            if self.postponed:
                return
            self._committed_at = self.log.clock()
            outgoing = self.owner.detach(self.next)
            snapshot = dict(self.next)
            passes("detached")
            if stopped:
                self.run_ready()
            try:
                ends = await self._write(outgoing, moved)
            except BaseException:
                self.live = False  # a close meanwhile must not commit again: the error of this commit ends the worker
                raise
            passes("committed")
            self.owner.committed(ends)
            self.saved |= snapshot
            self.log.commits += 1

    async def _write(self, outgoing: list[Outgoing], moved: dict[TopicPartition, int]) -> dict[str, int]:
        producer, log = self._producer(), self.log
        if log.transactions:
            await producer.begin_transaction()
            # In parallel: positions wait for nothing that batches need (73 → 50 ms a commit at 10,000 events a second
            # in `benchmarks.latency`, where four partitions commit at once). Cancelling one cancels both.
            ends, _ = await asyncio.gather(self._send_all(outgoing), self._position(producer, moved))
            await producer.commit_transaction()
            return ends
        changelog = [record for record in outgoing if record.topic in log.changelogs]
        await self._send([record for record in outgoing if record.topic not in log.changelogs])
        passes("sent")
        ends = await self._send([record for record in changelog if not record.together])
        ends |= await self._send([record for record in changelog if record.together])
        passes("positioned")
        if moved:
            await log.consumer.commit(moved)
        return ends

    async def _send_all(self, outgoing: list[Outgoing]) -> dict[str, int]:
        ends = await self._send(outgoing)
        passes("sent")
        return ends

    async def _position(self, producer: AIOKafkaProducer, moved: dict[TopicPartition, int]) -> None:
        if moved:
            await producer.send_offsets_to_transaction(moved, self.log.group)
        passes("positioned")

    async def _send(self, outgoing: Iterable[Outgoing]) -> dict[str, int]:
        """Send record batches and await every future: committing a transaction alone hides batches that failed.

        Return, by topic, the offset after what was sent to the partition of this number. Without transactions a batch
        is sent only after the one before it is written: positions and origins vouch for everything before them.
        """
        producer = self._producer()
        sent: list[tuple[str, int, int, asyncio.Future[RecordMetadata]]] = []
        for topic, partition, builder in packed(outgoing, self.number, producer.create_batch):
            builder.close()
            if sent and sent[-1][:2] == (topic, partition) and not self.log.transactions:
                await sent[-1][-1]
            future = await producer.send_batch(builder, topic, partition=partition)
            future.add_done_callback(retrieved)
            sent.append((topic, partition, builder.record_count(), future))
        ends: dict[str, int] = {}
        for topic, partition, number, future in sent:
            offset = (await future).offset
            if partition == self.number:
                ends[topic] = offset + number
        return ends

    def _producer(self) -> AIOKafkaProducer:
        if self.producer is None:
            raise Lost(f"partition {self.number} is not open")
        return self.producer

    async def close(self) -> None:
        """Commit what is applied and give up the partition. Called twice, it does so once."""
        async with self._leaving:
            if not self._given_up:
                await self._give_up()
                self._given_up = True

    async def _give_up(self) -> None:
        if self.opening is not None and not self.opening.done():
            self.opening.cancel()
            await asyncio.wait([self.opening])
        if self.producer is not None:
            await self.commit()
            while self.postponed and self.backlog.busy:  # a step that is not finished is repeated by the next owner
                self.resume()
                await asyncio.sleep(0)
                await self.commit()
            self.live = False
            await self.producer.stop()
        self.live = False
        self.owner.closed()
        self.owner, self.producer, self.opening = Gone(), None, None
        self.backlog.let_go()


def retrieved(future: "asyncio.Future[Any]") -> None:
    """Retrieve the exception of a future that is no longer awaited: the first failure was reported already."""
    if not future.cancelled():
        future.exception()
