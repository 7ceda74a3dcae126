"""Bytes that a worker writes to its changelog for a byte of input, live, of customers who are busy.

    python -m benchmarks.changelog [--against WORKTREE] [--rate 1000] [--seconds 30] [--customers 300] [--rounds 3]

Prints one JSON object a run: of this tree, and in turn with it of another one (`git worktree add --detach /tmp/base
45025c7`). Bytes of the changelog are those that its log segments grow by on Apache Kafka, transaction markers and the
framing of batches included; bytes of input are those of the events' values. The events are those of
`benchmarks/traffic.py`. Everything runs on 127.0.0.1 and ends by itself.
"""

import argparse
import asyncio
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.latency import send
from benchmarks.own_broker import own_broker
from benchmarks.throughput import cpu_seconds, says, spawn_worker, until_ready
from benchmarks.traffic import events
from streams.broker import Broker
from streams.embedded import free_port
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.kafka.broker import ApacheKafka

ROOT: Final = Path(__file__).resolve().parents[1]
WARM_SECONDS: Final = 5
"""Seconds of events before counting begins: every customer has come, and states have their usual size."""


class Counted:
    """The events of a log that have been sent, and the bytes of their values."""

    def __init__(self, log: Iterator[tuple[str, bytes]]) -> None:
        self._log, self.number, self.size = log, 0, 0

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        return self

    def __next__(self) -> tuple[str, bytes]:
        kind, value = next(self._log)
        self.number += 1
        self.size += len(value)
        return kind, value


def stored(kafka: ApacheKafka, topic: str) -> int:
    """Return the bytes of the log segments of a topic."""
    return sum(file.stat().st_size for file in kafka.data.glob(f"{topic}-[0-9]*/*.log"))


async def measured(kafka: ApacheKafka, tree: Path, name: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Run a worker of one tree on topics of its own; return what it wrote for what it read."""
    settings = of_run(kafka, name)
    broker, port = Broker(settings), free_port()
    await broker.create_topics()
    worker = spawn_worker(settings, port, tree)
    await until_ready(port)
    log = Counted(iter(list(events(chosen.rate * (chosen.seconds + WARM_SECONDS + 1), chosen.customers))))
    await send(settings, log, chosen.rate, WARM_SECONDS, None)
    await idle(port)
    before, read, number, used = stored(kafka, broker.topic(CHANGELOG)), log.size, log.number, cpu_seconds(worker.pid)
    await send(settings, log, chosen.rate, chosen.seconds, None)
    await idle(port)
    used = cpu_seconds(worker.pid) - used
    written, read, number = stored(kafka, broker.topic(CHANGELOG)) - before, log.size - read, log.number - number
    worker.terminate()
    worker.wait(timeout=30)
    return {
        "tree": name.split("-", maxsplit=1)[0],
        "input_bytes": read,
        "changelog_bytes": written,
        "changelog_bytes_per_event": round(written / number),
        "changelog_bytes_per_input_byte": round(written / read, 2),
        "worker_cpu_microseconds_per_event": round(used / number * 1e6),
    }


def of_run(kafka: ApacheKafka, name: str) -> Settings:
    """Return the settings of a run: a group and topics of its own."""
    settings = read_settings(overrides={"kafka.bootstrap_servers": kafka.address, "kafka.group": name})
    return settings.model_copy(update={"topics": settings.topics.model_copy(update={"prefix": f"{name}-"})})


async def idle(port: int) -> None:
    """Wait until a worker has committed all that was sent."""
    await asyncio.sleep(1)
    while not await asyncio.to_thread(says, port, "state", "idle"):
        await asyncio.sleep(0.05)


async def main() -> None:
    """Run each tree in turn, on one broker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="a worktree of another commit")
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    trees = {"other": chosen.against.resolve()} if chosen.against else {}
    trees["here"] = ROOT
    with own_broker() as kafka:
        for turn in range(chosen.rounds):
            for name, tree in trees.items():
                print(json.dumps(await measured(kafka, tree, f"{name}-{turn}", chosen)), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    asyncio.run(main())
