"""Plays a log of events through the same app as a worker, and writes what the output topics received."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from retention.calendar import NEVER, Instant, instant
from streams.app import Worker, build
from streams.broker import Broker
from streams.foreign_logs import LogReader, Translated, reader_of, wanted
from streams.history import ends_at, newest_marked
from streams.logfile import opened
from streams.months import Months
from streams.player import LARGEST_REQUEST, Player, Sent
from streams.progress import Progress, no_progress
from streams.record_outcomes import accounted, by_outcome
from streams.rejected import Rejected
from streams.replayed import (
    OUTPUT_FILES,
    about_log,
    default_until,
    prepare,
    summary_of,
    write_summary,
    written,
)
from streams.results import Result, json_line, write_topics
from streams.settings import EverySource, Settings, StateSettings
from streams.stage import require_none
from streams.topics import DEAD_LETTERS, OUTPUTS, UPDATES


async def replay(
    file: Path, out: Path, settings: Settings, until: Instant | None = None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Play a file through an empty broker, write the outputs, and return the summary."""
    begun = time.monotonic()
    clock = settings.time.model_copy(update={"clock": "log"})
    reader = reader_of(settings)
    alone: dict[str, Any] = {"time": clock, "state": StateSettings(), "sources": EverySource()}
    settings = settings.model_copy(update=alone)  # no worker's disk, and no topic of a source
    end = _end_of_history(file, until, reader)
    with opened(file, wanted(reader)) as log:
        prepare(out)
        broker = Broker(settings)
        await require_none(broker, "replay")
        await broker.create_topics()
        lines = Translated(log, reader)
        sent = await _send(lines, broker, until, end, progress)
    rejected, months = Rejected(sent, log.noun), Months()
    seen = {UPDATES.name: months.take, DEAD_LETTERS.name: rejected.take}
    async with await build(settings) as worker:
        await _until_done(worker, sent.lines - len(sent.too_large) - len(sent.unread), progress)
        with written(out):
            files = [Result(topic, out / OUTPUT_FILES[topic.name], seen.get(topic.name)) for topic in OUTPUTS]
            await write_topics(broker, files)
            with (out / OUTPUT_FILES[DEAD_LETTERS.name]).open("a", encoding="utf-8", newline="\n") as stream:
                stream.writelines(json_line(line) + "\n" for line in rejected.unsent())
        summary = summary_of(worker.gauges, worker.processors(), worker.books(), sent)
    summary |= about_log(rejected, lines, months, sent, settings, until)
    summary |= {"seconds": round(time.monotonic() - begun, 3)}
    write_summary(out, summary)
    return summary


def _end_of_history(file: Path, until: Instant | None, reader: LogReader | None) -> Instant:
    """Return when the history in a file ends, for all partitions alike; 0 if none of it is marked as that.

    What can be read only once, as a pipe, is not looked through: each partition judges by the events that it has read.
    """
    if not file.is_file():
        return 0
    now = instant(datetime.now(UTC))
    with opened(file, wanted(reader)) as log:
        return newest_marked(Translated(log, reader), min(now, until) if until is not None else now)


async def _send(log: Translated, broker: Broker, until: Instant | None, end: Instant, progress: Progress) -> Sent:
    headers = ends_at(end) if end else ()  # workers heed it on records that are marked
    producer = broker.producer("replay", max_request_size=LARGEST_REQUEST)
    await producer.start()
    try:
        last = until if until is not None else NEVER
        player = Player(broker, producer, await broker.input_widths(), until=last)
        for line in log:
            if line.wrong:
                player.leave_unread(line.number, line.wrong)
            else:
                await player.play(line.text, line.number, line.size, headers=headers)
            if player.sent.lines % 1_000 == 0:
                progress("sending", player.sent.lines, 0)
        await player.settle()
        if until is not None or player.sent.newest:  # lines without a time advance none
            await player.promise(until if until is not None else default_until(player.sent.newest, broker.settings))
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
    """Return the number of events that this worker has read since it started, without heartbeats."""
    outcomes = by_outcome(worker.gauges.outcomes())
    return accounted(outcomes) - outcomes["heartbeat"]
