"""The partition log: membership of a consumer group, its loops, and a unit of work for each partition number.

Rule: partition `n` of every topic (of a wider one, all `p` with `p % numbers == n`) goes to the same worker, which has
one unit of work for that number. A unit applies no records before it has restored its state, and none after its
partition was revoked. A batch fetched for one unit is never applied by another, not even by one of the same number.

    group        assigned                           revoked
    partitions   | paused    | resumed              |
    unit         | restores  | seeks, is live       | commits once more, is closed
    batches      |           | fetch → channel → agent → commit, again and again

Each topic has its own fetch loop and channel, so that a slow agent delays its own topic only. One more loop passes
event time and commits. Another one continues work that takes long, 50 ms at a time, because heartbeats and the web
page share this thread.

Reason: Faust's own consumer costs time for each message, miscounts during rebalances, and writes outputs outside of the
transaction (docs/decisions/0001). Here Faust's cost is paid once a batch, and agents are plain code. Any inconsistency
ends the process: the committed state is the truth, and the next owner begins there.
"""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, ParamSpec, cast

import faust
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError
from mode import Service

from retention.calendar import SECOND, Instant
from streams import memory
from streams.assignor import ByNumber
from streams.batch import Batch
from streams.broker import Broker, left
from streams.channels import BatchChannel
from streams.errors import StreamError, explained
from streams.failpoints import passes
from streams.fetching import Fetching
from streams.owner import Owner
from streams.source_lanes import by_number
from streams.unit_of_work import UnitOfWork, retrieved

if TYPE_CHECKING:  # aiokafka ships no types: with one of its classes as a base, no name of the log would be checked
    RebalanceListener = object
else:
    RebalanceListener = ConsumerRebalanceListener

P = ParamSpec("P")

FAR_BEHIND: Final = 5_000
"""Records not applied yet, above which throughput matters more than latency: half a second at 10,000 a second."""
NEW_PARTITIONS_AFTER: Final = 10.0
"""Seconds after which partitions added to a topic are noticed at the latest. aiokafka's default, five minutes, would be
half of the usual disorder."""
AGAIN: Final = 0.01
"""Seconds until a postponed commit is tried again."""
MOST_PAUSE: Final = 3.0
"""Most seconds between commits in a backlog. The longer, the fewer customers are written twice: two seconds wrote a
third more states (docs/performance.md)."""


def fatal(method: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, Coroutine[Any, Any, None]]:
    """Return the method wrapped so that any error ends the worker: aiokafka would log it only, mode restart the task.

    The error is raised once, where the worker is awaited.
    """

    @functools.wraps(method)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            await method(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - any error ends the worker, and is raised where it is awaited
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
        ordered: Sequence[str] = (),
        exact: frozenset[str] = frozenset(),
        at_once: frozenset[str] = frozenset(),
        transactions: bool,
        on_failure: Callable[[BaseException], None],
        on_tick: Callable[[UnitOfWork], bool] = lambda _: False,
        on_applied: Callable[[str, int], None] = lambda _topic, _records: None,
        come_to: Callable[[Any], Instant] = lambda _: 0,
        is_live: Callable[[Instant], bool] = lambda _: False,
        assignor: ByNumber | None = None,
        alone: bool = False,
        max_batch: int = 800,
    ) -> None:
        super().__init__()
        self.app, self.broker, self.group, self.topics, self.numbers = app, broker, group, list(topics), numbers
        self.own, self.changelogs, self.transactions = own, changelogs, transactions
        self.on_failure, self.on_tick, self.on_applied = on_failure, on_tick, on_applied
        self.alone = alone
        """Whether no other worker can be on this broker, so that all partitions are taken without asking a group."""
        self.come_to, self.is_live = come_to, is_live
        self.clock: Callable[[], float] = asyncio.get_running_loop().time
        self.ordered = tuple(ordered)
        """The topics that are read in backlog order; within a step, the first of them goes first."""
        self.exact = exact
        """Those of them whose records are applied exactly at their instant, between older and later events."""
        self.at_once = at_once
        """Further topics, whose records are applied as they arrive; the ordered ones wait for them."""
        self.channels = {topic: BatchChannel(app, maxsize=4) for topic in topics}
        self.units: dict[int, UnitOfWork] = {}
        self.commits = 0
        self._ids: asyncio.Future[dict[str, str]] | None = None
        self.failed = False
        self.assigned = asyncio.Event()
        self.stirred = asyncio.Event()
        """Set when records were applied, so that there is room to fetch more."""
        self.busy = asyncio.Event()
        """Set when a unit has more work than it may do in one go."""
        self.lateness = round(broker.settings.time.lateness * SECOND)
        self.patience = broker.settings.kafka.patience
        self.commit_every, self.save_every = broker.settings.time.commit_every, broker.settings.time.save_every
        self.assignor = assignor or ByNumber(numbers)
        self.assignor.on_unfit = self.fail
        self.consumer: AIOKafkaConsumer = broker.consumer(
            "worker",
            group_id=group,
            partition_assignment_strategy=[self.assignor],
            session_timeout_ms=int(broker.settings.kafka.session_timeout * 1_000),
            heartbeat_interval_ms=int(broker.settings.kafka.session_timeout * 1_000 / 10),
            rebalance_timeout_ms=60_000,
            max_poll_interval_ms=300_000,
            metadata_max_age_ms=int(NEW_PARTITIONS_AFTER * 1_000),
            auto_offset_reset="none",  # every position is sought explicitly; one that is gone is an error
        )
        self.fetching = Fetching(
            self.consumer, broker, self._live, self.ordered, exact_ends=transactions, max_batch=max_batch
        )

    def fail(self, error: BaseException) -> None:
        """Stop writing and end the worker with an error: the next owner continues from the last commit."""
        if not self.failed:
            self.failed = True
            for unit in self.units.values():
                unit.live = False
            self.on_failure(explained(error, self.broker.servers))

    @fatal
    async def on_start(self) -> None:
        """Join the group, or take all partitions."""
        if self.alone:
            await self.consumer.start()
            await self._take_all()
        else:
            self.consumer.subscribe(self.topics, listener=self)
            await self.consumer.start()

    async def _take_all(self) -> None:
        """Take every partition for this worker; positions are committed under the name of the group as always."""
        widths = await self.broker.widths()
        self.assignor.take_all({topic: widths[topic] for topic in self.topics})
        every = {TopicPartition(topic, number) for topic in self.topics for number in range(widths[topic])}
        self.consumer.assign(every)
        await self.on_partitions_assigned(every)

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
        """Start to restore the assigned partitions, and return at once: no heartbeats are sent before this returns."""
        if assigned:
            self._ids = asyncio.ensure_future(self.broker.topic_ids(self.topics))
            self._ids.add_done_callback(retrieved)  # the units may end before they ask
            self.consumer.pause(*assigned)
        for number, lanes in by_number(assigned, self.numbers).items():
            unit = self.units[number] = UnitOfWork(self, number, self.own(number), lanes)
            unit.opening = asyncio.create_task(self._open(unit))
        self.assigned.set()

    @fatal
    async def _open(self, unit: UnitOfWork) -> None:
        await unit.open()
        if self.ready:
            memory.collect()

    async def topic_ids(self) -> dict[str, str]:
        """Return the topics' ids, by name, as of the assignment."""
        return await asyncio.shield(self._ids) if self._ids is not None else {}

    @property
    def ready(self) -> bool:
        """Report whether everything assigned is restored and live."""
        return self.assigned.is_set() and all(unit.live for unit in self.units.values())

    def lag(self) -> Mapping[tuple[str, int], int]:
        """Return the number of records not applied yet, by topic and partition."""
        return {
            (tp.topic, tp.partition): max(0, (self.consumer.highwater(tp) or 0) - unit.next[lane])
            for unit in self.units.values()
            if unit.live
            for lane, tp in unit.lanes.items()
        }

    def widths(self) -> dict[str, int]:
        """Return the number of partitions of each topic, as of the assignment."""
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
            room = [tp for tp in live if not self.fetching.has_enough(tp)]
            self.stirred.clear()
            try:
                # getmany() without partitions would mean all of them.
                found = await self.fetching.fetch(room, 200 if room == live else 0) if room else []
            except IllegalStateError:
                continue  # a rebalance took a partition away before anything was fetched
            for delivery in found:
                if not await self._prepare(topic, *delivery):
                    continue  # the partition was taken away, or this worker stops
                await self.channels[topic].put(delivery)  # type: ignore[arg-type]  # it takes whatever it is made for
            for tp in room:
                self._run_ready(tp)
            if found or (room and room == live):
                await asyncio.sleep(0)
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stirred.wait(), 0.02)

    async def _prepare(self, topic: str, unit: UnitOfWork, batch: Batch) -> bool:
        """Wait for the schemas of a batch, however long that takes; return False if the batch is not wanted any more.

        Meanwhile all lanes of the topic are waited for: what they hold may be the oldest of all.
        """

        def goes_on() -> bool:
            for one in self.units.values():
                for lane, tp in one.lanes.items():
                    if tp.topic == topic:
                        one.backlog.gave(lane)
            return unit.live and not self.should_stop and not self.failed

        return await self.broker.prepare(topic, batch.records, goes_on)

    def _run_ready(self, where: TopicPartition) -> None:
        """Continue the unit of a partition: its other lanes may have waited for this one, which is at its end."""
        unit = self._live(where)
        if unit is not None and where.topic in self.ordered:
            unit.run_ready()

    def _live(self, where: TopicPartition) -> UnitOfWork | None:
        unit = self.units.get(where.partition % self.numbers)
        return unit if unit is not None and unit.live else None

    @Service.task
    @fatal
    async def _resume(self) -> None:
        """Continue work that takes long, one unit after the other, yielding to the event loop after each."""
        while not self.should_stop and not self.failed:
            await self.wait(self.busy.wait())
            self.busy.clear()
            for unit in [one for one in self.units.values() if one.backlog.busy]:
                unit.resume()
                await asyncio.sleep(0)

    @Service.task
    @fatal
    async def _commit(self) -> None:
        pause = self.commit_every
        while not self.should_stop and not self.failed:
            await self.sleep(pause)
            begun = asyncio.get_running_loop().time()
            for unit in list(self.units.values()):
                unit.run_ready()  # a lane that was waited for too long is passed over
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
        """Pass event time on each partition, yielding to the event loop in between, until `until` at most.

        In a backlog, time would otherwise fall behind the events, and signals would be raised much later. Partitions
        whose turn does not come wait for the next commit.
        """
        waiting = list(self.units.values())
        while waiting := [unit for unit in waiting if unit.live and self.on_tick(unit)]:
            if asyncio.get_running_loop().time() >= until:
                return
            await asyncio.sleep(0)

    async def commit(self) -> None:
        """Commit every live partition that is due."""
        due = [unit for unit in self.units.values() if unit.live and unit.is_due(self.save_every)]
        await asyncio.gather(*(unit.commit() for unit in due))

    async def on_stop(self) -> None:
        """Commit and leave the group; after a failure, leave without a commit."""
        try:
            if not self.failed:
                await asyncio.gather(*(unit.close() for unit in self.units.values()))
        except Exception as error:  # noqa: BLE001 - as above
            self.fail(error)
        for unit in self.units.values() if self.failed else ():
            with contextlib.suppress(StreamError):  # the error that ended the worker is reported already
                unit.owner.closed()
        self.units = {}
        await left(self.consumer)
