"""The topology on one page: which topic goes to which agent, what a worker consists of. Importing it does nothing."""

import asyncio
import contextlib
import logging
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import faust
from faust.app.base import BootStrategy
from mode.supervisors import CrashingSupervisor

from agents.reading import Reading
from agents.readings import READINGS
from agents.record import Record
from agents.rekeyed import Rekeyed
from retention.calendar import NEVER, Instant
from retention.engine.editions import Books
from streams import codecs
from streams.answers import Answers
from streams.assignor import ByNumber
from streams.backlog_order import STEP
from streams.broker import Broker
from streams.channels import Delivery
from streams.clock import latest, now_of
from streams.copies import Copies
from streams.doubt_log import DoubtLog
from streams.figures_processor import FiguresProcessor
from streams.folder import RocksFolder
from streams.gauges import Gauges
from streams.partition_log import PartitionLog
from streams.partition_processor import PartitionProcessor
from streams.readers import exact, in_order, on_books, readings_of
from streams.settings import Settings
from streams.source_lanes import lane_name
from streams.standbys import Standbys
from streams.topics import CHANGELOG, PARTIALS, REKEYED
from streams.unit_of_work import UnitOfWork

READERS: Final[tuple[Reading | Rekeyed, ...]] = (*READINGS, Rekeyed({agent.topic: agent for agent in READINGS}))
"""One agent for each topic of customers, and the one of the topic `rekeyed`."""

log: Final = logging.getLogger("backstay")


class _ChannelsOnly(BootStrategy):
    """Boots a Faust app whose agents listen to our channels: Faust itself opens no connection to Kafka."""

    enable_kafka = False
    enable_kafka_consumer = False
    enable_kafka_producer = False


class FaustApp(faust.App):
    """Faust as this project uses it: agents, channels and their supervision."""

    BootStrategy = _ChannelsOnly


class Worker:
    """One process: the agents, the partition log of customers, the partition log of figures, the gauges."""

    def __init__(
        self, settings: Settings, broker: Broker, partitions: int, *, transactions: bool, alone: bool = False
    ) -> None:
        self.settings, self.broker, self.partitions = settings, broker, partitions
        self.policy = settings.policy()
        self.gauges = Gauges(settings.deployment)
        for topic in broker.foreign:
            self.gauges.expect(topic)
            self.gauges.expect_doubts(topic)
        self.gauges.on_doubt = DoubtLog(time.monotonic).take
        readings = readings_of(broker)
        self._readers: dict[str, Reading | Rekeyed] = {
            broker.topic_named(family): reading for family, reading in readings.items()
        }
        self._readers[broker.topic(REKEYED)] = Rekeyed(readings)
        self._families = {broker.topic(topic): broker.leads[topic.name] for topic in broker.consumed}
        self.copies = self._take_folder()
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.app = FaustApp(
            settings.kafka.group,
            broker=f"kafka://{settings.kafka.bootstrap_servers}",
            web_enabled=False,
            datadir=str(Path(tempfile.gettempdir()) / "backstay"),  # created by Faust; nothing is stored there
            topic_disable_leader=True,
            agent_supervisor=CrashingSupervisor,
            stream_wait_empty=False,
        )
        options: dict[str, Any] = {
            "transactions": transactions,
            "alone": alone,
            "on_failure": self.fail,
            "on_applied": self.gauges.applied,
        }
        self.customers = PartitionLog(
            self.app,
            broker,
            settings.kafka.group,
            list(self._families),
            partitions,
            self._own_customers,
            changelogs=frozenset({broker.topic(CHANGELOG)}),
            ordered=in_order(broker),
            exact=exact(broker, readings),
            at_once=frozenset({broker.topic(REKEYED)}),
            on_tick=self._tick,
            come_to=lambda processor: processor.partition_state.watermark + self.policy.disorder,
            is_live=self._is_live,
            assignor=ByNumber(partitions, settings.state.standbys, self._copies_at_hand),
            **options,
        )
        self.figures = PartitionLog(
            self.app,
            broker,
            f"{settings.kafka.group}-figures",
            [broker.topic(PARTIALS)],
            1,
            self._own_figures,
            changelogs=frozenset(),
            **options,
        )
        self.standbys: Standbys | None = None
        if self.copies is not None:
            self.standbys = Standbys(
                broker, self.copies, lambda: self.customers.assignor.standing, lambda: self.customers.units, self.fail
            )
        self._bind()

    def _bind(self) -> None:
        for topic, agent in self._readers.items():
            channel = self.customers.channels[topic]
            self.app.agent(channel, name=agent.topic)(self._listening(agent, self._date))
        channel = self.figures.channels[self.broker.topic(PARTIALS)]
        self.app.agent(channel, name="metrics")(self._listening(on_books))

    def _date(self, processor: PartitionProcessor) -> None:
        """Set the latest event time that a processor accepts, before each batch.

        A tick would be too late: a worker that was suspended reads the records that arrived meanwhile before it ticks
        again.
        """
        processor.latest = latest(self.now())

    def _listening(
        self, agent: Callable[[Sequence[Record], Any], None], before: Callable[[Any], None] = lambda _: None
    ) -> Callable[[Any], Any]:
        """Return the body of a Faust agent: it takes batch by batch, and any error ends the worker."""

        async def body(stream: AsyncIterator[Delivery]) -> None:
            async for unit, batch in stream:
                try:
                    before(unit.owner)
                    unit.take(batch, agent)
                except Exception as error:
                    self.fail(error)
                    raise

        return body

    def _take_folder(self) -> Copies | None:
        folder, changelog = self.settings.state.dir, self.broker.topic(CHANGELOG)
        return Copies(RocksFolder(folder, changelog), changelog, time.time) if folder is not None else None

    def _own_customers(self, number: int) -> PartitionProcessor:
        return PartitionProcessor(
            number,
            self.partitions,
            self.settings,
            self.broker,
            self.gauges,
            widths={self._families[topic]: width for topic, width in self.customers.widths().items()},
            atomic=self.customers.transactions,
            local=self.copies.open(number) if self.copies is not None else None,
        )

    def _copies_at_hand(self) -> list[int]:
        return self.copies.at_hand() if self.copies is not None else []

    def _own_figures(self, _number: int) -> FiguresProcessor:
        return FiguresProcessor(self.policy, self.partitions, self.broker, self.gauges, time.monotonic)

    def _tick(self, unit: UnitOfWork) -> bool:
        """Advance event time on one partition; report whether more is left than one call may do."""
        read, known = self._called(unit, unit.read()), self._called(unit, unit.backlog.known())
        processor: PartitionProcessor = unit.owner  # type: ignore[assignment]
        begun = unit.backlog.begun()
        if self._is_live(begun):
            begun = NEVER  # live, time goes by the clock, and not from step to step
        return processor.advance(read, self.now(), known=known, begun=begun)

    def _is_live(self, at: Instant) -> bool:
        """Report whether an instant lies in the last hours before now; False without a clock."""
        now = self.now()
        return now is not None and at > now - 2 * STEP

    def _called(self, unit: UnitOfWork, lanes: Iterable[str]) -> list[str]:
        """Return the names of lanes as a processor knows them, by family."""
        where = (unit.lanes[lane] for lane in lanes)
        return [lane_name(self._families[tp.topic], tp.partition, unit.number) for tp in where]

    def now(self) -> Instant | None:
        """Return the present instant; None if the run has no clock."""
        return now_of(self.settings)

    def fail(self, error: BaseException) -> None:
        """End the worker; the error is raised where `failure` is awaited."""
        self.customers.failed = self.figures.failed = True
        if not self.failure.done():
            self.failure.set_exception(error)

    @property
    def ready(self) -> bool:
        """Report whether this worker has joined both groups and restored every partition that it owns."""
        return not self.failure.done() and self.customers.ready and self.figures.ready

    def processors(self) -> list[PartitionProcessor]:
        """Return the processors of the partitions that this worker owns and has restored."""
        return [unit.owner for unit in self.customers.units.values() if unit.live]  # type: ignore[misc]

    def outcomes(self) -> Counter[tuple[str, str]]:
        """Return the number of records by topic and outcome, of the partitions that this worker owns."""
        found = Counter[tuple[str, str]]()
        for processor in self.processors():
            for topic, counts in processor.outcomes.kept.items():
                for outcome, number in counts.items():
                    found[topic, outcome] += number
        return found

    def books(self) -> Books | None:
        """Return the company's figures if this worker owns them, else None."""
        for unit in self.figures.units.values():
            if unit.live:
                processor: FiguresProcessor = unit.owner  # type: ignore[assignment]
                return processor.books
        return None

    def idle(self) -> bool:
        """Report whether every record of the log is applied, committed and published."""
        if not self.ready:
            return False
        for one in (self.customers, self.figures):
            for unit in one.units.values():
                if len(unit.read()) < len(unit.lanes) or not unit.settled:
                    return False
        processors = self.processors()
        if not all(one.heard_by(other) for one in processors for other in processors if other is not one):
            return False
        books = self.books()
        if books is None:
            return True
        return not books.stale and all(
            books.has_heard(processor.number, processor.sent_watermark) for processor in processors
        )

    async def __aenter__(self) -> Self:
        await self.app.start()
        await asyncio.gather(self.figures.start(), self.customers.start())
        if self.standbys is not None:
            self.standbys.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Commit and leave the groups; raise the error that prevented it, as when another worker has taken over."""
        had_failed = self.failure.done()
        if self.standbys is not None:
            await self.standbys.stop()
        for service in (self.customers, self.figures, self.app):
            with contextlib.suppress(asyncio.CancelledError):
                await service.stop()
        if self.copies is not None:
            self.copies.close()
        error = self.failure.exception() if self.failure.done() else None  # retrieved, even if it was not awaited
        if error is not None and not had_failed:
            raise error

    async def until_ready(self) -> None:
        """Wait until this worker is ready; raise the error that ended it."""
        while not self.ready:
            if self.failure.done():
                await self.failure
            await asyncio.sleep(0.01)

    async def until_idle(self, settle: int = 3, *, alone: bool = True) -> None:
        """Wait until no work is left of all that was sent before the call; raise the error that ended the worker.

        A worker that runs alone has to own every partition: it may have to wait until the session of another has
        expired.
        """
        seen, answers = 0, Answers(self._answered())
        while seen < settle:
            if self.failure.done():
                await self.failure
            owns = len(self.customers.units) == self.partitions and self.figures.units
            knows = answers.suffice(self._answered())
            seen = seen + 1 if self.idle() and knows and (owns or not alone) else 0
            await asyncio.sleep(0.05)

    def _answered(self) -> dict[Hashable, int | None]:
        """Return when the last fetch of each partition of a topic was answered, in milliseconds; None: not yet."""
        logs = (self.customers, self.figures)
        return {where: time for log in logs for unit in log.units.values() for where, time in unit.answered().items()}


async def build(settings: Settings, *, alone: bool = False) -> Worker:
    """Check the broker and its topics, then put a worker together.

    One that is `alone` takes all partitions and joins no group: only where no other worker can be (decision 0091).
    """
    codecs.readable()
    broker = Broker(settings)
    partitions = await broker.partitions()
    transactions = await broker.has_transactions()
    log.info(
        "broker at %s, %s", settings.kafka.bootstrap_servers, "transactions" if transactions else "no transactions"
    )
    return Worker(settings, broker, partitions, transactions=transactions, alone=alone)
