"""Producers at their worst: thousands of invalid records, everything many times, everything late."""

import asyncio
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from retention.features.purchases.section import orders_seen
from schemas.decoding import MAX_BYTES
from streams.app import build
from streams.broker import Broker
from streams.home import home_of
from streams.settings import Settings
from streams.topics import DEAD_LETTERS
from tests.kafka.oracle import left_by, read_all
from tests.kafka.poison import DEEP, HUGE, LARGE, POISON, purchase
from tests.kafka.runs import (
    assert_identical,
    assert_same,
    differing_bytes,
    differing_statements,
    events,
    feed,
    in_backlog,
    in_pieces,
    settled,
    undisturbed,
)
from tests.kafka.workers import WorkerProcess

pytestmark = pytest.mark.kafka

EACH = 1_000


async def accept_large_values(broker: Broker) -> None:
    admin = await broker.admin()
    name = broker.topic_named("purchases")
    configs = {"max.message.bytes": str(LARGE + 100_000)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=configs)])
    await admin.close()


@pytest.mark.timeout(180)
async def test_poison_by_the_thousand_ends_in_dead_letters_and_nowhere_else(settings: Settings) -> None:
    broker, dice = Broker(settings), random.Random(1)
    await broker.create_topics()
    await accept_large_values(broker)
    lines = events(seed=21, customers=60)
    poison = [(value, reason) for value, reason in POISON.values() for _ in range(EACH)]
    poison += [(DEEP, "not_json")] * 5 + [(HUGE, "too_large")] * 3
    dice.shuffle(poison)
    producer = broker.producer(max_request_size=2 * LARGE)
    await producer.start()
    for begin in range(0, len(poison), 2_000):
        futures = [
            await producer.send(
                broker.topic_named("purchases"),
                value,
                key=dice.choice((b"", b"\xff\xfe", b"poison", None if value is not None else b"poison")),
                partition=dice.randrange(4),
                headers=[("\u0000odd", b"\xff"), ("ce_type", b"")] if dice.random() < 0.1 else None,
            )
            for value, _ in poison[begin : begin + 2_000]
        ]
        for future in futures:
            await future
    await producer.stop()
    await feed(settings, lines)

    async with await build(settings) as worker:
        await worker.until_idle()

    letters = await read_all(broker, DEAD_LETTERS)
    reasons = Counter(dict(letter.headers)["x-dead-letter-reason"].decode() for letter in letters)
    assert reasons == Counter(reason for _, reason in poison)
    assert len(
        {(h["x-dead-letter-partition"], h["x-dead-letter-offset"]) for h in (dict(x.headers) for x in letters)}
    ) == len(poison)
    left, wanted = await left_by(settings), await undisturbed(settings, lines)
    assert "poison" not in left.states
    assert (left.accounted, left.outcomes["rejected"]) == (left.came, len(poison))
    assert differing_bytes(left, wanted) == {}
    assert differing_statements(left, wanted) == ([], [])
    assert {k: v[:2] for k, v in left.figures.items()} == {k: v[:2] for k, v in wanted.figures.items()}


@pytest.mark.timeout(180)
async def test_records_as_large_as_an_input_topic_allows_end_no_worker(settings: Settings) -> None:
    """Records are forwarded: home from a wrong partition with their origin, or to the dead letters with a reason."""
    broker = Broker(settings)
    await broker.create_topics()
    await accept_large_values(broker)
    stray = purchase(customer_id="c-stray", note="")
    stray = stray.replace(b'"note":""', b'"note":"' + b"x" * (MAX_BYTES - len(stray)) + b'"')
    many = [(f"h-{number}", b"x" * 1_000) for number in range(3_000)]
    home = home_of(b"c-stray", 4)
    records: list[dict[str, Any]] = [
        {"value": stray, "key": b"c-stray", "partition": (home + 1) % 4},
        {"value": stray.replace(b"o-1", b"o-2"), "key": b"c-stray", "partition": (home + 2) % 4, "headers": many},
        {"value": b"{", "key": b"k" * 3_000_000, "partition": 0},
        {"value": b"{" * MAX_BYTES, "key": b"poison", "partition": 0, "headers": many},
        {"value": b"{", "key": b"poison", "partition": 0, "headers": [("nothing", None)]},
    ]
    producer = broker.producer(max_request_size=2 * LARGE)
    await producer.start()
    for record in records:
        await producer.send_and_wait(broker.topic_named("purchases"), **record)
    await producer.stop()

    async with await build(settings) as worker:
        await worker.until_idle()

    letters = await read_all(broker, DEAD_LETTERS)
    assert len(stray) == MAX_BYTES
    assert len(letters) == 3
    assert len(orders_seen((await left_by(settings)).states["c-stray"])) == 2


@pytest.mark.timeout(180)
async def test_every_event_up_to_ten_times_across_restarts(settings: Settings, tmp_path: Path) -> None:
    """To the letter: of a log in which everything stands once, in a backlog, nothing else would have been said."""
    lines, dice = events(seed=22, customers=60), random.Random(22)
    await Broker(settings).create_topics()
    for piece in in_pieces(lines, 4):
        again = dice.sample(lines[: lines.index(piece[-1])], 200)
        await feed(settings, [one for one in piece for _ in range(dice.randint(1, 10))] + again, last=False)
    await feed(settings, [])
    for _ in range(4):
        worker = WorkerProcess(settings, tmp_path / "worker.log", a_batch=0.1)
        await asyncio.sleep(dice.uniform(1.5, 3))
        worker.kill()
    assert await in_backlog(settings)
    await settled(settings)

    assert_identical(await left_by(settings), await undisturbed(settings, lines))


@pytest.mark.timeout(180)
async def test_everything_shuffled_within_two_days_and_some_later(settings: Settings) -> None:
    lines, dice = events(seed=23, customers=60), random.Random(23)
    await Broker(settings).create_topics()

    def arrival(one: bytes) -> datetime:
        late = timedelta(hours=48 if dice.random() > 0.01 else 240) * dice.random()
        return datetime.fromisoformat(json.loads(one)["occurred_at"]) + late

    await feed(settings, sorted(lines, key=arrival))
    await settled(settings)

    assert_same(await left_by(settings), await undisturbed(settings, lines))
