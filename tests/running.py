"""Workers on a broker: their settings, input, output and state."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiokafka.admin import NewTopic

from retention.calendar import Instant, instant
from retention.state.codec import decode
from retention.state.customer import Customer
from streams.app import Worker, build
from streams.broker import Broker
from streams.differences import newest
from streams.partition_record import OWN_PREFIX
from streams.player import Player
from streams.results import as_json
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.stage import EMBEDDED_SESSION, with_broker
from streams.topics import CHANGELOG


def on(address: str, prefix: str = "", **overrides: str) -> Settings:
    values = {"time.clock": "log", "web.port": "0", "topics.prefix": prefix, "kafka.group": f"{prefix}backstay"}
    base = read_settings(overrides=values | {k.replace("__", "."): v for k, v in overrides.items()})
    return with_broker(base, address, session_timeout=EMBEDDED_SESSION)


async def send(
    settings: Settings, lines: list[bytes], until: Any = None, pause: float = 0.0, since: Instant | None = None
) -> None:
    """Send lines to the input topics, with pauses (seconds) between pieces of them, then a heartbeat.

    `since` is promised before them: nothing that follows is older.
    """
    broker = Broker(settings)
    producer = broker.producer()
    await producer.start()
    player = Player(broker, producer, await broker.input_widths())
    if since is not None:
        await player.promise(since)
    for number, line in enumerate(lines):
        await player.play(line)
        if pause and number % 250 == 249:
            await player.settle()
            await asyncio.sleep(pause)
    await player.settle()
    if until is not None:
        await player.promise(instant(until))
    await producer.stop()


async def filled(settings: Settings, topic: str, values: list[bytes]) -> Broker:
    """Create a topic of another system, and ours; send values to its two partitions in turn."""
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    await broker.create_topics()
    producer = broker.producer()
    await producer.start()
    for place, value in enumerate(values):
        await producer.send(topic, value, b"any", place % 2)
    await producer.stop()
    return broker


async def worked_off(settings: Settings, look: Callable[[Worker], None] = lambda _: None) -> Worker:
    """Run a worker until nothing is left to do, look at it, and stop it."""
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 60)
        look(worker)
    return worker


async def said(settings: Settings, topic: Any) -> list[dict[str, Any]]:
    broker = Broker(settings)
    name = broker.topic(topic)
    found: list[dict[str, Any]] = []
    for number in range((await broker.widths())[name]):
        async for records in broker.read(name, number):
            found += [as_json(topic.name, record) for record in records]
    return found


async def kept(settings: Settings) -> dict[str, Customer]:
    """Return the states in the changelog, tombstones applied."""
    broker = Broker(settings)
    read: list[tuple[bytes, bytes | None]] = []
    for number in range(await broker.partitions()):
        async for records in broker.read(broker.topic(CHANGELOG), number):
            read += [(record.key, record.value) for record in records]
    return {key.decode(): decode(value) for key, value in newest(read).items() if not key.startswith(OWN_PREFIX)}
