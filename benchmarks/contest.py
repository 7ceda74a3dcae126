"""The contest of peers (`../shared/peers`) in turn: job and whole product of this tree and of another one, and peers.

    python ../shared/peers/gen.py make                  # needs orjson; writes data/1m.jsonl there
    python -m benchmarks.contest LOG --against /tmp/base --compiled [--peer go=COMMAND …] [--only job whole]

Prints one JSON object a run, and the medians: events per CPU second and per second, from the first event to the last
commit, as the harness counts them. LOG is a log of the contest; it is sent once, keyed, to four partitions. A peer is
any command that reads BOOT IN OUT GROUP N STATE_DIR RESULT and writes t0, t1, c0, c1, such as those that the README
there builds for Go and Flink. That its signals are the contest's is checked by the harness, not here.
"""

import argparse
import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from aiokafka.admin import NewTopic

from benchmarks.own_broker import own_broker
from benchmarks.replay import ROOT
from streams.broker import Broker
from streams.setting_sources import read_settings
from tests.kafka.broker import ApacheKafka

MODULES: Final = {"job": "benchmarks.retention_job", "whole": "benchmarks.whole_product"}
WIDTH: Final = 4
IN: Final = "d-events"
STEP: Final = 10_000
ID: Final = b'"customer_id":"'


class Contestant(NamedTuple):
    """A command, and what it has in its environment besides what the harness says."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


def ours(kinds: Sequence[str], trees: Mapping[str, Path]) -> list[Contestant]:
    """Return the contestants of this project, those of both trees next to each other."""
    return [
        Contestant(f"{kind}-{name}", [sys.executable, "-P", "-m", MODULES[kind]], {"PYTHONPATH": str(folder)})
        for kind in kinds
        for name, folder in trees.items()
    ]


async def sent(broker: Broker, log: Path) -> int:
    """Send a log of the contest; return the number of events."""
    await created(broker, IN)
    producer = broker.producer(linger_ms=20)
    await producer.start()
    waiting, number = [], 0
    with log.open("rb") as lines:
        for line in lines:
            start = line.index(ID) + len(ID)
            waiting.append(await producer.send(IN, line.rstrip(b"\n"), line[start : line.index(b'"', start)]))
            number += 1
            if number % STEP == 0:
                await asyncio.gather(*waiting)
                waiting.clear()
    await asyncio.gather(*waiting)
    await producer.stop()
    return number


async def created(broker: Broker, topic: str, **config: str) -> None:
    """Create a topic of the contest."""
    admin = await broker.admin()
    await admin.create_topics([NewTopic(topic, WIDTH, 1, topic_configs=config)])
    await admin.close()


async def run(one: Contestant, kafka: ApacheKafka, broker: Broker, number: int, turn: int) -> dict[str, Any]:
    """Run a contestant; return what it took."""
    group = f"{one.name}-{turn}"
    folder = kafka.folder / group
    folder.mkdir()
    out, result = f"{group}-out", folder / "result.json"
    await created(broker, out)
    if not one.name.startswith(tuple(MODULES)):  # ours create their own
        await created(broker, f"{group}-changelog", **{"cleanup.policy": "compact"})
    said = {"BOOT": kafka.address, "IN": IN, "OUT": out, "GROUP": group, "N": str(number), "STATE_DIR": str(folder)}
    environment = os.environ | one.environment | said | {"RESULT": str(result)}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *one.command, env=environment, cwd=folder, stdout=log, stderr=log
        )
        if await process.wait():
            raise RuntimeError(f"{one.name} has ended: {(folder / 'log').read_text()[-2_000:]}")
    marks = json.loads(result.read_text())
    wall, used = marks["t1"] - marks["t0"], marks["c1"] - marks["c0"]
    figures = {"events_per_cpu_second": round(number / used), "events_per_second": round(number / wall)}
    return {"contestant": one.name, **figures, "seconds": round(wall, 2), "cpu_seconds": round(used, 2)}


async def in_turn(contestants: Sequence[Contestant], log: Path, rounds: int) -> None:
    """Run all contestants in turn, on one broker; print all runs, and the medians."""
    found: dict[str, list[dict[str, Any]]] = {one.name: [] for one in contestants}
    with own_broker() as kafka:
        broker = Broker(read_settings(overrides={"kafka.bootstrap_servers": kafka.address}))
        number = await sent(broker, log)
        for turn in range(rounds):
            for one in contestants:
                found[one.name].append(await run(one, kafka, broker, number, turn))
                print(json.dumps(found[one.name][-1]), flush=True)
    for name, runs in found.items():
        middle = {what: median(one[what] for one in runs) for what in ("events_per_cpu_second", "events_per_second")}
        said = {"what": "median", "contestant": name, **middle, "load": round(os.getloadavg()[0], 1)}
        print(json.dumps(said), flush=True)


def main() -> None:
    """Run the contest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=tuple(MODULES), default=tuple(MODULES))
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compiled", action="store_true")
    chosen = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    inside = Path("build/compiled") if chosen.compiled else Path()
    contestants = ours(chosen.only, {"base": chosen.against.resolve() / inside, "here": ROOT / inside})
    for peer in chosen.peer:
        name, _, command = peer.partition("=")
        contestants.append(Contestant(name, shlex.split(command), {}))
    asyncio.run(in_turn(contestants, chosen.log.resolve(), chosen.rounds))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    main()
