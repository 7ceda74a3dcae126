"""The CPU of a worker on Apache Kafka that reads the same events in our contract, and as records of each source.

    python -m benchmarks.sources_on_kafka [SOURCE …] [--records 20000] [--rounds 3] [--tree /tmp/base] [--compiled]

One worker process reads each log from its start until it is idle: `ours` are events of our own contract, each on the
partition of its customer, `ours_anywhere` the same on any partition, so that most of them travel through `rekeyed`;
`at_home` and `anywhere` are records in the source's shape. The forms take turns. Prints one JSON object a run, and one
a source: medians of the CPU seconds of the whole process, and of microseconds a record without its start, which is the
CPU of a worker that reads one record of the first source. It fails if customers, signals or applied events are others
than those of `ours`. With `--tree` the workers are those of another tree; with `--compiled` they run from its
`build/compiled` (`python -m benchmarks.compiled`).
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from agents.foreign import topic_of
from benchmarks.own_broker import on_topics, own_broker
from benchmarks.replay import ROOT, Tree
from benchmarks.sources import RULE, SHAPES, events_by_record, settings_of
from benchmarks.throughput import sent, spawn_worker, timed
from schemas.families import TOPIC_OF
from streams.broker import Broker
from streams.embedded import free_port
from streams.home import home_of
from streams.settings import Settings
from streams.topics import INPUTS
from tests.kafka.broker import ApacheKafka

OURS: Final = ("ours", "ours_anywhere")
FORMS: Final = (*OURS, "at_home", "anywhere")


class Log(NamedTuple):
    """The records of one source, and the events of ours that each of them becomes."""

    source: str
    lines: list[bytes]
    events: list[list[bytes]]

    def first(self, number: int) -> "Log":
        """Return the log of the first records alone."""
        return Log(self.source, self.lines[:number], self.events[:number])


def log_of(source: str, number: int) -> Log:
    """Return so many records of a source, in both forms."""
    lines = [json.dumps(SHAPES[source](i)).encode() for i in range(number)]
    return Log(source, lines, list(events_by_record(lines, settings_of(source))))


def read_by(kafka: ApacheKafka, name: str, source: str) -> tuple[Settings, dict[str, str]]:
    """Return the settings of a worker that reads a source's topic, and what they add to its environment."""
    said = {f"sources.{source}.topic": f"{name}-theirs"}
    if source == "mapping":
        said["sources.mapping.events"] = json.dumps([RULE])
    environment = {f"BACKSTAY_{setting.upper().replace('.', '__')}": value for setting, value in said.items()}
    return on_topics(kafka, name, said), environment


async def sent_as_they_are(settings: Settings, log: Log, form: str) -> None:
    """Send the records to the topic of their source, on the partitions of their customers or on any."""
    broker = Broker(settings)
    await broker.create_topics()
    topic = broker.topic_named(topic_of(log.source))
    width, producer = await broker.width(topic), broker.producer(linger_ms=20)
    await producer.start()
    for number, (line, events) in enumerate(zip(log.lines, log.events, strict=True)):
        customer = str(json.loads(events[0])["customer_id"]).encode() if events else b""
        partition = home_of(customer, width) if form == "at_home" else number % width
        await producer.send(topic, line, None, partition)
    await producer.stop()


async def sent_anywhere(settings: Settings, log: Log) -> None:
    """Send events of ours to their topics, each on the partition on which `anywhere` has its record."""
    broker = Broker(settings)
    await broker.create_topics()
    widths, producer = await broker.input_widths(), broker.producer(linger_ms=20)
    await producer.start()
    for number, events in enumerate(log.events):
        for event in events:
            family = TOPIC_OF[json.loads(event)["type"]]
            await producer.send(broker.topic_named(family), event, None, number % widths[family])
    await producer.stop()


async def read(kafka: ApacheKafka, tree: Tree, log: Log, form: str, name: str) -> dict[str, Any]:
    """Have a worker read a log in one form; return what it took, and what became of the records."""
    is_ours = form in OURS
    if is_ours:
        settings, environment = on_topics(kafka, name), dict[str, str]()
        if form == "ours":
            await sent(settings, [event for events in log.events for event in events])
        else:
            await sent_anywhere(settings, log)
        number = sum(map(len, log.events))
    else:
        settings, environment = read_by(kafka, name, log.source)
        await sent_as_they_are(settings, log, form)
        number = len(log.lines)
    broker, port = Broker(settings), free_port()
    topics = [broker.topic(topic) for topic in INPUTS] if is_ours else [f"{name}-theirs"]
    worker = spawn_worker(settings, port, tree.folder, environment)
    try:
        took = await timed([worker], broker, name, topics, number, [port])
        state = await asyncio.to_thread(shown, port)
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    return {**took, "outcomes": state["outcomes"], "raised": state["raised"], "customers": state["customers"]}


def shown(port: int) -> dict[str, Any]:
    """Return what a worker shows of its state."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/state", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def require_same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Raise an error if records of a source have become other events, customers or signals than ours."""
    for what in ("customers", "raised"):
        if ours[what] != theirs[what]:
            raise SystemExit(f"{what}: {ours[what]} in our contract, {theirs[what]} of the source")
    applied = [sum(found["outcomes"].get(one, 0) for one in ("applied", "late")) for found in (ours, theirs)]
    if applied[0] != applied[1]:
        raise SystemExit(f"outcomes: {ours['outcomes']} in our contract, {theirs['outcomes']} of the source")


async def in_turn(kafka: ApacheKafka, tree: Tree, log: Log, rounds: int, what: str) -> dict[str, float]:
    """Have workers read a log in each form in turn; print each run, and return the median CPU seconds of each form."""
    found: dict[str, list[float]] = {form: [] for form in FORMS}
    for turn in range(rounds):
        ours: dict[str, Any] | None = None
        for form in FORMS:
            name = f"{what}-{log.source}-{form.replace('_', '-')}-{turn}"
            took = await read(kafka, tree, log, form, name)
            print(json.dumps({"what": name, **took}), flush=True)
            ours = took if ours is None else ours
            require_same(ours, took)
            found[form].append(took["cpu_seconds"])
    return {form: median(took) for form, took in found.items()}


def summary(log: Log, start: dict[str, float], whole: dict[str, float]) -> dict[str, Any]:
    """Return the medians of one source: of whole processes, and of a record without the start."""
    each = {form: (whole[form] - start[form]) / (len(log.lines) - 1) * 1e6 for form in FORMS}
    return {
        "what": "median",
        "source": log.source,
        "records": len(log.lines),
        "events": sum(map(len, log.events)),
        "cpu_seconds": {form: round(whole[form], 2) for form in FORMS},
        "times": {form: round(whole[form] / whole["ours"], 2) for form in FORMS[1:]},
        "times_both_anywhere": round(whole["anywhere"] / whole["ours_anywhere"], 2),
        "microseconds_a_record": {form: round(each[form], 1) for form in FORMS},
        "times_without_the_start": {form: round(each[form] / each["ours"], 2) for form in FORMS[1:]},
        "load": round(os.getloadavg()[0], 1),
    }


async def all_sources(tree: Tree, sources: Sequence[str], number: int, rounds: int) -> None:
    """Measure each source on one broker; print all runs, and the medians."""
    with own_broker() as kafka:
        start = await in_turn(kafka, tree, log_of(sources[0], 1), rounds, "start")
        print(json.dumps({"what": "start", "cpu_seconds": start}), flush=True)
        for source in sources:
            log = log_of(source, number)
            print(json.dumps(summary(log, start, await in_turn(kafka, tree, log, rounds, "whole"))), flush=True)


def main() -> None:
    """Measure the chosen sources."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help=f"all, or some of {', '.join(SHAPES)}")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--compiled", action="store_true")
    chosen = parser.parse_args()
    if unknown := [one for one in chosen.sources if one not in SHAPES]:
        parser.error(f"unknown source: {', '.join(unknown)}; there are {', '.join(SHAPES)}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    tree = Tree("tree", chosen.tree.resolve() / (Path("build/compiled") if chosen.compiled else Path()))
    subprocess.run(tree.command("worker", "--help"), env=tree.environment(), check=True, stdout=subprocess.DEVNULL)
    asyncio.run(all_sources(tree, chosen.sources or list(SHAPES), chosen.records, chosen.rounds))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    main()
