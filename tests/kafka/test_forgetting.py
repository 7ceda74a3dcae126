"""A forgotten customer is gone from the bytes on disk, not only from what is said (../design/reliability.md, 5.5)."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.app import Worker, build
from streams.broker import Broker
from streams.embedded import free_port
from streams.home import home_of
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.topics import ACTIONS, AUDIT, CHANGELOG, DEAD_LETTERS, HEALTH, MOVEMENTS, PARTIALS, SIGNALS, UPDATES
from tests.building import Log, at, line
from tests.kafka.broker import ApacheKafka
from tests.kafka.oracle import left_by, read_all
from tests.kafka.runs import settled, until_committed
from tests.kafka.workers import WorkerProcess
from tests.marked import marked
from tests.running import send

pytestmark = pytest.mark.kafka

COMPACTED = (CHANGELOG, PARTIALS, UPDATES, HEALTH)
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
    for topic in COMPACTED:
        config = {"cleanup.policy": "compact", **QUICK}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, broker.topic(topic), configs=config)])
    await admin.close()


def holding(kafka: ApacheKafka, broker: Broker, name: str) -> list[Path]:
    """Return the segments of compacted topics in which a name stands."""
    folders = [f for topic in COMPACTED for f in kafka.data.glob(f"{broker.topic(topic)}-*")]
    files = [file for folder in folders for file in folder.glob("*.log")]
    return [file for file in files if file.exists() and name.encode() in file.read_bytes()]


def anywhere(records: Iterable[Any], names: Iterable[bytes]) -> set[bytes]:
    """Return the names that stand in key, value or headers of any record."""
    whole = b"\n".join(b"%r %r %r" % (r.key, r.value, r.headers) for r in records)
    return {name for name in names if name in whole}


async def play(settings: Settings, worker: Worker, lines: list[bytes], hours: int = 0) -> None:
    """Let a worker work off some lines, and then so many hours without an event."""
    await send(settings, lines, at(20) + timedelta(hours=hours))
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
        mine.events += marked(NAME, 7)
        await play(settings, worker, [*mine.lines(), *(line(log.login(1).events[-1]) for log in others)])
        assert {file.parent.name.rpartition("-")[0] for file in holding(kafka, broker, NAME)} == {
            broker.topic(topic) for topic in (CHANGELOG, HEALTH)
        }

        await play(settings, worker, [line(Log(NAME).add("erasure.requested", 11).events[0] | {"event_id": "please"})])
        patience, hours = time.monotonic() + 120, 0
        while holding(kafka, broker, NAME) and time.monotonic() < patience:
            # Partitions that live go on writing; one on which nothing happens is written once a minute by the clock.
            # Among the cards something is written once an hour of event time.
            hours += 1
            await play(settings, worker, [line(log.login(2).events[-1]) for log in others], hours)
            await asyncio.sleep(1)

    assert holding(kafka, broker, NAME) == []
    assert holding(kafka, broker, "other-1")


NAMES = [f"person-{number:02}-of-forty" for number in range(40)]
GONE, STAY = NAMES[::2], NAMES[1::2]
TICKET = b"t-77"
HISTORY_ENDS, ASKED, AFTER = 75, 76, 80


def history(name: str, number: int) -> Log:
    """Return the log of one customer, of all families; each month has losses, and most customers raise a signal."""
    log = Log(name).starts(number % 30, "30").login(1, 2, 3, 4, 5, 6).buys(5, f"o-{number}").asks(7, f"t-{number}")
    log.events += marked(name, 31)
    return log.ends(35 + number % 20) if number % 3 else log.add("cancellation.requested", 40)


def bad_records() -> list[tuple[str, bytes | None, bytes]]:
    """Return records that cannot be used, each naming one customer in its key, in its value or in both."""
    found: list[tuple[str, bytes | None, bytes]] = []
    for name in NAMES:
        key, good = name.encode(), Log(name).login(AFTER).events[0]
        found += [
            ("logins", key, line(good | {"occurred_at": "yesterday"})),
            ("logins", None, line(good | {"type": "rate.published"})),
            ("logins", b"", line(good | {"type": "login.dreamt"})),
            ("purchases", key, b"{"),
            ("tickets", TICKET, line(good)[:-1]),
        ]
    return found


async def send_anywhere(broker: Broker, records: list[tuple[str, bytes | None, bytes]]) -> None:
    """Send records as a producer with another partitioner does, or by the ticket that is their key."""
    producer = broker.producer()
    await producer.start()
    for place, (topic, key, value) in enumerate(records):
        partition = home_of(key, 4) if key == TICKET else place % 4
        await producer.send_and_wait(broker.topic_named(topic), value, key=key, partition=partition)
    await producer.stop()


class Seen:
    """The traces outside of the inputs: the outputs from some moment on, the segments on disk, and the pages."""

    def __init__(self, kafka: ApacheKafka, settings: Settings) -> None:
        self.kafka, self.broker = kafka, Broker(settings)
        self.from_offset: dict[tuple[str, int], int] = {}

    async def mark(self) -> None:
        """Begin here: what went out before stays until its retention is over."""
        for topic in (SIGNALS, ACTIONS, MOVEMENTS, AUDIT, DEAD_LETTERS):
            for number in range(4):
                self.from_offset[topic.name, number] = await self.broker.end(self.broker.topic(topic), number)

    async def named(self, names: Iterable[str]) -> set[bytes]:
        """Return which of them stand in any output since then."""
        found: list[Any] = []
        for (topic, number), start in self.from_offset.items():
            async for records in self.broker.read(self.broker.topic_named(topic), number, start=start):
                found += [one for one in records if one.offset >= start]
        return anywhere(found, [name.encode() for name in names])

    def on_disk(self, names: Iterable[str]) -> set[str]:
        """Return which of them stand in any byte of the compacted topics."""
        return {name for name in names if holding(self.kafka, self.broker, name)}

    async def clean(self, settings: Settings, patience: float) -> float:
        """Return how long it took until no byte of them is in a compacted topic; partitions that live go on writing."""
        begun, hours = time.monotonic(), 0
        while self.on_disk(GONE) and time.monotonic() < begun + patience:
            hours += 1
            again = [line(Log(name).login(AFTER).events[-1]) for name in STAY]
            await send(settings, again, until=at(AFTER + 1) + timedelta(hours=hours))
            await asyncio.sleep(1)
        return time.monotonic() - begun


async def closed_figures(broker: Broker) -> dict[str, Any]:
    """Return the figures that are final, as they were told last."""
    found: dict[str, Any] = {}
    for record in await read_all(broker, UPDATES):
        value = json.loads(record.value)
        if value["edition"] != "provisional":
            found[record.key.decode()] = (value["edition"], value["revision"], value["value"], value["components"])
    return found


async def until_ready(port: int) -> None:
    """Wait until a worker says that it works, as an orchestrator asks it."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as http:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == HTTPStatus.OK:
                        return
            await asyncio.sleep(0.1)


async def pages(ports: list[int]) -> str:
    """Return all that the pages of these workers show."""
    found = ""
    async with aiohttp.ClientSession() as http:
        for port in ports:
            for path in ("/", "/state"):
                async with http.get(f"http://127.0.0.1:{port}{path}") as answer:
                    found += await answer.text()
            async with http.get(f"http://127.0.0.1:{port}/events") as answer:
                found += (await answer.content.readline()).decode()
    return found


def named(text: str, names: Iterable[str]) -> set[str]:
    return {name for name in names if name in text}


@pytest.mark.timeout(240)
async def test_of_half_the_customers_no_byte_comes_back_whatever_dies_comes_again_or_is_made_anew(
    kafka: ApacheKafka, settings: Settings, tmp_path: Path
) -> None:
    broker, seen = Broker(settings), Seen(kafka, settings)
    ports = [free_port(), free_port()]
    shown = [{"BACKSTAY_WEB__ENABLED": "true", "BACKSTAY_WEB__PORT": str(port)} for port in ports]
    old = [one for number, name in enumerate(NAMES) for one in history(name, number).lines()]
    requests = [line(Log(name).add("erasure.requested", ASKED).events[0]) for name in GONE]
    await broker.create_topics()
    await compact_quickly(broker)
    await send(settings, old, until=at(HISTORY_ENDS))

    # Two workers; one dies while requests are on their way.
    workers = [
        WorkerProcess(settings, tmp_path / f"{port}.log", extra=extra) for port, extra in zip(ports, shown, strict=True)
    ]
    for port in ports:
        await until_ready(port)
    await until_committed(settings)
    before, told = named(await pages(ports), NAMES), await closed_figures(broker)
    assert before & set(GONE)
    assert before & set(STAY)
    assert seen.on_disk(GONE) == set(GONE)
    for place, request in enumerate(requests):
        await send(settings, [request])
        if place == len(requests) // 2:
            workers[1].kill()
    workers[1] = WorkerProcess(settings, tmp_path / "again.log", extra=shown[1])
    await until_ready(ports[1])
    await until_committed(settings)
    await seen.mark()
    assert not named(await pages(ports), GONE)

    # What comes late, comes broken, or comes again.
    await send_anywhere(broker, bad_records())
    await send(settings, old, until=at(AFTER + 1))
    await until_committed(settings)
    text = await pages(ports)
    assert not named(text, GONE)
    assert before & set(STAY) <= named(text, STAY)
    assert await seen.clean(settings, 60) < 60
    for worker in workers:
        worker.terminate()
    await settled(settings)
    assert await seen.named(GONE) == set()
    assert await seen.named(STAY) == {name.encode() for name in STAY}
    assert len(await read_all(broker, DEAD_LETTERS)) == len(bad_records()) / 2
    assert told.items() <= (await closed_figures(broker)).items()

    # A state that is made anew, with the changelog and without.
    for keeps in (True, False):
        if not keeps:
            await broker.recreate(CHANGELOG, 4)
        await rebuild(broker)
        await settled(settings)
        left = await left_by(settings)
        assert set(left.states) == set(STAY)
        assert left.accounted == left.came
        assert anywhere(await read_all(broker, CHANGELOG), [name.encode() for name in GONE]) == set()
    assert await seen.named(GONE) == set()
    assert told.items() <= (await closed_figures(broker)).items()
