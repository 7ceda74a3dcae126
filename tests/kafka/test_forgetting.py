"""A forgotten customer is gone from the bytes on disk, not only from what is said (../design/reliability.md, 5.5)."""

import asyncio
import time
from pathlib import Path

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.app import Worker, build
from streams.broker import Broker
from streams.settings import Settings
from streams.topics import CHANGELOG, PARTIALS, UPDATES
from tests.building import Log, line
from tests.kafka.broker import ApacheKafka
from tests.kafka.runs import feed

pytestmark = pytest.mark.kafka

NAME = "somebody-who-asked-to-be-forgotten"
QUICK = {
    "segment.ms": "2000",
    "max.compaction.lag.ms": "3000",
    "delete.retention.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
}
"""The register's settings, an hour made a second or two: what is shown is that they suffice, not how long they take."""


async def compact_quickly(broker: Broker) -> None:
    admin = await broker.admin()
    for topic in (CHANGELOG, PARTIALS, UPDATES):
        config = {"cleanup.policy": "compact", **QUICK}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, broker.topic(topic), configs=config)])
    await admin.close()


def holding(kafka: ApacheKafka, broker: Broker, name: str) -> list[Path]:
    """Give the segments of compacted topics in which a name stands."""
    folders = [f for topic in (CHANGELOG, PARTIALS, UPDATES) for f in kafka.data.glob(f"{broker.topic(topic)}-*")]
    files = [file for folder in folders for file in folder.glob("*.log")]
    return [file for file in files if file.exists() and name.encode() in file.read_bytes()]


async def play(settings: Settings, worker: Worker, lines: list[bytes]) -> None:
    await feed(settings, lines)
    await asyncio.wait_for(worker.until_idle(), 30)


@pytest.mark.timeout(180)
async def test_no_byte_of_a_forgotten_customer_stays_in_a_compacted_topic(
    kafka: ApacheKafka, settings: Settings
) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await compact_quickly(broker)
    others = [Log(f"other-{n}") for n in range(40)]
    mine = Log(NAME).starts(0, "30").login(1, 2, 3, 4, 5).buys(3, "o-1").asks(4, "t-1").add("cancellation.requested", 6)
    async with await build(settings) as worker:
        await play(settings, worker, [*mine.lines(), *(line(log.login(1).events[-1]) for log in others)])
        assert holding(kafka, broker, NAME)

        await play(settings, worker, [line(Log(NAME).add("erasure.requested", 7).events[0])])
        patience = time.monotonic() + 120
        while holding(kafka, broker, NAME) and time.monotonic() < patience:
            # Partitions that live go on writing; one on which nothing happens is written once a minute by the clock.
            await play(settings, worker, [line(log.login(2).events[-1]) for log in others])
            await asyncio.sleep(1)

    assert holding(kafka, broker, NAME) == []
    assert holding(kafka, broker, "other-1")
