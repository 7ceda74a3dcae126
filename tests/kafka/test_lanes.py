"""Topics of other widths filled by another partitioner, on Apache Kafka: killed under load, and made anew."""

import asyncio
import json
import random
import zlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.admin import NewPartitions, NewTopic

from retention.calendar import instant
from streams.broker import Broker
from streams.rebuild import rebuild
from streams.replay import Player
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.kafka.oracle import left_by
from tests.kafka.runs import (
    DAYS,
    START,
    assert_same,
    differing_states,
    events,
    in_pieces,
    settled,
    undisturbed,
    until_committed,
)
from tests.kafka.workers import WorkerProcess

pytestmark = pytest.mark.kafka

WIDTHS = {"logins": 6, "purchases": 3, "subscriptions": 1, "tickets": 8}
LATEST = timedelta(hours=31)
"""How late an event of the simulated company comes at most."""


async def feed_elsewhere(settings: Settings, lines: list[bytes], until: datetime) -> None:
    """Send lines as librdkafka partitions them, then promise how far they go."""
    broker = Broker(settings)
    producer = broker.producer()
    await producer.start()
    player = Player(broker, producer, await broker.input_widths(), lambda key, width: zlib.crc32(key) % width)
    for line in lines:
        await player.play(line)
    await player.settle()
    await player.promise(instant(until))
    await producer.stop()


async def widen(broker: Broker, family: str, width: int) -> None:
    """Give a topic more partitions, as its owner may at any time: whose events went to one now go to another."""
    admin = await broker.admin()
    await admin.create_partitions({broker.topic_named(family): NewPartitions(width)})
    await admin.close()


def newest(lines: list[bytes]) -> datetime:
    return max(datetime.fromisoformat(json.loads(line)["occurred_at"]) for line in lines)


@pytest.mark.timeout(400)
async def test_records_that_stand_elsewhere_count_once_whatever_dies_and_survive_a_rebuild(
    settings: Settings, tmp_path: Path
) -> None:
    lines, dice = events(seed=21, customers=100), random.Random(21)
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(broker.topic_named(name), width, 1) for name, width in WIDTHS.items()])
    await admin.close()
    await broker.create_topics()

    workers = [WorkerProcess(settings, tmp_path / f"{n}.log") for n in range(2)]
    for number, piece in enumerate(in_pieces(lines, 5)):
        if number == 2:
            await widen(broker, "logins", 10)
        await feed_elsewhere(settings, piece, newest(piece) - LATEST)
        await asyncio.sleep(dice.uniform(0.5, 2.0))
        place = dice.randrange(2)
        workers[place].kill()
        workers[place] = WorkerProcess(settings, tmp_path / f"{place}.log")
    await feed_elsewhere(settings, [], START + timedelta(days=DAYS + 35))
    await asyncio.sleep(3)
    await until_committed(settings)
    for worker in workers:
        worker.terminate()
    await settled(settings)

    left = await left_by(settings)
    wanted = await undisturbed(settings, lines)
    assert_same(left, wanted)
    admin = await broker.admin()
    await admin.delete_topics([broker.topic(CHANGELOG)])
    await admin.close()
    assert await rebuild(settings) == len(left.states)
    anew = await left_by(settings)
    assert differing_states(anew, left) == {}
    await settled(settings)
    assert_same(await left_by(settings), wanted)
