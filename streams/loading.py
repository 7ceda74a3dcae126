"""Sends a history to the input topics, as past events: throttled, and resumed where it was interrupted.

Each event is marked `"backfill": true`, keyed by its customer, and stamped with the present: a broker deletes records
by their timestamp, so a history with its old times would be deleted before a worker reads it (docs/loading.md).
"""

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from aiokafka.errors import KafkaError
from aiokafka.producer import AIOKafkaProducer

from agents.reading import MAX_AHEAD
from agents.readings import decoder_of
from retention.calendar import DAY, SECOND, Instant, instant, rfc3339
from schemas.decoding import MAX_BYTES, Refused
from schemas.families import TOPIC_OF
from schemas.logins import LOGINS
from streams.broker import Broker
from streams.errors import BadLog, BrokerUnreachable, TopicsUnfit, explained
from streams.foreign_logs import UNREAD, LogReader, Translated, reader_of, wanted
from streams.history import ends_at
from streams.home import home_of
from streams.logfile import SNIFFED, Line, opened
from streams.player import LARGEST_REQUEST, Player
from streams.refusals import Kinds
from streams.rejected import TOO_LARGE
from streams.settings import Settings
from streams.topics import INPUTS
from streams.writing import writing

PIECE: Final = 1_000
"""Events between two notes of the progress: at most so many are sent twice if the load is killed."""
LEAST_RETENTION: Final = 24 * 3_600_000
"""Shortest retention of an input topic, in milliseconds, while a history is loaded."""

OVERHEAD: Final = 100
"""Bytes of a record besides the event: its key, the mark, and the broker's own."""

Progress = Callable[[int, int], None]
HEARTBEAT: Final = "source.heartbeat"
_CUT: Final = b" \t\r\n"
_LATER: Final = ("reading",)
"""What notes of earlier builds do not have."""


@dataclass
class Loaded:
    """The outcome of a file."""

    file: Path
    sent: int = 0
    resumed_at: int = 0
    """Number of events that earlier runs had read."""
    ended: bool = False
    """Whether the whole file is read."""
    rejected: dict[str, int] = field(default_factory=dict)
    errors: Kinds[int] = field(default_factory=Kinds)
    """The different errors of each reason, by line."""
    noun: str = "line"

    def reject(self, reason: str, number: int, error: str) -> None:
        """Count an event that is not sent, because every worker would reject it."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1
        self.errors.take(reason, number, error)


class Note:
    """The progress of loading a file, in a small file of its own.

    It counts events, and how many there are depends on how the file is read. If none of them was sent, it says nothing.
    """

    def __init__(self, file: Path, folder: Path | None, target: str, reading: str) -> None:
        self.place = (folder or file.parent) / f"{file.name}.loading"
        with file.open("rb") as stream:
            begins = hashlib.sha256(stream.read(SNIFFED)).hexdigest()
        self._of = {"size": file.stat().st_size, "begins": begins, "target": target, "reading": reading}
        self._sent = 0

    def read(self) -> tuple[int, bool]:
        """Return the number of events read, and whether that was all; raise `BadLog` for the note of another load."""
        try:
            found = json.loads(self.place.read_text(encoding="utf-8"))
            done, ended = int(found["done"]), bool(found["ended"])
        except FileNotFoundError:
            return 0, False
        except (ValueError, KeyError, TypeError):
            found, done, ended = {}, 0, False
        if found.get("sent") == 0:
            return 0, False
        if any(found.get(name, value if name in _LATER else None) != value for name, value in self._of.items()):
            raise BadLog(
                f"{self.place} is the progress of another load (of other content of the file, read by another source "
                "or by other settings of it, or to other topics). Delete it to load the file from its beginning, or "
                "name another folder with --notes"
            )
        self._sent = found.get("sent", done)
        return done, ended

    def write(self, done: int, *, sent: int, ended: bool) -> None:
        """Write the progress, atomically: `sent` of the events were sent by this run."""
        text = json.dumps(self._of | {"done": done, "sent": self._sent + sent, "ended": ended}) + "\n"
        with writing(self.place):
            fresh = self.place.with_name(f"{self.place.name}.new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.place)


def as_backfill(text: bytes) -> bytes:
    """Return an event with the mark of a past event; its other bytes stay the same.

    >>> as_backfill(b'{"type": "login.succeeded"}')
    b'{"backfill":true,"type": "login.succeeded"}'
    """
    document = json.loads(text)
    if document.get("backfill") is True:
        return text
    if "backfill" in document:
        return json.dumps(document | {"backfill": True}, ensure_ascii=False).encode()
    return b'{"backfill":true,' + text.lstrip(_CUT).removeprefix(b"{")


class Survey:
    """The size of a load: events by file, and bytes by the partition that they will be on."""

    def __init__(self, broker: Broker, widths: dict[str, int]) -> None:
        self.events: dict[Path, int] = {}
        self.bytes: Counter[tuple[str, int]] = Counter()
        self.newest: Instant = 0
        """The event time of the newest event."""
        self._latest = instant(datetime.now(UTC)) + MAX_AHEAD * 1_000
        self._places = {topic.name: (broker.topic(topic), widths[topic.name]) for topic in INPUTS}
        self._reader = reader_of(broker.settings)

    def take(self, file: Path, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Count the events and bytes of a file; `is_stopped` is asked before each event, and ends it if true."""
        number = 0
        with opened(file, wanted(self._reader)) as log:
            for line in Translated(log, self._reader):
                if is_stopped():
                    break
                number += 1
                if not line.wrong:
                    self._weigh(line)
        self.events[file] = number

    def _weigh(self, line: Line) -> None:
        try:
            sketch = _sketch(line.text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return
        name, width = self._places[TOPIC_OF.get(sketch.type, LOGINS.topic)]
        partition = home_of(str(sketch.customer_id).encode(), width) if sketch.customer_id is not None else 0
        self.bytes[name, partition] += line.size + OVERHEAD
        at = instant(sketch.occurred_at)
        if at <= self._latest:
            self.newest = max(self.newest, at)


class _Sketch(msgspec.Struct):
    type: str
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    customer_id: str | int | None = None


_sketch: Final = msgspec.json.Decoder(_Sketch).decode


class Loader:
    """Sends files to the input topics of one deployment."""

    def __init__(
        self, broker: Broker, rate: float, stop: asyncio.Event, notes: Path | None, progress: Progress
    ) -> None:
        self._broker, self._rate, self._stop = broker, rate, stop
        self._notes, self._progress = notes, progress
        names = ",".join(broker.topic(topic) for topic in INPUTS)
        self._reader = reader_of(broker.settings)
        self._target = hashlib.sha256(f"{broker.servers}|{names}".encode()).hexdigest()
        self._reading = _reading(self._reader)

    async def load(self, file: Path, survey: Survey) -> Loaded:
        """Send a file that was surveyed, from where an earlier run ended."""
        note = Note(file, self._notes, self._target, self._reading)
        done, ended = note.read()
        loaded = Loaded(file, resumed_at=done, ended=ended)
        if ended:
            return loaded
        note.write(done, sent=0, ended=False)  # first: if it cannot be written, nothing is sent
        producer = self._broker.producer("load", max_request_size=LARGEST_REQUEST)
        try:
            await producer.start()
            await self._send(file, survey, producer, note, loaded)
        except KafkaError as error:
            raise explained(error, self._broker.servers) from error
        finally:
            await producer.stop()
        return loaded

    async def _send(self, file: Path, survey: Survey, producer: AIOKafkaProducer, note: Note, loaded: Loaded) -> None:
        total, headers = survey.events[file], ends_at(survey.newest)
        player = Player(self._broker, producer, await self._broker.input_widths())
        begun, done = time.monotonic(), 0
        with opened(file, wanted(self._reader)) as log:
            loaded.noun = log.noun
            for line in Translated(log, self._reader):
                done += 1
                if done <= loaded.resumed_at:
                    continue
                text = self._fit(line, loaded)
                if text is not None:
                    await player.play(text, line.number, headers=headers)
                    loaded.sent += 1
                if done % PIECE == 0:
                    await player.settle()
                    note.write(done, sent=loaded.sent, ended=False)
                    self._progress(done, total)
                if self._stop.is_set():
                    break
                if loaded.sent % max(1, int(self._rate / 20)) == 0:
                    await asyncio.sleep(max(0.0, begun + loaded.sent / self._rate - time.monotonic()))
            else:
                loaded.ended = True
        await player.settle()
        for large in player.sent.too_large:
            loaded.sent -= 1
            loaded.reject(TOO_LARGE, large.number, f"{large.size:,} bytes; the broker takes fewer (max.message.bytes)")
        note.write(done, sent=loaded.sent, ended=loaded.ended)
        self._progress(done, total)

    def _fit(self, line: Line, loaded: Loaded) -> bytes | None:
        """Return an event as it is sent; None for one that every worker would reject."""
        try:
            if line.wrong:
                raise Refused(UNREAD, line.wrong)
            if line.size > MAX_BYTES:
                raise Refused(TOO_LARGE, f"{line.size:,} bytes; at most {MAX_BYTES:,} are read")
            event = decoder_of(line.text).decode(line.text)
            if event.type == HEARTBEAT:
                raise Refused("heartbeat", "its promise that nothing older follows may not hold for other producers")
            if instant(event.occurred_at) > instant(datetime.now(UTC)) + MAX_AHEAD * 1_000:
                raise Refused("future", "occurred_at: it is more than 5 minutes after now")
            text = as_backfill(line.text)
            if len(text) > MAX_BYTES:
                raise Refused(TOO_LARGE, f"{len(text):,} bytes with its mark; at most {MAX_BYTES:,} are read")
        except Refused as refused:
            loaded.reject(refused.reason, line.number, refused.detail)
            return None
        return text


def _reading(reader: LogReader | None) -> str:
    """Return what names how a file is read: other events follow from it by another source, or by other settings."""
    if reader is None:
        return ""
    by = f"{reader.source.name}|{reader.options.model_dump_json()}|{reader.table}"
    return hashlib.sha256(by.encode()).hexdigest()


def standing_still(settings: Settings, newest: Instant, now: Instant) -> list[str]:
    """Return the warning that signals of the end of a history are not raised as soon as it is read, if so."""
    end = newest + DAY + round(settings.time.disorder * SECOND)
    if settings.time.clock == "wall":
        return [_too_new(end)] if now < end else []
    warning = (
        "time.clock is log here: only events move time, so the signals that hold at the end of this history are raised "
        f"once a later event or heartbeat comes, of {rfc3339(end)} or after. With time.clock = wall, the default, they "
        "are raised when the history is read"
    )
    return [warning]


def _too_new(end: Instant) -> str:
    return (
        f"this history ends less than a day ago: figures are there when it is read, signals from {rfc3339(end)} on, "
        "those of live events too, so nobody is at risk until then. To see them at once, load what is older than a "
        "day, and send the rest to the topics as your producers do (docs/loading.md)"
    )


async def warnings(broker: Broker, survey: Survey, rate: float) -> list[str]:
    """Return warnings about what may keep a part of a history from counting."""
    kafka, metrics = broker.settings.kafka, broker.settings.metrics
    found = []
    with suppress(KafkaError, BrokerUnreachable):  # a user who may load is not always allowed to read it
        members = await broker.members(kafka.group)
        if members:
            found.append(
                f"workers of the group {kafka.group!r} are running ({members}). Their event time is at the present, so "
                "this history counts as late: it restates published figures, and most events from before the horizon "
                f"({metrics.horizon_months} months) are not used. Load a longer history before the first worker starts "
                "(docs/loading.md)"
            )
    seconds = sum(survey.events.values()) / rate
    for name, config in (await _configs(broker)).items():
        kept = int(config.get("retention.bytes") or -1)
        most = max((size for (topic, _), size in survey.bytes.items() if topic == name), default=0)
        if 0 <= kept < most:
            found.append(
                f"{name} keeps {kept:,} bytes a partition (retention.bytes), and one of them gets {most:,}: "
                "records that no worker has read by then are deleted. Set retention.bytes to -1 during the load"
            )
        if 0 <= (ms := int(config.get("retention.ms") or -1)) < seconds * 1_000:
            found.append(
                f"{name} keeps its records for {ms / 3_600_000:g} hours (retention.ms), and the load takes "
                f"{seconds / 3_600:.0f} hours: records that no worker has read by then are deleted. Set a longer "
                "retention.ms, or a higher --rate"
            )
    return found


async def check_topics(broker: Broker) -> None:
    """Raise `TopicsUnfit` if input topics are missing, or would delete a history before a worker reads it."""
    widths = await broker.input_widths()
    missing = [broker.topic(topic) for topic in INPUTS if not widths[topic.name]]
    if missing:
        raise TopicsUnfit(f"topics are missing: {', '.join(missing)}; run `backstay topics create` first")
    for name, config in (await _configs(broker)).items():
        if "compact" in config.get("cleanup.policy", ""):
            raise TopicsUnfit(
                f"{name} is compacted (cleanup.policy): it would keep only the last event of each customer. Set "
                "cleanup.policy=delete on it, and load again"
            )
        kept = int(config.get("retention.ms") or -1)
        if 0 <= kept < LEAST_RETENTION:
            raise TopicsUnfit(
                f"{name} keeps its records for {kept / 3_600_000:g} hours (retention.ms): records that no worker "
                f"has read by then are lost. Set retention.ms to {LEAST_RETENTION} or more while the history is loaded"
            )


async def _configs(broker: Broker) -> dict[str, dict[str, Any]]:
    """Return the settings of the input topics, as far as the broker returns them: the embedded one returns few."""
    return await broker.configs([broker.topic(topic) for topic in INPUTS])
