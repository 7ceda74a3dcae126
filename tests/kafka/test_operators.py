"""Kafka as operators have it: codecs, wrong clocks, inputs that are deleted before they are read."""

import asyncio
import contextlib
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidTimestampError

from agents.rekeyed import NEWS_KEY
from streams import gaps
from streams.app import build
from streams.broker import Broker
from streams.codecs import CODECS
from streams.errors import InputsGone, LogGap, WorkersRunning
from streams.home import home_of
from streams.player import Player
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.topics import AUDIT, CHANGELOG, DEAD_LETTERS, INPUTS, PARTIALS, PRIVACY, REKEYED, Topic
from tests.kafka.oracle import left_by, read_all
from tests.kafka.runs import assert_same, events, feed, in_pieces, settled, undisturbed, until_committed
from tests.kafka.workers import WorkerProcess
from tests.running import kept

pytestmark = pytest.mark.kafka

HOUR_MS = 3_600_000
WIDTH = 4


def login(customer: str, at: datetime, ident: str = "") -> bytes:
    """Return a login of a customer."""
    said = {"type": "login.succeeded", "event_id": ident or f"l-{customer}", "customer_id": customer}
    return json.dumps(said | {"occurred_at": at.isoformat()}).encode()


async def write(settings: Settings, topic: Topic, records: list[dict[str, Any]], **options: Any) -> None:
    """Write records as some producer does."""
    broker = Broker(settings)
    producer = broker.producer(**options)
    await producer.start()
    for record in records:
        await producer.send_and_wait(broker.topic(topic), **record)
    await producer.stop()


async def configure(broker: Broker, topic: Topic, **config: str) -> None:
    """Change settings of a topic, as its operator may at any time."""
    admin = await broker.admin()
    configs = topic.config | {name.replace("_", "."): value for name, value in config.items()}  # it replaces them all
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, broker.topic(topic), configs=configs)])
    await admin.close()


async def delete_before(broker: Broker, topic: Topic, ends: dict[TopicPartition, int]) -> None:
    """Delete the records of a topic up to an offset each, as its retention would."""
    admin = await broker.admin()
    name = broker.topic(topic)
    await admin.delete_records({tp: RecordsToDelete(end) for tp, end in ends.items() if tp.topic == name})
    await admin.close()


async def ends_of(broker: Broker, *topics: Topic) -> dict[TopicPartition, int]:
    """Return where the partitions of topics end."""
    return (await broker.bounds([TopicPartition(broker.topic(t), n) for t in topics for n in range(WIDTH)]))[1]


async def drop(broker: Broker, topic: Topic) -> None:
    """Delete a topic."""
    admin = await broker.admin()
    name = broker.topic(topic)
    await admin.delete_topics([name])
    while name in await admin.list_topics():
        await asyncio.sleep(0.05)
    await admin.close()


INPUT_NAMES = {topic.name: topic for topic in INPUTS}
LOGINS = INPUT_NAMES["logins"]


@pytest.mark.timeout(180)
async def test_records_and_a_changelog_of_every_codec_are_read(settings: Settings) -> None:
    broker, lines = Broker(settings), events(seed=31, customers=60)
    await broker.create_topics()

    for codec, piece in zip([None, *(one.name for one in CODECS)], in_pieces(lines, 5), strict=True):
        producer = broker.producer(compression_type=codec, linger_ms=50)
        await producer.start()
        player = Player(broker, producer, await broker.input_widths())
        for line in piece:
            await player.play(line)
        await player.settle()
        await producer.stop()
        await configure(broker, CHANGELOG, compression_type=codec or "uncompressed")
        await settled(settings)
    await feed(settings, [])
    await settled(settings)

    assert_same(await left_by(settings), await undisturbed(settings, lines))


@pytest.mark.timeout(120)
async def test_a_record_that_is_older_than_what_is_sent_home_is_kept_comes_home(settings: Settings) -> None:
    """In a backlog of weeks the broker would delete it by its own time at once, before a worker reads it."""
    broker = Broker(settings)
    await broker.create_topics()
    await configure(broker, REKEYED, retention_ms=str(HOUR_MS), segment_ms="1000", file_delete_delay_ms="1000")
    old = datetime(2025, 3, 1, tzinfo=UTC)
    away = (home_of(b"c-1", WIDTH) + 1) % WIDTH
    stamp = int(old.timestamp() * 1_000) + 7

    await write(settings, LOGINS, [{"value": login("c-1", old), "partition": away, "timestamp_ms": stamp}])
    await settled(settings)

    (sent,) = [one for one in await read_all(broker, REKEYED) if one.key != NEWS_KEY]
    assert dict(sent.headers)["x-origin-timestamp"] == str(stamp).encode()
    assert time.time() * 1_000 - sent.timestamp < HOUR_MS
    assert "c-1" in await kept(settings)


@pytest.mark.timeout(120)
async def test_a_record_far_ahead_of_now_is_sent_home_and_ends_no_worker(settings: Settings) -> None:
    """Kafka refuses records that lie more than an hour ahead on a topic whose records carry their own times."""
    broker = Broker(settings)
    await broker.create_topics()
    ahead = datetime.now(UTC) + timedelta(hours=3)
    away = (home_of(b"c-1", WIDTH) + 1) % WIDTH
    record = {"value": login("c-1", ahead), "partition": away, "timestamp_ms": int(ahead.timestamp() * 1_000)}
    await configure(broker, LOGINS, message_timestamp_after_max_ms=str(24 * HOUR_MS))

    for _ in range(50):  # a broker takes a moment to go by a new setting of a topic
        with contextlib.suppress(InvalidTimestampError):
            await write(settings, LOGINS, [record])
            break
        await asyncio.sleep(0.1)
    await settled(settings)

    assert "c-1" in await kept(settings)


@pytest.mark.timeout(120)
async def test_what_an_older_version_sent_home_is_read_by_its_own_timestamp(settings: Settings) -> None:
    """It had no header for that. An event that lies after its record is refused, and no other."""
    broker = Broker(settings)
    admin = await broker.admin()
    # Its records have old times of their own: the broker would delete them when it next looks for such.
    await admin.create_topics([NewTopic(broker.topic(REKEYED), WIDTH, 1, topic_configs={"retention.ms": "-1"})])
    await admin.close()
    await broker.create_topics()
    at = datetime(2025, 3, 1, tzinfo=UTC)
    stamp = int(at.timestamp() * 1_000)
    home = home_of(b"c-1", WIDTH)
    origin = [("x-origin-topic", b"logins"), ("x-origin-partition", str((home + 1) % WIDTH).encode())]

    def sent(offset: int, when: datetime) -> dict[str, Any]:
        headers = [*origin, ("x-origin-offset", str(offset).encode())]
        value = login("c-1", when, f"l-{offset}")
        return {"value": value, "key": b"c-1", "partition": home, "headers": headers, "timestamp_ms": stamp}

    await write(settings, REKEYED, [sent(0, at), sent(1, at + timedelta(minutes=6))])
    await settled(settings)

    letters = await read_all(broker, DEAD_LETTERS)
    assert [dict(one.headers)["x-dead-letter-reason"] for one in letters] == [b"future"]
    assert "c-1" in await kept(settings)


@pytest.mark.timeout(120)
async def test_a_clock_that_is_wrong_for_event_and_record_moves_no_watermark(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await configure(broker, LOGINS, message_timestamp_after_max_ms=str(10_000 * 24 * HOUR_MS))
    live = settings.model_copy(update={"time": settings.time.model_copy(update={"clock": "wall"})})
    now = datetime.now(UTC)
    wrong = now + timedelta(days=700)

    def one(customer: str, at: datetime) -> dict[str, Any]:
        where = home_of(customer.encode(), WIDTH)
        return {"value": login(customer, at), "partition": where, "timestamp_ms": int(at.timestamp() * 1_000)}

    await write(live, LOGINS, [one("c-1", wrong), one("c-2", now + timedelta(minutes=3))])
    async with await build(live) as worker:
        await worker.until_idle()
        seconds = max(processor.partition_state.watermark for processor in worker.processors()) / 1_000_000

    assert seconds < datetime.now(UTC).timestamp()
    letters = await read_all(broker, DEAD_LETTERS)
    assert [dict(letter.headers)["x-dead-letter-reason"] for letter in letters] == [b"future"]
    assert list(await kept(live)) == ["c-2"]


@pytest.mark.timeout(180)
async def test_a_rebuild_of_which_nothing_is_left_changes_nothing(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await feed(settings, events(seed=32, customers=40))
    await settled(settings)
    before = await left_by(settings)
    for topic in INPUTS:
        await delete_before(broker, topic, await ends_of(broker, *INPUTS))

    with pytest.raises(InputsGone, match="would find no "):
        await rebuild(Broker(settings), partial=True)

    assert (await left_by(settings)).states.keys() == before.states.keys()


def erasure(customer: str, at: datetime) -> dict[str, Any]:
    """Return the record of a request to forget a customer."""
    said = {"type": "erasure.requested", "event_id": f"e-{customer}", "customer_id": customer}
    value = json.dumps(said | {"occurred_at": at.isoformat()}).encode()
    key = customer.encode()
    return {"value": value, "key": key, "partition": home_of(key, WIDTH)}


async def forgotten_and_requests_gone(settings: Settings) -> set[str]:
    """Erase two customers, then delete the requests and the changelog; return the other customers."""
    broker = Broker(settings)
    await broker.create_topics()
    lines = events(seed=33, customers=25)
    await feed(settings, lines)
    await settled(settings)
    names = sorted(await kept(settings))
    newest = datetime.fromisoformat(json.loads(lines[-1])["occurred_at"])
    await write(settings, PRIVACY, [erasure(name, newest) for name in names[:2]])
    await settled(settings)
    await delete_before(broker, PRIVACY, await ends_of(broker, PRIVACY))
    await drop(broker, CHANGELOG)
    return set(names[2:])


@pytest.mark.timeout(180)
async def test_who_was_forgotten_stays_so_where_only_the_receipts_are_left(settings: Settings) -> None:
    others = await forgotten_and_requests_gone(settings)

    assert await rebuild(Broker(settings), partial=True) == len(others)

    assert set(await kept(settings)) == others
    await settled(settings)
    assert set(await kept(settings)) == others


@pytest.mark.timeout(180)
async def test_nobody_comes_back_without_a_word_where_the_receipts_are_gone_too(settings: Settings) -> None:
    others, broker = await forgotten_and_requests_gone(settings), Broker(settings)
    await delete_before(broker, AUDIT, await ends_of(broker, AUDIT))

    with pytest.raises(InputsGone, match="--forgotten-may-return"):
        await rebuild(Broker(settings), partial=True)
    assert await kept(settings) == {}

    assert await rebuild(Broker(settings), partial=True, forgotten_may_return=True) > len(others)


async def accepted(settings: Settings) -> list[str]:
    """Accept every gap; return what is said of each."""
    broker = Broker(settings)
    stand = await gaps.look(broker)
    await gaps.accept(broker, stand)
    return [str(gap) for gap in stand.all()]


async def halves_of(settings: Settings, seed: int) -> list[bytes]:
    """Have a worker apply the first half of a log; return the other."""
    lines = events(seed=seed, customers=40)
    await Broker(settings).create_topics()
    await feed(settings, lines[: len(lines) // 2], last=False)
    await settled(settings)
    return lines[len(lines) // 2 :]


@pytest.mark.timeout(240)
async def test_a_worker_stops_before_what_retention_deleted_and_goes_on_once_that_is_accepted(
    settings: Settings,
) -> None:
    broker, rest = Broker(settings), await halves_of(settings, seed=34)
    before = await left_by(settings)
    begins = await ends_of(broker, LOGINS)
    await feed(settings, rest[: len(rest) // 2], last=False)
    ends = await ends_of(broker, LOGINS)
    await delete_before(broker, LOGINS, ends)
    gone = {tp: ends[tp] - begins[tp] for tp in ends if ends[tp] > begins[tp]}
    name = broker.topic(LOGINS)
    tp, missing = next(iter(gone.items()))

    with pytest.raises(LogGap, match="backstay accept-gap") as refused:
        await settled(settings)
    assert name in str(refused.value)
    found = await accepted(settings)

    assert f"{name}-{tp.partition}: offsets {begins[tp]} to {ends[tp] - 1}, {missing} in all" in " ".join(found)
    assert len(found) == len(gone)
    assert await accepted(settings) == []
    await feed(settings, rest[len(rest) // 2 :])
    await settled(settings)
    after = await left_by(settings)
    assert before.states.keys() <= after.states.keys()
    assert after.outcomes["missing"] == sum(gone.values())
    assert after.accounted == after.came + sum(begins.values()) + sum(gone.values())
    assert not any(after.behind.values())
    assert {ident for ident, number in after.ids().items() if number > 1} == set()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("longer", [False, True])
async def test_a_worker_stops_before_an_input_that_was_created_anew(settings: Settings, *, longer: bool) -> None:
    """Also where the new one is the longer: only its id tells them apart then."""
    broker, rest = Broker(settings), await halves_of(settings, seed=35)
    before = await left_by(settings)
    ends = await ends_of(broker, LOGINS)
    await drop(broker, LOGINS)
    await broker.create_topics()
    logins = [line for line in rest if b'"login' in line]
    if longer:
        many = max(ends.values()) + 10
        for number in range(WIDTH):
            await write(settings, LOGINS, [{"value": b"{", "partition": number}] * many, linger_ms=1)

    with pytest.raises(LogGap, match="created again"):
        await settled(settings)
    found = await accepted(settings)

    assert len(found) == sum(1 for end in ends.values() if end)
    await feed(settings, rest)
    await settled(settings)
    after = await left_by(settings)
    assert before.states.keys() <= after.states.keys()
    assert after.outcomes["log_replaced"] == len(found)
    assert after.outcomes["rejected"] == (WIDTH * many if longer else 0)
    assert not any(after.behind.values())
    assert logins
    assert after.accounted == after.came + sum(ends.values())


@pytest.mark.timeout(240)
async def test_records_from_a_topic_that_was_created_anew_come_home(settings: Settings) -> None:
    """The home knows the offsets of the old one, by which those of the new one would have come before."""
    broker = Broker(settings)
    await broker.create_topics()
    home = home_of(b"c-1", WIDTH)
    at = datetime(2025, 3, 1, tzinfo=UTC)
    strays = [{"value": login("c-1", at, f"l-{n}"), "partition": (home + 1) % WIDTH} for n in range(3)]
    await write(settings, LOGINS, strays)
    await settled(settings)
    await drop(broker, LOGINS)
    await broker.create_topics()
    await write(settings, LOGINS, [strays[0] | {"value": login("c-1", at + timedelta(days=1), "l-new")}])

    assert await accepted(settings)
    await settled(settings)

    left = await left_by(settings)
    logins = left.states["c-1"].logins
    # Where its partition has told before that it has nothing more to bring, the new one is late, and still applied.
    assert (left.outcomes["applied"] + left.outcomes["late"], left.outcomes["replayed"]) == (4, 0)
    assert logins[1::2] == [1, 3]  # of the second day and of the first


@pytest.mark.timeout(240)
async def test_sums_are_told_again_where_their_topic_was_created_anew(settings: Settings) -> None:
    broker, lines = Broker(settings), events(seed=36, customers=40)
    await broker.create_topics()
    await feed(settings, lines[: len(lines) // 2], last=False)
    await settled(settings)
    await drop(broker, PARTIALS)
    await broker.create_topics()

    await settled(settings)
    await feed(settings, lines[len(lines) // 2 :])
    await settled(settings)

    assert_same(await left_by(settings), await undisturbed(settings, lines))


@pytest.mark.timeout(120)
async def test_a_gap_that_opens_while_a_worker_is_behind_ends_it(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    async with await build(settings) as worker:
        await worker.until_ready()
        with pytest.raises(WorkersRunning, match="stop them all"):
            await gaps.require_no_workers(broker)
        where = TopicPartition(broker.topic(LOGINS), 0)
        worker.customers.consumer.pause(where)
        await asyncio.sleep(0.5)  # what is asked for already
        await write(settings, LOGINS, [{"value": b"{", "partition": 0}])
        await delete_before(broker, LOGINS, await ends_of(broker, LOGINS))
        worker.customers.consumer.resume(where)

        with pytest.raises(LogGap, match="offsets 0 to 0, 1 in all"):
            await asyncio.wait_for(worker.failure, 30)


@pytest.mark.timeout(180)
async def test_a_worker_on_a_healthy_broker_warns_of_nothing(settings: Settings, tmp_path: Path) -> None:
    await Broker(settings).create_topics()
    await feed(settings, events(seed=38, customers=60))

    worker = WorkerProcess(settings, tmp_path / "worker.log")
    await until_committed(settings)
    other = WorkerProcess(settings, tmp_path / "other.log")
    await asyncio.sleep(8)
    members = await client_ids(Broker(settings))
    other.terminate()
    worker.terminate()

    assert members == {f"backstay-{settings.kafka.group}-worker"}
    lines = [line for one in (worker, other) for line in one.log.read_text().splitlines()]
    assert len(lines) > 4
    assert [line for line in lines if json.loads(line)["level"] != "info"] == []


async def client_ids(broker: Broker) -> set[str]:
    """Return what the members of the group call themselves."""
    admin = await broker.admin()
    found = [
        one for answer in await admin.describe_consumer_groups([broker.settings.kafka.group]) for one in answer.groups
    ]
    await admin.close()
    return {member[1] for one in found for member in one[5]}
