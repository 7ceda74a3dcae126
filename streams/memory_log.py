"""Runs the units of work of all partition numbers in this process, on topics in memory: in lockstep, without a clock.

    step of event time      12:00         18:00         00:00
    number 0                ●─────────────●
    number 1                ●             (nothing)     ●          the number that lags behind most goes on
    commits                     ○                                  of a number with records for others, after its step
                                                        ●          of all numbers, after some thousand records

Rule: a unit of work applies its records in backlog order, and commits, as in a worker. Which number goes on, and when,
follows from the log alone. So each run publishes the same, byte by byte, except for the times at which rejected lines
were read.

Reason: a broker in between would take most of the time of a replay, and no subscriber reads what it would store
(docs/decisions/0074).
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from aiokafka import TopicPartition

from agents.reading import Reading
from agents.rekeyed import Rekeyed
from retention.calendar import DAY, NEVER, SECOND, Instant
from retention.engine.editions import Books
from streams.batch import Batch
from streams.broker import Broker
from streams.clock import latest
from streams.errors import Lost
from streams.figures_processor import FiguresListener, FiguresProcessor
from streams.listener import Listener
from streams.memory_broker import MemoryBroker, as_consumer
from streams.partition_processor import PartitionProcessor
from streams.progress import Progress
from streams.readers import exact, in_order, on_books, readings_of
from streams.records import LogRecord
from streams.source_lanes import by_number, lane_name
from streams.topics import PARTIALS, REKEYED
from streams.unit_of_work import UnitOfWork

COMMIT_EVERY: Final = 5_000
"""Records between commits: as many as stay together of one step (`backlog_order.AS_ONE`)."""
PUBLISH_EVERY: Final = 7 * DAY
"""Event time between commits at the most, so that a figure that becomes final is published as it is then."""


class MemoryLog:
    """The log of which a unit of work is a part (`unit_of_work.Log`)."""

    transactions = True

    def __init__(
        self,
        broker: MemoryBroker,
        where: Iterable[TopicPartition],
        pass_time: Callable[[UnitOfWork], bool] = lambda _: False,
        ordered: Sequence[str] = (),
        exact: frozenset[str] = frozenset(),
        at_once: frozenset[str] = frozenset(),
    ) -> None:
        self.broker: Broker = broker
        self.group = broker.settings.kafka.group
        self.consumer = as_consumer(broker, where)
        self.changelogs: frozenset[str] = frozenset()
        self.ordered, self.exact, self.at_once = tuple(ordered), exact, at_once
        self.lateness = round(broker.settings.time.lateness * SECOND)
        self.come_to: Callable[[Any], Instant] = lambda _: 0
        self.is_live: Callable[[Instant], bool] = lambda _: False
        self.stirred, self.busy = asyncio.Event(), asyncio.Event()
        self.commits = 0
        self.applied = 0
        """Records applied."""
        self._pass_time, self._turns = pass_time, 0
        self.clock: Callable[[], float] = self._time
        self.on_tick: Callable[[UnitOfWork], bool] = self._advance
        self.on_applied: Callable[[str, int], None] = self._count

    def _time(self) -> float:
        """Return a time that goes on with each step of event time: a unit works until the next one begins."""
        return float(self._turns)

    def _advance(self, unit: UnitOfWork) -> bool:
        """Pass event time on a partition; report whether more is left than one call may do."""
        self._turns += 1
        return self._pass_time(unit)

    def _count(self, _topic: str, records: int) -> None:
        """Count records."""
        self.applied += records

    async def topic_ids(self) -> dict[str, str]:
        """Return nothing: these topics have no ids."""
        return {}


class MemoryWorker:
    """All partition numbers, and the figures, on the topics of one run."""

    def __init__(
        self, broker: MemoryBroker, listener: Listener, figures: FiguresListener, progress: Progress, lines: int
    ) -> None:
        self._broker, self._progress, self._lines = broker, progress, lines
        policy, numbers = broker.settings.policy(), broker.numbers
        readings = readings_of(broker)
        self._agents: dict[str, Reading | Rekeyed] = {
            broker.topic_named(family): reading for family, reading in readings.items()
        }
        rekeyed = broker.topic(REKEYED)
        self._agents[rekeyed] = Rekeyed(readings)
        self._families = {broker.topic(topic): broker.leads[topic.name] for topic in broker.consumed}
        places = [TopicPartition(topic, number) for topic in self._families for number in range(numbers)]
        self._log = MemoryLog(
            broker, places, self._tick, in_order(broker), exact(broker, readings), frozenset({rekeyed})
        )
        widths = dict.fromkeys(self._families.values(), numbers)
        self._units = [
            UnitOfWork(
                self._log,
                number,
                PartitionProcessor(number, numbers, broker.settings, broker, listener, widths=widths, atomic=True),
                lanes,
            )
            for number, lanes in sorted(by_number(places, numbers).items())
        ]
        partials = TopicPartition(broker.topic(PARTIALS), 0)
        self._sums = MemoryLog(broker, [partials])
        books = FiguresProcessor(policy, numbers, broker, figures, self._seconds)
        self._figures = UnitOfWork(self._sums, 0, books, {lane_name(partials.topic, 0, 0): partials})
        self._portions: dict[tuple[int, str], int] = {}
        """The number of the next portion of each lane."""
        self._committed_at = 0
        self._step = self._committed_step = -NEVER
        """The step of event time that is under way, and that of the last commit."""
        self._forgets = False
        """Whether a customer is erased in the step that begins: what was said of it before is written first."""
        self._asked = 0
        for processor in self.processors():
            processor.latest = latest(None)

    def _seconds(self) -> float:
        """Return the time by which figures are published: it is due at each commit."""
        self._asked += 1
        return float(self._asked)

    def processors(self) -> list[PartitionProcessor]:
        """Return the processors of all partitions."""
        return [unit.owner for unit in self._units]  # type: ignore[misc] # they are made above

    def books(self) -> Books:
        """Return the company's figures."""
        owner: FiguresProcessor = self._figures.owner  # type: ignore[assignment] # as above
        return owner.books

    def _tick(self, unit: UnitOfWork) -> bool:
        """Advance event time on one partition; report whether more is left than one call may do."""
        read, known = self._called(unit, unit.read()), self._called(unit, unit.backlog.known())
        processor: PartitionProcessor = unit.owner  # type: ignore[assignment] # as below
        return processor.advance(read, None, known=known, begun=unit.backlog.begun())

    def _called(self, unit: UnitOfWork, lanes: Iterable[str]) -> list[str]:
        """Return the names of lanes as a processor knows them, by family."""
        where = (unit.lanes[lane] for lane in lanes)
        return [lane_name(self._families[tp.topic], tp.partition, unit.number) for tp in where]

    async def run(self) -> None:
        """Apply all records of the inputs, pass event time, and publish the figures."""
        for unit in (*self._units, self._figures):
            await unit.open()
        while self._take_turns():
            if self._is_due():
                await self._commit()
            else:
                await self._pass_on()
        while await self._commit():
            while self._take_turns():
                pass
        unread = [lane for unit in self._units for lane in unit.lanes if unit.unread(lane)]
        if unread:
            raise Lost(f"a replay came to its end with records that are not applied: {', '.join(sorted(set(unread)))}")

    def _is_due(self) -> bool:
        """Report whether to commit: some thousand records are applied, a week has passed, or a customer is erased."""
        records, passed = self._log.applied - self._committed_at, self._step - self._committed_step
        return self._forgets or records >= COMMIT_EVERY or passed >= PUBLISH_EVERY

    def _take_turns(self) -> bool:
        """Apply one step of the units that are least far; report whether any had something to do."""
        step = self._step = min(unit.backlog.begun() for unit in self._units)
        turns = [self._turn(unit) for unit in self._units if unit.backlog.begun() == step]
        return any(turns)

    def _turn(self, unit: UnitOfWork) -> bool:
        """Apply records of a unit until the next step of event time begins; report whether there were any."""
        before, fed = self._log.applied, True
        if unit.backlog.busy:
            unit.resume()
        while fed and not unit.backlog.busy:
            fed = self._feed(unit)
            unit.resume()
        self._forgets = self._forgets or unit.backlog.begun() in self._broker.erasing
        return unit.backlog.busy or self._log.applied > before

    def _feed(self, unit: UnitOfWork) -> bool:
        """Hand a unit the next records of each lane of which none wait; report whether there were any."""
        fed = False
        for lane, where in unit.lanes.items():
            if where.topic in self._log.at_once:
                records = self._broker.queued(where)
            elif unit.backlog.lanes[lane].waiting or unit.fetched[lane] >= self._broker.ends[where]:
                continue
            else:
                records = self._portion(unit, lane, where)
            if records:
                self._give(unit, lane, where, records)
                fed = True
        return fed

    def _portion(self, unit: UnitOfWork, lane: str, where: TopicPartition) -> list[LogRecord]:
        number = self._portions.get((unit.number, lane), 0)
        self._portions[unit.number, lane] = number + 1
        return self._broker.portion(where, number, unit.fetched[lane])

    def _give(self, unit: UnitOfWork, lane: str, where: TopicPartition, records: list[LogRecord]) -> None:
        start, following = unit.fetched[lane], records[-1].offset + 1
        unit.fetched[lane] = following
        batch, agent = Batch(where.topic, lane, records, start, following), self._agents[where.topic]
        if isinstance(agent, Rekeyed):
            unit.take(batch, agent)
        else:
            unit.backlog.take(batch, agent)

    async def _pass_on(self) -> None:
        """Commit the numbers that have records for other ones: on a worker they would arrive within a second."""
        for unit, processor in zip(self._units, self.processors(), strict=True):
            if processor.aside.has_words():
                await self._write(unit)

    async def _write(self, unit: UnitOfWork) -> None:
        while self._log.on_tick(unit):
            pass
        await unit.commit()

    async def _commit(self) -> bool:
        """Commit all units, then the figures; report whether there was anything to write."""
        self._forgets, self._committed_at, self._committed_step = False, self._log.applied, self._step
        before = self._log.commits + self._sums.commits
        for unit in self._units:
            await self._write(unit)
        ((lane, where),) = self._figures.lanes.items()
        if records := self._broker.queued(where):
            start, following = self._figures.fetched[lane], records[-1].offset + 1
            self._figures.fetched[lane] = following
            self._figures.take(Batch(where.topic, lane, records, start, following), on_books)
        await self._figures.commit()
        self._progress("applying", min(self._log.applied, self._lines), self._lines)
        return self._log.commits + self._sums.commits > before
