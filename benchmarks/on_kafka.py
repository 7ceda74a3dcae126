"""The whole product on Apache Kafka: a worker reads a simulated company's log, of this tree and of another one in turn.

    git worktree add --detach /tmp/base 45025c7
    python -m benchmarks.on_kafka --against /tmp/base --compiled [--events 300000] [--rounds 3]

Prints one JSON object a run, and the medians: microseconds of CPU an event, and events per CPU second. The log is what
the other tree's `backstay simulate --customers 1600 --days 548` writes, so that both know its events; it is sent before
a worker is spawned. Counted are imports, restore, every event, and the timers that they made due, until all is
committed.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.own_broker import on_topics, own_broker
from benchmarks.replay import ROOT, Tree, simulated
from benchmarks.throughput import cpu_seconds, sent, spawn_worker, timed
from streams.broker import Broker
from streams.embedded import free_port
from streams.topics import INPUTS
from tests.kafka.broker import ApacheKafka


async def measured(kafka: ApacheKafka, tree: Tree, log: Path, turn: int) -> dict[str, Any]:
    """Have a worker of one tree read the log; return what it took."""
    name = f"{tree.name}-{turn}"
    settings, lines = on_topics(kafka, name), log.read_bytes().splitlines()
    number = len(lines)
    await sent(settings, lines)
    broker, port, before = Broker(settings), free_port(), cpu_seconds(kafka.pid)
    worker = spawn_worker(settings, port, tree.folder)
    try:
        took = await timed([worker], broker, name, [broker.topic(topic) for topic in INPUTS], number, [port])
        took["broker_cpu_seconds"] = round(cpu_seconds(kafka.pid) - before, 2)
    finally:
        worker.terminate()
        worker.wait(timeout=30)
    return {"tree": tree.name, "microseconds_an_event": round(took["cpu_seconds"] / number * 1e6, 1), **took}


async def in_turn(trees: tuple[Tree, ...], log: Path, rounds: int) -> None:
    """Measure each tree in turn, on one broker; print all runs, and the medians."""
    found: dict[str, list[dict[str, Any]]] = {tree.name: [] for tree in trees}
    with own_broker() as kafka:
        for turn in range(rounds):
            for tree in trees:
                found[tree.name].append(await measured(kafka, tree, log, turn))
                print(json.dumps(found[tree.name][-1]), flush=True)
    for name, runs in found.items():
        figures = ("microseconds_an_event", "events_per_cpu_second", "seconds", "resident_mb")
        middle = {what: median(one[what] for one in runs) for what in figures}
        print(json.dumps({"what": "median", "tree": name, **middle, "load": round(os.getloadavg()[0], 1)}), flush=True)


def main() -> None:
    """Simulate the company, and measure both trees."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compiled", action="store_true")
    chosen = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    inside = Path("build/compiled") if chosen.compiled else Path()
    trees = (Tree("base", chosen.against.resolve() / inside), Tree("here", ROOT / inside))
    for tree in trees:  # bytecode is written
        subprocess.run(tree.command("worker", "--help"), env=tree.environment(), check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="backstay-company-") as folder:
        log = simulated(trees[0], Path(folder), chosen.events)[-1]
        asyncio.run(in_turn(trees, log, chosen.rounds))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    main()
