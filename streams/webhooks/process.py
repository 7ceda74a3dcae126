"""The process of `backstay webhooks run`: one member of the group that shares the partitions, and what sends.

Reading, writing and sending do not wait for one another: an endpoint that is slow has its own bound of requests, and
what it does not take stays on the topic.

    getmany ─► units: deliveries ─► one transaction with the positions ─┐
       ▲                    │ due                                        │
       └────────────────────┼────────────────────────────────────────────┘
                            ▼
                 endpoint crm ── 4 requests at most ── answers ─► deliveries
                 endpoint team ─ 4 requests at most ── answers ─► deliveries
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, Literal, Self

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from retention.calendar import SECOND, Instant
from streams.assignor import ByNumber
from streams.broker import FETCH_WAIT_MS, Broker, left
from streams.errors import TAKEN_OVER, BadSettings, Replaced, StreamError, TopicsUnfit, explained
from streams.records import LogRecord
from streams.topics import AUDIT, DELIVERIES
from streams.webhooks.answers import Answer
from streams.webhooks.deliveries import Outcome
from streams.webhooks.delivery import Delivery, Switch
from streams.webhooks.gauges import WebhookGauges
from streams.webhooks.target import Target
from streams.webhooks.unit import READ, ROLE, Unit
from streams.webhooks.waiting import Waiting

log: Final = logging.getLogger("backstay.webhooks")
Begin = Literal["latest", "earliest"]
NAME: Final = "`backstay webhooks run`"
TIDY_EVERY: Final = 30 * SECOND
NO_ENDPOINT: Final = (
    "no endpoint is configured: write a section [webhooks.NAME] with url and secrets, as in docs/webhooks.md"
)
NO_BODY: Final = "its record with the body is not on webhook-deliveries any more"
LEAVE_WITHIN: Final = 5.0
"""Seconds that requests under way may take when the process ends, or a partition goes to another one."""
UNREAD_FOR: Final = 5 * SECOND
"""Time until a delivery is looked at again whose body could not be read from the topic."""
MOST_READ: Final = 500
"""Records of one poll."""


class Process(ConsumerRebalanceListener):
    """Delivers the outputs of the partitions that it is given. `now` and `draw` are its clock and its chance."""

    def __init__(
        self,
        broker: Broker,
        width: int,
        now: Callable[[], Instant],
        draw: Callable[[], float],
        *,
        transactions: bool,
        begin: Begin = "latest",
        since: Instant = 0,
    ) -> None:
        settings = broker.settings
        self.broker, self.width, self.now, self.draw = broker, width, now, draw
        self.group = f"{settings.kafka.group}-{ROLE}"
        self.gauges = WebhookGauges(settings.deployment, list(settings.webhooks))
        self.targets = {name: Target(name, one, now) for name, one in settings.webhooks.items()}
        self.units: dict[int, Unit] = {}
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.assigned = False
        self.idle = asyncio.Event()
        """Set after each poll that brought nothing and left nothing to write."""
        self._transactions, self._begin, self._since = transactions, begin, since
        self._stirred = asyncio.Event()
        self._tidied: Instant = 0
        self._leaving = False
        self._patience = min(LEAVE_WITHIN, settings.kafka.session_timeout / 3)
        """Seconds to wait for answers: no heartbeats are sent meanwhile."""
        self._tasks: list[asyncio.Task[None]] = []
        self._telling: asyncio.Task[None] | None = None
        self._waiting = Waiting(self.group, settings.kafka.session_timeout, now())
        assignor = ByNumber(width)
        assignor.on_unfit = self._fail
        self.consumer: AIOKafkaConsumer = broker.consumer(
            ROLE,
            group_id=self.group,
            partition_assignment_strategy=[assignor],
            session_timeout_ms=int(settings.kafka.session_timeout * 1_000),
            heartbeat_interval_ms=int(settings.kafka.session_timeout * 1_000 / 10),
            rebalance_timeout_ms=60_000,
            max_poll_interval_ms=300_000,
            auto_offset_reset="earliest",
        )

    async def __aenter__(self) -> Self:
        topics = [self.broker.topic(topic) for topic in (*READ, AUDIT, DELIVERIES)]
        self._telling = asyncio.create_task(self._guarded(self._tell))
        try:
            self.consumer.subscribe(topics, listener=self)
            await self.consumer.start()
        except (KafkaError, OSError) as error:
            self._telling.cancel()
            raise explained(error, self.broker.servers, NAME) from error
        self._tasks = [asyncio.create_task(self._guarded(work)) for work in (self._read, self._send)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait a little for the answers that are under way, write them, and leave the group."""
        self._leaving = True
        if self._telling is not None:
            self._telling.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)  # not cancelled: a commit may be under way
        with contextlib.suppress(KafkaError, StreamError):
            await self._give_up(write=not self.failure.done() or self.failure.exception() is None)
        for target in self.targets.values():
            await target.close()
        await left(self.consumer)
        if not self.failure.done():
            self.failure.cancel()

    @property
    def ready(self) -> bool:
        """Report whether partitions were assigned, and all of them are open."""
        return self.assigned and all(unit.live for unit in self.units.values())

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run a loop, or open a unit; an error ends the process."""
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - any error ends the process, and is raised where it is awaited
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, TAKEN_OVER):
            error = Replaced(
                "another process has taken over the partitions: this one sent no heartbeat for longer than "
                "kafka.session_timeout. What it did not write is sent again, with the same ids; start it again"
            )
        if not self.failure.done():
            self.failure.set_exception(explained(error, self.broker.servers, NAME))

    async def _tell(self) -> None:
        """Report in the log what the process waits for while it has no partitions: its start ends when it has some."""
        while True:
            says = self._waiting.says(self.now()) if not self.assigned else None
            if says is not None:
                log.info("%s", says)
            await asyncio.sleep(1)

    # -- partitions --------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Write what was answered, and give up the partitions."""
        self.assigned = False
        self._waiting = Waiting(self.group, self._waiting.session, self.now())
        try:
            await self._give_up()
        except Exception as error:  # noqa: BLE001 - aiokafka would log it only
            self._fail(error)

    async def _give_up(self, *, write: bool = True) -> None:
        tasks = [task for target in self.targets.values() for task in target.tasks]
        if tasks:
            await asyncio.wait(tasks, timeout=self._patience)
        units, self.units = self.units, {}
        for target in self.targets.values():
            for task in list(target.tasks):
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            if write:
                await asyncio.gather(*(self._commit(unit) for unit in units.values()))
        finally:
            await asyncio.gather(*(unit.close() for unit in units.values()))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Begin to open a unit for each number, and return at once: no heartbeats are sent before this returns."""
        by_number: dict[int, list[TopicPartition]] = defaultdict(list)
        for where in assigned:
            by_number[where.partition % self.width].append(where)
        if assigned:
            self.consumer.pause(*assigned)
        for number, given in by_number.items():
            unit = self.units[number] = self._unit(number)
            unit.opening = asyncio.create_task(self._guarded(partial(self._open, unit, given)))
        self.assigned = True
        if self._waiting.said is not None:
            log.info("the group %s gave %d partition numbers to this process", self.group, len(by_number))

    def _unit(self, number: int) -> Unit:
        return Unit(
            self.broker,
            number,
            self.broker.settings.webhooks,
            self._turn,
            self._count,
            self.now,
            transactions=self._transactions,
            since=self._since,
        )

    async def _open(self, unit: Unit, given: list[TopicPartition]) -> None:
        await unit.open(self.consumer, given, self._first)
        self.consumer.resume(*given)
        self._stirred.set()

    async def _first(self, where: TopicPartition) -> int:
        """Return where to begin on a partition of which no position was ever written."""
        ask = self.consumer.end_offsets if self._begin == "latest" else self.consumer.beginning_offsets
        found: Mapping[TopicPartition, int] = await ask([where])
        return found[where]

    def _turn(self, found: Sequence[Switch]) -> None:
        """Take switches of one endpoint, as they follow one another on a partition."""
        target = self.targets.get(found[-1].endpoint) if found else None
        if target is not None:
            target.turn(found)
            self._turned(target)

    def _turned(self, target: Target) -> None:
        self.gauges.disabled.labels(target.name).set(target.disabled)
        self._stirred.set()

    def _count(self, endpoint: str, outcome: Outcome) -> None:
        self.gauges.deliveries.labels(endpoint, outcome).inc()

    # -- reading and writing -----------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while not self._leaving:
            found: Mapping[TopicPartition, list[LogRecord]] = {}
            with contextlib.suppress(IllegalStateError):  # a rebalance took a partition away
                found = await self.consumer.getmany(timeout_ms=FETCH_WAIT_MS, max_records=MOST_READ)
            await self._take(found)
            await asyncio.sleep(0)

    async def _take(self, found: Mapping[TopicPartition, list[LogRecord]]) -> None:
        now = self.now()
        for where, records in sorted(found.items(), key=lambda one: self._rank(one[0].topic)):
            unit = self.units.get(where.partition % self.width)
            if unit is not None and unit.live:
                unit.take(where, records, now)
        if now >= self._tidied + TIDY_EVERY:
            self._tidied = now
            for unit in self.units.values():
                unit.deliveries.tidy(now)
        units = list(self.units.values())
        worked = bool(found) or any(unit.has_changes for unit in units)
        self._stirred.set()
        await asyncio.gather(*(self._commit(unit) for unit in units))
        self._show()
        if worked:
            self.idle.clear()
        else:
            self.idle.set()

    def _rank(self, topic: str) -> int:
        """Return the place of a topic in one poll: receipts first, then cards."""
        order = [self.broker.topic(one) for one in (AUDIT, DELIVERIES, *READ)]
        return order.index(topic)

    async def _commit(self, unit: Unit) -> None:
        await unit.commit(self.consumer, self.group, self.width)

    def _show(self) -> None:
        for name in self.targets:
            waiting = sum(unit.deliveries.waiting(name) for unit in self.units.values())
            self.gauges.pending.labels(name).set(waiting)

    # -- sending -----------------------------------------------------------------------------------------------------

    async def _send(self) -> None:
        while not self._leaving:
            self._stirred.clear()
            now = self.now()
            for target in self.targets.values():
                self._fill(target, now)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), 0.2)

    def _fill(self, target: Target, now: Instant) -> None:
        """Begin as many requests to an endpoint as are due and allowed, one of each partition in turn."""
        units = [unit for unit in self.units.values() if unit.live]
        while units and target.has_room(now):
            for unit in list(units):
                one = unit.deliveries.next(target.name, now) if target.has_room(now) else None
                if one is None:
                    units.remove(unit)
                    continue
                task = asyncio.create_task(self._try(target, unit, one))
                target.tasks.add(task)
                task.add_done_callback(target.tasks.discard)

    async def _try(self, target: Target, unit: Unit, one: Delivery) -> None:
        try:
            body = await unit.body(one)
            if body is None:  # nothing is known of it: an empty one may neither be sent nor be written
                log.warning("%s: the broker did not hand over the body of %s; tried again", target.name, one.id)
                unit.deliveries.untried(one, self.now() + UNREAD_FOR)
                return
            answer = await target.send(one, body) if body else Answer(error=NO_BODY)
        except asyncio.CancelledError:
            unit.deliveries.untried(one)
            raise
        except Exception as error:  # noqa: BLE001 - raised where the process is awaited
            self._fail(error)
            return
        now = self.now()
        self.gauges.seconds.labels(target.name).observe(answer.took)
        outcome = unit.deliveries.answered(one, answer, now, self.draw())
        if answer.verdict == "delivered":
            self.gauges.accepted.labels(target.name).set(now / SECOND)
        elif outcome == "dead" or (outcome == "failed" and target.tells(answer.says, now)):
            log.warning("%s: %s of %s failed at try %d: %s", target.name, one.type, one.id, one.tries, answer.says)
        if answer.verdict == "gone" and not target.disabled:
            why = "it answered 410 Gone; `backstay webhooks enable` sends what waits, once it is there again"
            found = Switch(endpoint=target.name, at=now, disabled=True, why=why)
            log.error("%s is disabled: %s", target.name, why)
            target.switch = found  # at once; its place among other switches is known when it is read from the topic
            self._turned(target)
            unit.switch(found)
        self._stirred.set()


async def process_of(
    broker: Broker, now: Callable[[], Instant], draw: Callable[[], float], begin: Begin = "latest", since: Instant = 0
) -> Process:
    """Return a process for the settings; raise `BadSettings` or `TopicsUnfit` if it could do nothing."""
    if not broker.settings.webhooks:
        raise BadSettings(NO_ENDPOINT)
    width = await require_topics(broker)
    return Process(
        broker, width, now, draw, transactions=await broker.has_transactions(f"{ROLE}-probe"), begin=begin, since=since
    )


async def require_topics(broker: Broker) -> int:
    """Return the number of partition numbers; raise `TopicsUnfit` if topics of webhooks are missing or differ."""
    widths = await broker.widths()
    names = [broker.topic(topic) for topic in (*READ, AUDIT, DELIVERIES)]
    missing = [name for name in names if not widths[name]]
    if missing:
        raise TopicsUnfit(
            f"topics are missing: {', '.join(missing)}; run `backstay topics create`; or, if they are there and this "
            "user may not see them, grant what `backstay topics acl` prints for webhooks"
        )
    of_customers = {
        broker.topic(topic): widths[broker.topic(topic)] for topic in (*READ, AUDIT, DELIVERIES) if topic.of_customers
    }
    if len(set(of_customers.values())) != 1:
        found = ", ".join(f"{name} has {width}" for name, width in of_customers.items())
        raise TopicsUnfit(f"topics that webhooks read need the same number of partitions: {found}")
    return widths[broker.topic(DELIVERIES)]
