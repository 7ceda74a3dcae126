"""Topics of other widths filled by another partitioner, on Apache Kafka: killed under load, and created again."""

import asyncio
import json
import random
import zlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import GroupCoordinatorNotAvailableError

from retention.calendar import instant
from retention.engine.partition_state import WATCHED
from streams.broker import Broker
from streams.player import Player
from streams.rebuild import rebuild
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
from tests.running import send

pytestmark = pytest.mark.kafka

WIDTHS = {"logins": 6, "purchases": 3, "subscriptions": 1, "tickets": 8}
LATEST = timedelta(hours=31)
"""How late an event of the simulated company comes at most."""
END = START + timedelta(days=DAYS + 35)


PIECES = 5


async def feed_at_home(settings: Settings, lines: list[bytes]) -> None:
    """Send everything as Java's clients do, with the same promises in between: they are signs of life, too."""
    for piece in in_pieces(lines, PIECES):
        await send(settings, piece, newest(piece) - LATEST)
    await send(settings, [], END)


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
    """Add partitions to a topic, as its owner may at any time: events of a key then go to another one."""
    admin = await broker.admin()
    name = broker.topic_named(family)
    await admin.create_partitions({name: NewPartitions(width)})
    while name not in (owned := await owned_by(admin, broker.settings.kafka.group)) or max(owned[name]) < width - 1:
        await asyncio.sleep(0.1)  # where only the log moves time, nobody waits for what nobody knows of
    await admin.close()


async def owned_by(admin: AIOKafkaAdminClient, group: str) -> dict[str, list[int]]:
    """Return which partitions the members of a group read now; none on a broker that is not ready for groups yet."""
    owned: dict[str, list[int]] = {}
    try:
        answers = await admin.describe_consumer_groups([group])
    except GroupCoordinatorNotAvailableError:
        return owned
    for answer in answers:
        for member in (member for found in answer.groups for member in found[5]):
            for name, partitions in ConsumerProtocolMemberAssignment.decode(member[4]).assignment if member[4] else ():
                owned.setdefault(name, []).extend(partitions)
    return owned


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
    for number, piece in enumerate(in_pieces(lines, PIECES)):
        if number == 2:
            await widen(broker, "logins", 10)
        await feed_elsewhere(settings, piece, newest(piece) - LATEST)
        await asyncio.sleep(dice.uniform(0.5, 2.0))
        place = dice.randrange(2)
        workers[place].kill()
        workers[place] = WorkerProcess(settings, tmp_path / f"{place}.log")
    await feed_elsewhere(settings, [], END)
    await asyncio.sleep(3)
    await until_committed(settings)
    for worker in workers:
        worker.terminate()
    await settled(settings)

    left = await left_by(settings)
    wanted = await undisturbed(settings, lines, feed_at_home)
    assert_same(left, wanted)
    admin = await broker.admin()
    await admin.delete_topics([broker.topic(CHANGELOG)])
    await admin.close()
    assert await rebuild(Broker(settings)) == len(left.states)
    anew = await left_by(settings)
    assert differing_states(anew, left) == {}
    assert anew.rhythms == left.rhythms
    await settled(settings)
    assert_same(await left_by(settings), wanted)


async def test_a_rebuild_hears_for_all_partitions_what_only_some_read(settings: Settings) -> None:
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(broker.topic_named("logins"), 1, 1)])
    await admin.close()
    await broker.create_topics()
    for number in range(120):
        await send(settings, [], START + number * timedelta(hours=6))
    await settled(settings)
    left = await left_by(settings)
    admin = await broker.admin()
    await admin.delete_topics([broker.topic(CHANGELOG)])
    await admin.close()

    await rebuild(Broker(settings))

    anew = await left_by(settings)
    assert left.rhythms.keys() == {(number, topic) for number in range(4) for topic in WATCHED}
    for topic in WATCHED:
        assert len({tuple(spoken) for (_, name), (spoken, _, _) in left.rhythms.items() if name == topic}) == 1
    assert anew.rhythms == left.rhythms
    assert anew.accounted == left.accounted == left.came
