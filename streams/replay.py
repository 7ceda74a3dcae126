"""Plays a log of events through the same app as a worker, and writes what the output topics received."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from retention.calendar import NEVER, Instant, instant, local_date, rfc3339
from streams.app import Worker, build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.errors import DiskFailed, TopicsUnfit
from streams.foreign_logs import UNREAD, LogReader, Translated, reader_of, wanted
from streams.history import ends_at, newest_marked
from streams.logfile import opened
from streams.months import Months
from streams.player import LARGEST_REQUEST, Player, Sent
from streams.progress import Progress, no_progress
from streams.record_outcomes import TURNED_OUT, accounted, by_outcome
from streams.rejected import TOO_LARGE, Rejected
from streams.results import Result, json_line, write_topics
from streams.settings import EverySource, Settings, StateSettings
from streams.topics import ACTIONS, AUDIT, DEAD_LETTERS, HEALTH, MOVEMENTS, OUTPUTS, SIGNALS, UPDATES
from streams.writing import writing

OUTPUT_FILES: Final = {
    UPDATES.name: "metric-updates.jsonl",
    SIGNALS.name: "churn-signals.jsonl",
    ACTIONS.name: "actions.jsonl",
    MOVEMENTS.name: "mrr-movements.jsonl",
    HEALTH.name: "customer-health.jsonl",
    AUDIT.name: "audit.jsonl",
    DEAD_LETTERS.name: "dead-letters.jsonl",
}
EMBEDDED_SESSION: Final = 2.0
"""Seconds. The embedded broker makes a group wait for half of its session time-out before a member may start."""


@asynccontextmanager
async def broker_for(settings: Settings, address: str | None) -> AsyncIterator[Settings]:
    """Yield settings with a broker: the given one, or an embedded one that lives as long as the context."""
    if address is not None:
        yield with_broker(settings, address)
        return
    async with EmbeddedBroker() as embedded:
        yield with_broker(settings, embedded.address, session_timeout=EMBEDDED_SESSION)


def with_broker(settings: Settings, address: str, **others: object) -> Settings:
    """Return the same settings with another broker."""
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": address, **others})
    return settings.model_copy(update={"kafka": kafka})


def default_until(newest: Instant, settings: Settings) -> Instant:
    """Return the end of the newest event's month, plus lateness and disorder: every month with events is final."""
    policy = settings.policy()
    return policy.calendar.period_at("month", newest).end + policy.lateness + policy.disorder


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
        summary = summary_of(worker, sent) | {
            "rejected_records": rejected.first(),
            "skipped": dict(lines.skipped.most_common()),
            "doubted": dict(lines.doubted.most_common()),
            # Time is passed beyond the log to close its last month: of the one after that the log says nothing.
            "months": [asdict(row) for row in months.rows(_last_month(sent, settings) if until is None else None)],
            "seconds": round(time.monotonic() - begun, 3),
        }
    with written(out):
        (out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    return summary


def _last_month(sent: Sent, settings: Settings) -> str:
    calendar = settings.policy().calendar
    return f"{local_date(calendar.day(sent.newest)):%Y-%m}"


def _end_of_history(file: Path, until: Instant | None, reader: LogReader | None) -> Instant:
    """Return when the history in a file ends, for all partitions alike; 0 if none of it is marked as that.

    What can be read only once, as a pipe, is not looked through: each partition judges by the events that it has read.
    """
    if not file.is_file():
        return 0
    now = instant(datetime.now(UTC))
    with opened(file, wanted(reader)) as log:
        return newest_marked(Translated(log, reader), min(now, until) if until is not None else now)


def prepare(out: Path) -> None:
    """Create the folder of the results; raise `BadSettings` if it cannot be written."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass


@contextmanager
def written(out: Path) -> Iterator[None]:
    """Raise `DiskFailed` if a result cannot be written."""
    try:
        yield
    except OSError as error:
        raise DiskFailed(
            f"cannot write the results into {out}: {error.strerror or error}. They are incomplete: free space, or "
            "name another folder with --out, and replay again"
        ) from error


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


def summary_of(worker: Worker, sent: Sent) -> dict[str, Any]:
    """Return the outcome counts of the lines: each line read has one outcome, so the counts add up to `read`.

    `late` is a part of `applied`, and `rejected` is counted by reason.
    """
    outcomes = by_outcome(worker.gauges.outcomes())
    books = worker.books()
    return {
        "read": sent.lines,
        "applied": outcomes["applied"] + outcomes["late"] - outcomes[TURNED_OUT],
        "duplicate": outcomes["duplicate"],
        "late": outcomes["late"],
        "left_out": outcomes["left_out"],
        "after_until": sent.later,
        "of_erased_customers": outcomes["forgotten"],
        "heartbeats": outcomes["heartbeat"] - sent.promises,
        "rejected": _with_unsent(worker.gauges.refusals(), sent),
        "requests_without_effect": sum(processor.partition_state.without_effect for processor in worker.processors()),
        "read_as_other": worker.gauges.unknown(),
        "customers": sum(len(processor.store) for processor in worker.processors()),
        "as_of": rfc3339(books.as_of) if books is not None and books.as_of else None,
    }


async def require_none(broker: Broker, purpose: str) -> None:
    """Raise `TopicsUnfit` if the broker has any of our topics: their records would mix with this run."""
    there = [name for name, width in (await broker.widths()).items() if width]
    if there:
        raise TopicsUnfit(
            f"the broker at {broker.servers} has topics of these names already ({', '.join(sorted(there)[:3])}…), and "
            f"{purpose} needs its own: use a broker without them, or others with --set topics.prefix={purpose}- "
            f"--set kafka.group={purpose}"
        )


def _with_unsent(refusals: dict[str, int], sent: Sent) -> dict[str, int]:
    found = Counter(refusals)
    found[TOO_LARGE] += len(sent.too_large)
    found[UNREAD] += len(sent.unread)
    return {reason: number for reason, number in sorted(found.items()) if number}
