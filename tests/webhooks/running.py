"""Runs the process of webhooks on a broker, by a clock that a test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from retention.calendar import Instant
from streams.broker import Broker
from streams.home import home_of
from streams.settings import Settings
from streams.webhooks.output import Output
from streams.webhooks.process import Begin, Process, process_of
from streams.webhooks.stored import Stored, stored
from tests.webhooks.building import NOW, record


@dataclass
class Clock:
    """The time, as a test sets it."""

    now: Instant = NOW
    draws: list[float] = field(default_factory=lambda: [0.5])

    def __call__(self) -> Instant:
        """Return the time."""
        return self.now


async def publish(settings: Settings, outputs: Iterable[Output], partition: int | None = None) -> None:
    """Write outputs to their topics, as workers do."""
    broker = Broker(settings)
    widths = await broker.widths()
    producer = broker.producer()
    await producer.start()
    sent = []
    for output in outputs:
        one, topic = record(output), broker.topic_named(output.topic)
        number = home_of(one.key or b"", widths[topic]) if partition is None else partition
        sent.append(
            await producer.send(
                topic, one.value, key=one.key, partition=number, headers=list(one.headers), timestamp_ms=one.timestamp
            )
        )
    for future in sent:
        await future
    await producer.stop()


@asynccontextmanager
async def running(settings: Settings, clock: Clock, begin: Begin = "earliest") -> AsyncIterator[Process]:
    """Run a process for as long as the context lasts."""
    process = await process_of(Broker(settings), clock, lambda: 0.5, begin)
    async with process:
        yield process
        if process.failure.done():
            await process.failure


async def until(holds: Callable[[], bool], process: Process | None = None, patience: float = 30.0) -> None:
    """Wait until something holds; fail if it never does."""
    async with asyncio.timeout(patience):
        while not holds():
            if process is not None and process.failure.done():
                await process.failure
            await asyncio.sleep(0.02)


async def settled(process: Process) -> None:
    """Wait until everything that was read and answered is written."""
    await until(lambda: process.ready, process)
    for _ in range(3):
        process.idle.clear()
        await until(process.idle.is_set, process)


async def at_rest(process: Process) -> None:
    """Wait until nothing is being sent, and all answers are written."""
    await settled(process)
    await until(lambda: not any(unit.deliveries.sending for unit in process.units.values()), process)
    await settled(process)


async def tried(process: Process) -> None:
    """Wait until all that is due was tried and answered; what was read before counts only."""

    def rests() -> bool:
        now = process.now()
        open_ones = [name for name, target in process.targets.items() if target.left_alone_until <= now]
        all_units = [unit.deliveries for unit in process.units.values()]
        return not any(one.sending for one in all_units) and not any(
            one.soonest(name) <= now for one in all_units for name in open_ones
        )

    await until(rests, process)


async def on_topic(settings: Settings) -> Stored:
    """Return the deliveries that are written."""
    broker = Broker(settings)
    return await stored(broker, (await broker.widths())[broker.topic_named("webhook-deliveries")])
