"""The partition log: membership and fetching on aiokafka's public API; batches out on Faust channels.

Faust's cost is paid once a batch, its agents stay plain. Any doubt ends the process: the committed state is the truth.
"""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, ParamSpec, cast

import faust
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord
from faust.channels import Channel
from mode import Service
from mode.utils.queues import FlowControlEvent, ThrowableQueue

from retention.calendar import SECOND, Instant
from streams import memory
from streams.assignor import ByNumber
from streams.broker import Broker
from streams.errors import Lost, StreamError, explained
from streams.failpoints import passes
from streams.gaps import gaps_at, refusal
from streams.in_step import Stepping
from streams.lanes import by_number
from streams.unit_of_work import Owner, UnitOfWork, retrieved

if TYPE_CHECKING:  # aiokafka ships no types: with one of its classes as a base, no name of the log would be checked
    RebalanceListener = object
else:
    RebalanceListener = ConsumerRebalanceListener

P = ParamSpec("P")

FAR_BEHIND: Final = 5_000
"""Records still to be applied that make throughput matter more than latency: half a second of 10,000 a second."""
NEW_PARTITIONS_AFTER: Final = 10.0
"""Seconds after which partitions that were added to a topic are read at the latest. aiokafka's own five minutes would
be half of the usual disorder."""
ENOUGH: Final = 1_000
"""Records of a lane that wait for their turn before no more are fetched: a lane that has run out holds up all."""
AGAIN: Final = 0.01
"""Seconds until a commit is tried again that waits for a step to be done."""
MOST_PAUSE: Final = 3.0
"""Seconds of a backlog that one commit carries at most. The longer, the fewer customers are written twice: two wrote a
third more states (docs/performance.md)."""


class Batch(NamedTuple):
    """Consecutive records of one partition of a topic (`lane`): `start` and `following` are positions in the log.

    Positions, not offsets of records: transactions and compaction leave gaps between those.
    """

    unit: UnitOfWork
    lane: str
    records: Sequence[ConsumerRecord]
    start: int
    following: int

    def apply(self, agent: Callable[[Sequence[ConsumerRecord], Any], None]) -> None:
        """Let a plain agent work on the records, as soon as it is their turn. Never awaits."""
        if self.topic in self.unit.log.in_step:
            self.unit.in_step.take(self, cast("Stepping", agent))
            self.unit.go()
        elif self.unit.claim(self.lane, self.start):
            agent(self.records, self.unit.owner)
            self.unit.done(self.lane, self.following)
            self.unit.in_step.gave(self.lane)
            self.unit.log.on_applied(self.topic, len(self.records))

    @property
    def topic(self) -> str:
        """The topic that these are of."""
        topic: str = self.unit.lanes[self.lane].topic
        return topic


class BatchChannel(Channel[Batch]):
    """A channel with its own bounded queue: Faust's flow control would clear it, and nobody would know."""

    _own: ThrowableQueue[Any] | None = None

    @property
    def queue(self) -> ThrowableQueue[Any]:
        """The queue between the fetch loop and the agent."""
        if self._own is None:
            flow = FlowControlEvent(initially_suspended=False)
            self._own = ThrowableQueue(maxsize=self.maxsize, flow_control=flow)
        return self._own


def fatal(method: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, Coroutine[Any, Any, None]]:
    """End the worker on any error: aiokafka logs what its listeners raise and goes on, mode restarts tasks.

    The error goes to whoever waits for the worker, and nowhere else: it is told once, in words.
    """

    @functools.wraps(method)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await method(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the worker, and is raised to who waits
            cast("PartitionLog", args[0]).fail(error)

    return guarded


class PartitionLog(Service, RebalanceListener):
    """Consumes the topics of one group and keeps a unit of work for each of `numbers` partition numbers."""

    def __init__(
        self,
        app: faust.App,
        broker: Broker,
        group: str,
        topics: Sequence[str],
        numbers: int,
        own: Callable[[int], Owner],
        *,
        changelogs: frozenset[str],
        in_step: Sequence[str] = (),
        exact: frozenset[str] = frozenset(),
        at_once: frozenset[str] = frozenset(),
        transactions: bool,
        on_failure: Callable[[BaseException], None],
        on_tick: Callable[[UnitOfWork], bool] = lambda _: False,
        on_applied: Callable[[str, int], None] = lambda _topic, _records: None,
        come_to: Callable[[Any], Instant] = lambda _: 0,
        is_live: Callable[[Instant], bool] = lambda _: False,
        assignor: ByNumber | None = None,
        max_batch: int = 800,
    ) -> None:
        super().__init__()
        self.app, self.broker, self.group, self.topics, self.numbers = app, broker, group, list(topics), numbers
        self.own, self.changelogs, self.transactions = own, changelogs, transactions
        self.on_failure, self.on_tick, self.on_applied, self.max_batch = on_failure, on_tick, on_applied, max_batch
        self.come_to, self.is_live = come_to, is_live
        self.in_step = tuple(in_step)
        """The topics that are read as one log; of what happened in the same step, the first of them goes first."""
        self.exact = exact
        """Those of them whose records stand between what happened before their instant and what happened after it."""
        self.at_once = at_once
        """Others, whose records wait for nobody: those wait for them."""
        self.channels = {topic: BatchChannel(app, maxsize=4) for topic in topics}
        self.units: dict[int, UnitOfWork] = {}
        self.commits = 0
        self._ids: asyncio.Future[dict[str, str]] | None = None
        self.failed = False
        self.assigned = asyncio.Event()
        self.stirred = asyncio.Event()
        """Set when something was applied: there is room for more."""
        self.busy = asyncio.Event()
        """Set when a unit has more to do than it may do at once."""
        self.lateness = round(broker.settings.time.lateness * SECOND)
        self.patience = broker.settings.kafka.patience
        self.commit_every = broker.settings.time.commit_every
        self.assignor = assignor or ByNumber(numbers)
        self.consumer: AIOKafkaConsumer = broker.consumer(
            "worker",
            group_id=group,
            partition_assignment_strategy=[self.assignor],
            session_timeout_ms=int(broker.settings.kafka.session_timeout * 1_000),
            heartbeat_interval_ms=int(broker.settings.kafka.session_timeout * 1_000 / 10),
            rebalance_timeout_ms=60_000,
            max_poll_interval_ms=300_000,
            metadata_max_age_ms=int(NEW_PARTITIONS_AFTER * 1_000),
            auto_offset_reset="none",  # every position is sought; one that is gone is told, and never skipped
        )

    def fail(self, error: BaseException) -> None:
        """Stop writing and tell the worker to end: the next owner continues from the last commit."""
        if not self.failed:
            self.failed = True
            for unit in self.units.values():
                unit.live = False
            self.on_failure(explained(error, self.broker.servers))

    @fatal
    async def on_start(self) -> None:
        """Join the group."""
        self.consumer.subscribe(self.topics, listener=self)
        await self.consumer.start()

    @fatal
    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Commit what is applied before others take over."""
        self.assigned.clear()
        if revoked:
            passes("revoked")
        await asyncio.gather(*(unit.close() for unit in self.units.values()))
        self.units = {}
        if revoked:
            memory.collect()

    @fatal
    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Only start the restore: no heartbeats are sent before this returns."""
        if assigned:
            self._ids = asyncio.ensure_future(self.broker.topic_ids(self.topics))
            self._ids.add_done_callback(retrieved)  # the units may have ended before anybody asks
            self.consumer.pause(*assigned)
        for number, lanes in by_number(assigned, self.numbers).items():
            unit = self.units[number] = UnitOfWork(self, number, self.own(number), lanes)
            unit.opening = asyncio.create_task(self._open(unit))
        self.assigned.set()

    @fatal
    async def _open(self, unit: UnitOfWork) -> None:
        await unit.open()

    async def topic_ids(self) -> dict[str, str]:
        """Return which topics these are, as asked when they were assigned."""
        return await asyncio.shield(self._ids) if self._ids is not None else {}

    @property
    def ready(self) -> bool:
        """Whether everything that was assigned is restored and live."""
        return self.assigned.is_set() and all(unit.live for unit in self.units.values())

    def read(self, unit: UnitOfWork) -> list[str]:
        """Give the lanes of which everything is applied, as far as the last fetch knew."""
        assigned = self.consumer.assignment()
        # A log that ends before the state is not read: it is another log.
        return [
            lane
            for lane, tp in unit.lanes.items()
            if unit.live and tp in assigned and self.consumer.highwater(tp) == unit.next[lane]
        ]

    def unread(self, unit: UnitOfWork, lane: str) -> bool:
        """Tell whether a lane has records that can be read and are not applied, as far as anybody knows."""
        tp = unit.lanes[lane]
        if not unit.live or tp not in self.consumer.assignment():
            return False
        stable = self.consumer.last_stable_offset(tp)
        end = stable if stable is not None and stable >= 0 else self.consumer.highwater(tp)
        return end is None or unit.next[lane] < end

    def lag(self) -> Mapping[tuple[str, int], int]:
        """Give how many records are still to be applied, by topic and partition."""
        return {
            (tp.topic, tp.partition): max(0, (self.consumer.highwater(tp) or 0) - unit.next[lane])
            for unit in self.units.values()
            if unit.live
            for lane, tp in unit.lanes.items()
        }

    def widths(self) -> dict[str, int]:
        """Give the number of partitions of each topic, as they were shared out."""
        return self.assignor.widths

    @Service.task
    @fatal
    async def _fetch(self) -> None:
        while not all(channel.subscriber_count for channel in self.channels.values()):
            await self.sleep(0.01)  # a channel without a subscriber drops what is put
        # One loop per topic: a slow agent holds up its own topic only.
        await asyncio.gather(*(self._fetch_topic(topic) for topic in self.topics))

    async def _fetch_topic(self, topic: str) -> None:
        while not self.should_stop and not self.failed:
            live = [tp for tp in self.consumer.assignment() if tp.topic == topic and self._live(tp) is not None]
            room = [tp for tp in live if not self._has_enough(tp)]
            self.stirred.clear()
            try:
                # getmany() without partitions would mean all of them.
                found = await self._fetch_from(room, 200 if room == live else 0) if room else []
            except IllegalStateError:
                continue  # a rebalance took a partition away before anything was fetched
            for batch in found:
                await self.channels[topic].put(batch)  # type: ignore[arg-type]  # it takes whatever it is made for
            for tp in room:
                self._go(tp)
            if found or (room and room == live):
                await asyncio.sleep(0)
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stirred.wait(), 0.02)

    async def _fetch_from(self, where: list[TopicPartition], timeout_ms: int) -> list[Batch]:
        await self._check_positions(where)
        try:
            fetched = await self.consumer.getmany(*where, timeout_ms=timeout_ms, max_records=self.max_batch)
        except OffsetOutOfRangeError as error:
            await self._require_no_gap(error)
            return []
        return await self._bound(where, fetched)

    def _go(self, where: TopicPartition) -> None:
        """Let others go on that waited for what turned out to be at its end."""
        unit = self._live(where)
        if unit is not None and where.topic in self.in_step:
            unit.go()

    def _has_enough(self, where: TopicPartition) -> bool:
        """Tell whether more of a lane waits for its turn than it needs."""
        unit = self._live(where)
        if unit is None or where.topic not in self.in_step:
            return False
        lane = unit.lane(where)
        return unit.fetched[lane] - unit.next[lane] >= ENOUGH

    def _live(self, where: TopicPartition) -> UnitOfWork | None:
        unit = self.units.get(where.partition % self.numbers)
        return unit if unit is not None and unit.live else None

    async def _check_positions(self, where: list[TopicPartition]) -> None:
        """Raise `Lost` if the consumer has moved on without us: what it skipped would never be applied."""
        for tp in where:
            unit = self._live(tp)
            position = await self.consumer.position(tp)
            if unit is not None and unit is self._live(tp) and position != unit.fetched[unit.lane(tp)]:
                raise self._another_log(tp, position, unit)

    async def _require_no_gap(self, error: OffsetOutOfRangeError) -> None:
        """Raise `LogGap` if what was to be read next is gone; a new leader may only not know yet that it is there."""
        (positions,) = error.args
        gaps = await gaps_at(self.broker, positions, {}, {}, exact_ends=self.transactions)
        if gaps:
            raise refusal(gaps)

    def _another_log(self, tp: TopicPartition, position: int, unit: UnitOfWork) -> Lost:
        return Lost(
            f"{tp.topic}-{tp.partition}: the log goes on at {position}, the state at {unit.fetched[unit.lane(tp)]}; "
            "start it again: it goes on from the last commit, or tells what is missing"
        )

    async def _bound(
        self, where: list[TopicPartition], fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    ) -> list[Batch]:
        """Bind what was fetched to the units that are live now; what came for a closed one is fetched again."""
        # A rebalance during the fetch replaces the units, so they are looked up now. Asking for a position that is
        # known does not suspend: nothing can come between the fetch and this.
        batches: list[Batch] = []
        for tp in where:
            unit = self._live(tp) if tp in self.consumer.assignment() else None
            if unit is None:
                continue
            following = await self.consumer.position(tp)
            records = fetched.get(tp, [])
            first = records[0].offset if records else following
            name = unit.lane(tp)
            if first < unit.fetched[name]:  # the client started over during the fetch
                raise self._another_log(tp, first, unit)
            if following != unit.fetched[name]:
                batches.append(self._batch(unit, name, records, following))
        return batches

    def _batch(self, unit: UnitOfWork, lane: str, records: Sequence[ConsumerRecord], following: int) -> Batch:
        start, unit.fetched[lane] = unit.fetched[lane], following
        return Batch(unit, lane, records, start, following)

    @Service.task
    @fatal
    async def _go_on(self) -> None:
        """Go on with what takes long, one unit after the other, with a look at the network after each."""
        while not self.should_stop and not self.failed:
            await self.wait(self.busy.wait())
            self.busy.clear()
            for unit in [one for one in self.units.values() if one.in_step.busy]:
                unit.go_on()
                await asyncio.sleep(0)

    @Service.task
    @fatal
    async def _commit(self) -> None:
        pause = self.commit_every
        while not self.should_stop and not self.failed:
            await self.sleep(pause)
            begun = asyncio.get_running_loop().time()
            for unit in list(self.units.values()):
                unit.go()  # nobody waits for ever
            await self._pass_time(begun + pause)
            await asyncio.wait_for(self.commit(), self.patience)
            if any(unit.postponed for unit in self.units.values()):
                pause = AGAIN
                continue
            taken = asyncio.get_running_loop().time() - begun
            # Nearly up to date: commit as often as asked for. Far behind: let a commit carry more.
            behind = sum(self.lag().values()) > FAR_BEHIND
            pause = (
                min(MOST_PAUSE, max(self.commit_every, 8 * taken)) if behind else max(0.002, self.commit_every - taken)
            )

    async def _pass_time(self, until: float) -> None:
        """Let event time pass on each partition, with looks at the network, for at most as long as records came in.

        Read from a backlog, time would stay behind the events otherwise, and what it raises would be told long after.
        What does not get its turn waits for the next commit.
        """
        waiting = list(self.units.values())
        while waiting := [unit for unit in waiting if unit.live and self.on_tick(unit)]:
            if asyncio.get_running_loop().time() >= until:
                return
            await asyncio.sleep(0)

    async def commit(self) -> None:
        """Commit every live partition."""
        await asyncio.gather(*(unit.commit() for unit in list(self.units.values()) if unit.live))

    async def on_stop(self) -> None:
        """Commit and leave; after a failure, leave without a word."""
        try:
            if not self.failed:
                await asyncio.gather(*(unit.close() for unit in self.units.values()))
        except Exception as error:  # noqa: BLE001 - as above: whatever it is, it is told once
            self.fail(error)
        for unit in self.units.values() if self.failed else ():
            with contextlib.suppress(StreamError):  # what ended the worker has been said
                unit.owner.closed()
        self.units = {}
        await self.consumer.stop()
