"""Applies a log of events in this process, as a worker does, and writes what its output topics would have received."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

from agents.erasure import ERASURE
from retention.calendar import NEVER, Instant, instant, moment
from schemas.base import SourceHeartbeat
from schemas.decoding import MAX_BYTES
from streams.addresses import address_of, present
from streams.backlog_order import STEP
from streams.counts import Counts
from streams.foreign_logs import Translated, reader_of, wanted
from streams.history import ends_at, newest_marked
from streams.home import home_of
from streams.logfile import Line, opened
from streams.memory_broker import MemoryBroker, SentRecord
from streams.memory_log import MemoryWorker
from streams.months import Months
from streams.player import Sent, TooLarge, Unread
from streams.progress import Progress, no_progress
from streams.rejected import Rejected
from streams.replayed import OUTPUT_FILES, about_log, default_until, prepare, summary_of, write_summary, written
from streams.results import as_json, json_line
from streams.settings import EverySource, KafkaSettings, Settings, StateSettings
from streams.strands import Strand, Strands
from streams.topics import DEAD_LETTERS, HEALTH, INPUTS, OUTPUTS, UPDATES


async def replay_in_memory(
    file: Path, out: Path, settings: Settings, until: Instant | None = None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Apply a file in this process, write the outputs, and return the summary."""
    begun = time.monotonic()
    reader, settings = reader_of(settings), alone(settings)
    with Strands() as strands, opened(file, wanted(reader)) as log:
        prepare(out)
        results = Results(strands)
        broker = MemoryBroker(settings, strands, results.take)
        lines = Translated(log, reader)
        sent = await Loading(broker, until, progress, looks_back=file.is_file()).load(lines)
        rejected, months, counts = Rejected(sent, log.noun), Months(), Counts()
        results.seen = {UPDATES.name: months.take, DEAD_LETTERS.name: rejected.take}
        worker = MemoryWorker(broker, counts, counts, progress, sent.lines - len(sent.too_large) - len(sent.unread))
        await worker.run()
        with written(out):
            results.write(out, rejected)
    summary = summary_of(counts, worker.processors(), worker.books(), sent)
    summary |= about_log(rejected, lines, months, sent, settings, until)
    summary |= {"seconds": round(time.monotonic() - begun, 3)}
    write_summary(out, summary)
    return summary


def alone(settings: Settings) -> Settings:
    """Return the same settings without a broker, a worker's disk, a clock, or topics of sources."""
    clock = settings.time.model_copy(update={"clock": "log"})
    kafka = KafkaSettings(group=settings.kafka.group)
    return settings.model_copy(
        update={"kafka": kafka, "time": clock, "state": StateSettings(), "sources": EverySource()}
    )


class Loading:
    """Puts the lines of a log into the input topics, each into the partition of its customer."""

    def __init__(self, broker: MemoryBroker, until: Instant | None, progress: Progress, *, looks_back: bool) -> None:
        self._broker, self._until, self._progress = broker, until, progress
        self._looks_back = looks_back
        """Whether the end of a history is looked for. Of a pipe, each partition judges by what it has read."""
        self._last = until if until is not None else NEVER
        self._present = min(self._last, instant(datetime.now(UTC)))
        self._names = {topic.name: broker.topic(topic) for topic in INPUTS}
        self._places = {
            family: [TopicPartition(topic, number) for number in range(broker.numbers)]
            for family, topic in self._names.items()
        }
        self._history_ends = 0
        self._now = present()
        """The present instant, as of the last thousand lines: a clock is read more slowly than a line."""
        self.sent = Sent()

    async def load(self, log: Translated) -> Sent:
        """Put all lines, and behind them heartbeats: nothing older follows."""
        for line in log:
            if self._looks_back and b'"backfill"' in line.text:
                self._history_ends = max(self._history_ends, newest_marked((line,), self._present))
            self._put(line)
            if self.sent.lines % 1_000 == 0:
                self._now = present()
                self._progress("sending", self.sent.lines, 0)
                await asyncio.sleep(0)  # Ctrl-C is heeded between two steps of the loop
        self._broker.headers = ends_at(self._history_ends) if self._history_ends else ()
        if self._until is not None or self.sent.newest:  # lines without a time advance none
            until = self._until if self._until is not None else default_until(self.sent.newest, self._broker.settings)
            self._promise(until)
        return self.sent

    def _put(self, line: Line) -> None:
        sent = self.sent
        sent.lines += 1
        if line.wrong:
            sent.unread.append(Unread(line.number, line.wrong))
        elif max(line.size, len(line.text)) > MAX_BYTES:
            sent.too_large.append(TooLarge(line.number, line.text, line.size or len(line.text)))
        else:
            self._route(line)

    def _route(self, line: Line) -> None:
        sent, broker = self.sent, self._broker
        kind, family, key, at = address_of(line.text, self._now)
        if at > self._last:
            sent.later += 1
            return
        where = self._places[family][home_of(key, broker.numbers) if key is not None else 0]
        offset = broker.put(where, key, line.text, self._now // 1_000)
        sent.places.put(where.topic, where.partition, offset, line.number)
        sent.newest = max(sent.newest, at)
        if kind == ERASURE:
            broker.erasing.add(at // STEP * STEP)

    def _promise(self, until: Instant) -> None:
        """Put heartbeats into every partition: what follows is not older."""
        beat = SourceHeartbeat(type="source.heartbeat", occurred_at=moment(until), source="replay")
        value = beat.model_dump_json(exclude_none=True).encode()
        stamp = max(until // 1_000, int(time.time() * 1_000))
        for topic in self._names.values():
            for number in range(self._broker.numbers):
                self._broker.put(TopicPartition(topic, number), None, value, stamp)
                self.sent.promises += 1


class Results:
    """Takes what the output topics would receive, and writes it to files."""

    def __init__(self, strands: Strands) -> None:
        self._strands = strands
        self._said: dict[tuple[str, int], Strand[str]] = {}
        self._cards: dict[bytes, SentRecord] = {}
        """The last card of each customer, as the log cleaner leaves them."""
        self.seen: dict[str, Callable[[dict[str, Any]], None]] = {}
        """Who wants to see the records of a topic as well."""

    def take(self, topic: str, partition: int, records: list[SentRecord]) -> None:
        """Take records of one partition of a topic."""
        if topic == HEALTH.name:
            self._cards.update((record.key, record) for record in records)
            return
        strand = self._said.get((topic, partition))
        if strand is None:
            strand = self._said[topic, partition] = Strand(self._strands, str)
        seen = self.seen.get(topic)
        for record in records:
            document = as_json(topic, record)
            if seen is not None:
                seen(document)
            line = json_line(document)
            strand.put(line, len(line))

    def write(self, out: Path, rejected: Rejected) -> None:
        """Write every file: in order of partition and offset, and of the cards the last one of each customer."""
        for topic in OUTPUTS:
            with (out / OUTPUT_FILES[topic.name]).open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(f"{line}\n" for line in self._lines(topic.name))
                if topic is DEAD_LETTERS:
                    stream.writelines(json_line(line) + "\n" for line in rejected.unsent())

    def _lines(self, topic: str) -> Iterator[str]:
        if topic == HEALTH.name:
            for _, card in sorted(self._cards.items()):
                if card.value is not None:
                    yield json_line(as_json(topic, card))
        for _, strand in sorted(found for found in self._said.items() if found[0][0] == topic):
            number = 0
            while lines := strand.portion(number):
                yield from lines
                number += 1
