"""Seconds until a demo shows its first events, and until a worker is ready and has committed, of two trees in turn.

    git worktree add --detach /tmp/base 45025c7
    python -m benchmarks.start --against /tmp/base [--only demo fresh restart] [--rounds 3] [--compiled]

Prints the medians of each row, as one JSON object a tree, measured in turn. Everything is counted from the spawn of the
process, imports included; bytecode is written before.

demo      `backstay demo` without a terminal, until its first line with more than no events. Both trees are run as they
          are, not compiled, as `make demo` is.
fresh     a worker on topics of its own on Apache Kafka, with `--waiting` events in them: until it is ready, and until
          the first record of its changelog is committed.
restart   a worker on Apache Kafka whose changelog has what `--events` events of `--customers` customers left: until it
          is ready.

With `--compiled`, workers are run from `build/compiled` of both trees (`python -m benchmarks.compiled` in each).
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any, Final

from aiokafka import TopicPartition

from benchmarks.own_broker import on_topics, own_broker
from benchmarks.replay import ROOT, Tree
from benchmarks.throughput import cpu_seconds, load, says, spawn_worker
from streams.broker import Broker
from streams.embedded import free_port
from streams.settings import Settings
from streams.topics import CHANGELOG

ROWS: Final = ("demo", "fresh", "restart")
SOME_EVENTS: Final = re.compile(r"\b[1-9][0-9,]* events  ")
"""Finds the events of a line of the demo's progress."""
LOOK_SECONDS: Final = 0.01
SETTLE_SECONDS: Final = 3.0
"""Seconds after topics are created until a worker is started: the broker is still busy with them."""
GIVE_UP_SECONDS: Final = 120.0

Took = dict[str, float]
"""Seconds by what they were measured until."""


def demo(tree: Tree) -> Took:
    """Run a demo until its first line with events."""
    begun = time.monotonic()
    process = subprocess.Popen(
        tree.command("demo"),
        env=tree.environment() | {"BACKSTAY_WEB__PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in process.stdout or ():
            if SOME_EVENTS.search(line):
                return {"first_line_seconds": time.monotonic() - begun, "cpu_seconds": cpu_seconds(process.pid)}
    finally:
        end(process)
    raise RuntimeError(f"the demo of {tree.folder} ended without a line of events")


def end(process: "subprocess.Popen[str]") -> None:
    """End a demo and its broker, which has a session of its own."""
    with suppress(OSError):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.kill()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
    process.wait(timeout=30)
    if process.stdout is not None:
        process.stdout.close()


@asynccontextmanager
async def worker(settings: Settings, tree: Tree) -> AsyncIterator[tuple["subprocess.Popen[bytes]", int, float]]:
    """Run a worker; yield it with its port, and when it was spawned."""
    port, begun = free_port(), time.monotonic()
    process = spawn_worker(settings, port, tree.folder)
    try:
        yield process, port, begun
    finally:
        process.terminate()
        process.wait(timeout=30)


async def until(port: int, page: str, what: str) -> None:
    """Wait until a worker's page shows a field as true."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not await asyncio.to_thread(says, port, page, what):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{page} of the worker does not say {what} after {GIVE_UP_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)


async def first_commit(settings: Settings) -> None:
    """Wait until a changelog has a committed record."""
    broker = Broker(settings)
    where = [TopicPartition(broker.topic(CHANGELOG), number) for number in range(await broker.partitions())]
    async with broker.reader() as reader:
        reader.assign(where)
        reader.pause(*where)
        while not any((await reader.end_offsets(where)).values()):
            await asyncio.sleep(LOOK_SECONDS)


async def fresh(settings: Settings, tree: Tree, waiting: int) -> Took:
    """Start a worker on fresh topics."""
    await load(settings, waiting, max(1, waiting // 3))
    await asyncio.sleep(SETTLE_SECONDS)
    committed = asyncio.ensure_future(first_commit(settings))
    async with worker(settings, tree) as (process, port, begun):
        await until(port, "readyz", "ready")
        ready, used = time.monotonic() - begun, cpu_seconds(process.pid)
        await asyncio.wait_for(committed, GIVE_UP_SECONDS)
        return {"ready_seconds": ready, "first_commit_seconds": time.monotonic() - begun, "cpu_seconds": used}


async def filled(settings: Settings, tree: Tree, events: int, customers: int) -> None:
    """Have a worker apply events, and leave."""
    await load(settings, events, customers)
    async with worker(settings, tree) as (_, port, _):
        await until(port, "readyz", "ready")
        await asyncio.sleep(1)
        await until(port, "state", "idle")


async def restart(settings: Settings, tree: Tree) -> Took:
    """Start a worker on what the last one left."""
    async with worker(settings, tree) as (process, port, begun):
        await until(port, "readyz", "ready")
        return {"ready_seconds": time.monotonic() - begun, "cpu_seconds": cpu_seconds(process.pid)}


def medians(row: str, found: dict[str, list[Took]], **said: object) -> Iterator[dict[str, Any]]:
    """Yield the medians of each tree."""
    for name, took in found.items():
        middle = {what: round(median(one[what] for one in took), 2) for what in took[0]}
        yield {"row": row, "tree": name, **middle, "rounds": len(took), **said}


def tell(row: str, found: dict[str, list[Took]], **said: object) -> None:
    """Print the medians of a row."""
    for one in medians(row, found, load=round(os.getloadavg()[0], 1), **said):
        print(json.dumps(one), flush=True)


async def on_kafka(trees: Sequence[Tree], chosen: argparse.Namespace) -> None:
    """Measure workers on a broker of their own."""
    with own_broker() as kafka:
        if "fresh" in chosen.only:
            found: dict[str, list[Took]] = {tree.name: [] for tree in trees}
            await fresh(on_topics(kafka, "first"), trees[-1], chosen.waiting)  # creates Kafka's own topics
            for turn in range(chosen.rounds):
                for tree in trees:
                    settings = on_topics(kafka, f"{tree.name}-{turn}")
                    found[tree.name].append(await fresh(settings, tree, chosen.waiting))
            tell("fresh", found, events_waiting=chosen.waiting)
        if "restart" in chosen.only:
            found = {tree.name: [] for tree in trees}
            left = {tree.name: on_topics(kafka, f"{tree.name}-full") for tree in trees}
            for tree in trees:
                await filled(left[tree.name], tree, chosen.events, chosen.customers)
            for _ in range(chosen.rounds):
                for tree in trees:
                    found[tree.name].append(await restart(left[tree.name], tree))
            tell("restart", found, events=chosen.events, customers=chosen.customers)


def main() -> None:
    """Measure the rows that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--waiting", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--compiled", action="store_true")
    chosen = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    folders = {"base": chosen.against.resolve(), "here": ROOT}
    if "demo" in chosen.only:
        trees = [Tree(name, folder) for name, folder in folders.items()]
        found: dict[str, list[Took]] = {tree.name: [] for tree in trees}
        for tree in trees:
            demo(tree)  # writes bytecode
        for _ in range(chosen.rounds):
            for tree in trees:
                found[tree.name].append(demo(tree))
        tell("demo", found)
    if {"fresh", "restart"} & set(chosen.only):
        inside = Path("build/compiled") if chosen.compiled else Path()
        trees = [Tree(name, folder / inside) for name, folder in folders.items()]
        for tree in trees:  # writes bytecode, and has files in memory
            command = tree.command("worker", "--help")
            subprocess.run(command, env=tree.environment(), check=True, stdout=subprocess.DEVNULL)
        asyncio.run(on_kafka(trees, chosen))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    main()
