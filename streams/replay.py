"""A log in the input contract, played through the very same app, and what the output topics received."""

import asyncio
import base64
import gzip
import json
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from retention.calendar import Instant, instant, moment, rfc3339
from schemas.base import SourceHeartbeat
from schemas.decoding import Refused
from schemas.families import LOGINS, TOPIC_OF
from streams.accounts import TURNED_OUT, accounted, by_outcome
from streams.app import AGENTS, Worker, build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings
from streams.home import home_of
from streams.settings import Settings, StateSettings
from streams.topics import AUDIT, DEAD_LETTERS, INPUTS, MOVEMENTS, OUTPUTS, SIGNALS, UPDATES, Topic

OUTPUT_FILES: Final = {
    UPDATES.name: "metric-updates.jsonl",
    SIGNALS.name: "churn-signals.jsonl",
    MOVEMENTS.name: "mrr-movements.jsonl",
    AUDIT.name: "audit.jsonl",
    DEAD_LETTERS.name: "dead-letters.jsonl",
}
EMBEDDED_SESSION: Final = 2.0
"""Seconds. The embedded broker lets a group wait for half of its session time-out before anyone may start."""
STEP: Final = 4_000
"""Lines that are sent before their acknowledgements are awaited."""


@dataclass
class Sent:
    """What was put into the input topics."""

    lines: int = 0
    newest: Instant = 0
    by_type: Counter[str] = field(default_factory=Counter)


Progress = Callable[[str, int, int], None]


def no_progress(_stage: str, _done: int, _of: int) -> None:
    """Say nothing."""


@asynccontextmanager
async def broker_for(settings: Settings, address: str | None) -> AsyncIterator[Settings]:
    """Give settings with a broker: the one named, or an embedded one that lives as long as the context."""
    if address is not None:
        yield with_broker(settings, address)
        return
    async with EmbeddedBroker() as embedded:
        yield with_broker(settings, embedded.address, session_timeout=EMBEDDED_SESSION)


def with_broker(settings: Settings, address: str, **others: object) -> Settings:
    """Give the same settings with another broker."""
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": address, **others})
    return settings.model_copy(update={"kafka": kafka})


def lines_of(file: Path) -> Iterator[bytes]:
    """Give the lines of a log, plain or gzipped; raise `BadSettings` where it cannot be read."""
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            for line in stream:
                text = line.rstrip(b"\r\n")
                if text:
                    yield text
    except (OSError, EOFError, zlib.error) as error:
        raise BadSettings(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


class Player:
    """Puts lines into the input topics, each on the partition of its customer, in order of arrival."""

    def __init__(
        self,
        broker: Broker,
        producer: AIOKafkaProducer,
        widths: Mapping[str, int],
        partitioner: Callable[[bytes, int], int] = home_of,
    ) -> None:
        """`widths` are the numbers of partitions of the input topics, by the names of their families."""
        self.producer, self._partitioner = producer, partitioner
        self.sent = Sent()
        self._names = {topic.name: broker.topic(topic) for topic in INPUTS}
        self._widths = {topic.name: widths[topic.name] for topic in INPUTS}
        self._decoders = {agent.topic: agent.decoder for agent in AGENTS}
        self._waiting: list[Any] = []

    async def play(self, line: bytes) -> None:
        """Send one line; one that is no event is sent as it is: the worker will say what is wrong with it."""
        kind, customer, at = self._read(line)
        family = TOPIC_OF.get(kind, LOGINS.topic)
        key = customer.encode() if customer is not None else None
        partition = self._partitioner(key, self._widths[family]) if key is not None else 0
        self._waiting.append(await self.producer.send(self._names[family], value=line, key=key, partition=partition))
        self.sent.lines += 1
        self.sent.by_type[kind] += 1
        self.sent.newest = max(self.sent.newest, at)
        if len(self._waiting) >= STEP:
            await self.settle()

    def _read(self, line: bytes) -> tuple[str, str | None, Instant]:
        """Give type, customer and time of a line. A line that the worker will refuse moves no time."""
        try:
            document = json.loads(line)
        except (ValueError, RecursionError):
            return "", None, 0
        if not isinstance(document, dict):
            return "", None, 0
        kind, customer = document.get("type"), document.get("customer_id")
        kind = kind if isinstance(kind, str) else ""
        at = self._time_of(kind, line)
        return kind, customer if isinstance(customer, str) and customer else None, at

    def _time_of(self, kind: str, line: bytes) -> Instant:
        if kind not in TOPIC_OF:
            return 0
        try:
            event = self._decoders[TOPIC_OF[kind]].decode(line)
        except Refused:
            return 0
        at = instant(event.occurred_at)
        return at if at <= instant(datetime.now(UTC)) else 0

    async def settle(self) -> None:
        """Wait until the broker has everything."""
        for future in self._waiting:
            await asyncio.shield(future)  # who stops playing must still be able to wait for what was sent
        self._waiting.clear()

    async def promise(self, until: Instant) -> None:
        """Promise on every partition that nothing older follows: this writer is the only one."""
        beat = SourceHeartbeat(type="source.heartbeat", occurred_at=moment(until), source="replay")
        value = beat.model_dump_json(exclude_none=True).encode()
        stamp = max(until // 1_000, int(time.time() * 1_000))
        for family, width in self._widths.items():
            for partition in range(width):
                name = self._names[family]
                self._waiting.append(
                    await self.producer.send(name, value=value, partition=partition, timestamp_ms=stamp)
                )
        await self.settle()


def default_until(newest: Instant, settings: Settings) -> Instant:
    """Give the end of the newest event's month, plus lateness and disorder: every period with events is final."""
    policy = settings.policy()
    return policy.calendar.period_at("month", newest).end + policy.lateness + policy.disorder


async def replay(
    file: Path, out: Path, settings: Settings, until: Instant | None = None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Play a file through a broker that holds nothing else, write what came out, and give the summary."""
    begun = time.monotonic()
    clock = settings.time.model_copy(update={"clock": "log"})
    settings = settings.model_copy(update={"time": clock, "state": StateSettings()})  # a worker's disk is not for this
    broker = Broker(settings)
    await broker.create_topics()
    sent = await _send(file, broker, until, settings, progress)
    async with await build(settings) as worker:
        await _until_done(worker, sent.lines, progress)
        out.mkdir(parents=True, exist_ok=True)
        for topic in OUTPUTS:
            await write_topic(broker, topic, out / OUTPUT_FILES[topic.name])
        summary = summary_of(worker, sent) | {"seconds": round(time.monotonic() - begun, 3)}
    (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    return summary


async def _send(file: Path, broker: Broker, until: Instant | None, settings: Settings, progress: Progress) -> Sent:
    producer = broker.producer("replay")
    await producer.start()
    try:
        player = Player(broker, producer, await broker.input_widths())
        for line in lines_of(file):
            await player.play(line)
            if player.sent.lines % 1_000 == 0:
                progress("sending", player.sent.lines, 0)
        await player.settle()
        if until is not None or player.sent.newest:  # of lines that say no time, none passes
            await player.promise(until if until is not None else default_until(player.sent.newest, settings))
    finally:
        await producer.stop()
    return player.sent


async def _until_done(worker: Worker, lines: int, progress: Progress) -> None:
    done = asyncio.ensure_future(worker.until_idle())
    while not done.done():
        progress("applying", int(total_read(worker)), lines)
        await asyncio.wait([done], timeout=0.1)
    await done


def total_read(worker: Worker) -> int:
    """Give how many events this worker has read since it started, heartbeats left out."""
    outcomes = by_outcome(worker.gauges.outcomes())
    return accounted(outcomes) - outcomes["heartbeat"]


def summary_of(worker: Worker, sent: Sent) -> dict[str, Any]:
    """Give what became of the lines."""
    outcomes = by_outcome(worker.gauges.outcomes())
    books = worker.books()
    return {
        "read": sent.lines,
        "applied": outcomes["applied"] + outcomes["late"] - outcomes[TURNED_OUT],
        "duplicate": outcomes["duplicate"],
        "late": outcomes["late"],
        "left_out": outcomes["left_out"],
        "rejected": worker.gauges.refusals(),
        "customers": sum(len(desk.store) for desk in worker.desks()),
        "as_of": rfc3339(books.as_of) if books is not None and books.as_of else None,
    }


async def write_topic(broker: Broker, topic: Topic, file: Path) -> None:
    """Write what a topic holds, one JSON object a line, in the order of partition and offset."""
    name = broker.topic(topic)
    widths = await broker.widths()
    with file.open("w") as stream:
        for number in range(widths[name]):
            async for records in broker.read(name, number):
                for record in records:
                    stream.write(json.dumps(as_json(topic.name, record), ensure_ascii=False) + "\n")


def as_json(topic: str, record: ConsumerRecord) -> dict[str, Any]:
    """Give a record as `events.md` writes it. A value that is no JSON is kept as text, or as base64."""
    return {
        "topic": topic,
        "key": record.key.decode(errors="replace") if record.key is not None else None,
        "headers": {name: value.decode(errors="replace") for name, value in record.headers},
        "value": _value(record.value),
    }


def _value(value: bytes | None) -> Any:  # noqa: ANN401 - any JSON
    if value is None:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        try:
            return {"text": value.decode()}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
