"""A topic of calls, filled with any keys, on Apache Kafka: workers die meanwhile, and the state is rebuilt from it."""

import asyncio
import json
import random
from datetime import datetime
from pathlib import Path

import pytest
from aiokafka.admin import NewTopic

from agents.foreign import topic_of
from retention.calendar import instant
from streams.broker import Broker
from streams.player import Player
from streams.rebuild import rebuild
from streams.setting_sources import read_settings
from streams.settings import EverySource, Settings
from streams.topics import CHANGELOG
from tests.building import line, text
from tests.kafka.oracle import left_by
from tests.kafka.runs import assert_same, differing_states, events, in_pieces, settled, undisturbed, until_committed
from tests.kafka.test_lanes import END, LATEST, PIECES, feed_at_home, newest
from tests.kafka.workers import WorkerProcess
from tests.test_foreign_records import MAPPED, batches, call

pytestmark = pytest.mark.kafka

TOPIC, WIDTH = topic_of("segment"), 3


async def feed_calls(settings: Settings, lines: list[bytes], until: datetime, dice: random.Random) -> None:
    """Send events as batches of calls, each to any partition, then promise how far they go, on all topics."""
    broker = Broker(settings)
    producer = broker.producer()
    await producer.start()
    for batch in batches([json.loads(one) for one in lines], dice):
        value = line({"batch": [call(event) for event in batch]})
        await producer.send(broker.topic_named(TOPIC), value, b"any key", dice.randrange(WIDTH))
    await producer.flush()
    await Player(broker, producer, await broker.input_widths()).promise(instant(until))
    for partition in range(WIDTH):
        beat = line({"type": "source.heartbeat", "occurred_at": text(until)})
        await producer.send_and_wait(broker.topic_named(TOPIC), beat, None, partition)
    await producer.stop()


def as_calls_say(lines: list[bytes]) -> list[bytes]:
    """Return events with what a call says of them, and without those that are no tracks."""
    found = [json.loads(one) for one in lines]
    unsaid = {"source", "user_id"}
    return [
        line({name: value for name, value in event.items() if name not in unsaid})
        for event in found
        if not event["type"].startswith("customer.")
    ]


@pytest.mark.timeout(400)
async def test_calls_count_once_whatever_dies_and_survive_a_rebuild(settings: Settings, tmp_path: Path) -> None:
    lines, dice = as_calls_say(events(seed=22, customers=60)), random.Random(22)
    said = {"sources.segment.topic": "calls", "sources.segment.tracks": MAPPED}
    extra = {f"BACKSTAY_{name.upper().replace('.', '__')}": value for name, value in said.items()}
    foreign = settings.model_copy(update={"sources": read_settings(overrides=said).sources})
    broker = Broker(foreign)
    admin = await broker.admin()
    await admin.create_topics([NewTopic("calls", WIDTH, 1)])
    await admin.close()
    await broker.create_topics()

    workers = [WorkerProcess(foreign, tmp_path / f"{n}.log", extra=extra) for n in range(2)]
    for piece in in_pieces(lines, PIECES):
        await feed_calls(foreign, piece, newest(piece) - LATEST, dice)
        await asyncio.sleep(dice.uniform(0.5, 2.0))
        place = dice.randrange(2)
        workers[place].kill()
        workers[place] = WorkerProcess(foreign, tmp_path / f"{place}.log", extra=extra)
    await feed_calls(foreign, [], END, dice)
    await asyncio.sleep(3)
    await until_committed(foreign)
    for worker in workers:
        worker.terminate()
    await settled(foreign)

    left = await left_by(foreign)
    left.inputs = lines
    wanted = await undisturbed(settings.model_copy(update={"sources": EverySource()}), lines, feed_at_home)
    assert_same(left, wanted)
    admin = await broker.admin()
    await admin.delete_topics([broker.topic(CHANGELOG)])
    await admin.close()
    assert await rebuild(Broker(foreign)) == len(left.states)
    anew = await left_by(foreign)
    assert differing_states(anew, left, live=True) == {}  # what is left was said live
    assert anew.rhythms == left.rhythms
