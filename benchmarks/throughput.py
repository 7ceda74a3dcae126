"""Events per second and per CPU second of one worker on Apache Kafka, beside idiomatic stock Faust in the same run.

    python -m benchmarks.throughput [--events 1000000] [--customers 50000] [--stock 20000] [--workers 1] [--compiled]

Prints one JSON object a line. Everything runs on 127.0.0.1 and ends by itself.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError

from benchmarks.compiled import TARGET
from benchmarks.own_broker import own_broker
from benchmarks.traffic import KINDS, events
from streams.broker import Broker
from streams.differences import newest as put_together
from streams.embedded import free_port
from streams.partition_record import OWN_PREFIX
from streams.player import Player
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import CHANGELOG, INPUTS

COMPILED = "--compiled"


async def load(settings: Settings, number: int, customers: int) -> int:
    """Send so many events to the input topics; return their bytes."""
    return await sent(settings, (line for _, line in events(number, customers)))


async def sent(settings: Settings, lines: Iterable[bytes]) -> int:
    """Create the topics, and send a log to them; return its bytes."""
    broker = Broker(settings)
    await broker.create_topics()
    producer = broker.producer(linger_ms=20)
    await producer.start()
    player = Player(broker, producer, await broker.input_widths())
    size = 0
    for line in lines:
        await player.play(line)
        size += len(line)
    await player.settle()
    await producer.stop()
    return size


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    line = next(row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1_024


async def committed(broker: Broker, group: str, topics: list[str]) -> int:
    """Return the number of records that a group has committed."""
    admin = await broker.admin()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:  # until the first member has requested one
        return 0
    finally:
        await admin.close()
    return sum(max(0, one.offset) for tp, one in offsets.items() if tp.topic in topics)


async def timed(
    processes: "list[subprocess.Popen[bytes]]",
    broker: Broker,
    group: str,
    topics: list[str],
    number: int,
    ports: Sequence[int] = (),
) -> dict[str, Any]:
    """Measure processes that were just spawned until they have committed everything: wall and CPU, imports included.

    Counting from the first commit would ignore records applied by then but not committed, and flatter the figure
    threefold. The end is not the last event if workers report on `ports` whether they are idle: the timers after it
    count, too.
    """

    async def done() -> bool:
        if await committed(broker, group, topics) < number:
            return False
        return all([await asyncio.to_thread(says, port, "state", "idle") for port in ports])

    begun = time.monotonic()
    while not await done():
        for process in processes:
            if process.poll() is not None:
                raise RuntimeError(f"a process of group {group} has ended with {process.returncode}")
        await asyncio.sleep(0.1)
    wall, used = time.monotonic() - begun, sum(cpu_seconds(process.pid) for process in processes)
    return {
        "events": number,
        "seconds": round(wall, 2),
        "cpu_seconds": round(used, 2),
        "events_per_second": round(number / wall),
        "events_per_cpu_second": round(number / used),
        "resident_mb": round(sum(resident_mb(process.pid) for process in processes)),
    }


def spawn_worker(
    settings: Settings, port: int, tree: Path | None = None, said: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen[bytes]:
    """Start one worker process, of another tree if one is named, with what `said` adds to its environment."""
    environment = {
        "BACKSTAY_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "BACKSTAY_KAFKA__GROUP": settings.kafka.group,
        "BACKSTAY_KAFKA__SESSION_TIMEOUT": "6",
        "BACKSTAY_TOPICS__PREFIX": settings.topics.prefix,
        "BACKSTAY_TIME__CLOCK": "log",
        "BACKSTAY_WEB__PORT": str(port),
        "BACKSTAY_LOG_LEVEL": "warning",
    }
    if tree is not None or COMPILED in sys.argv:
        environment["PYTHONPATH"] = str(tree or TARGET)
    command = [str(Path(sys.executable).with_name("backstay")), "worker"]
    return subprocess.Popen(command, env={**os.environ, **environment, **said})


def says(port: int, page: str, what: str) -> bool:
    """Report whether a worker's page shows a field as true."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5) as answer:
            return bool(json.load(answer)[what])
    except (OSError, urllib.error.URLError):  # not started yet, or not ready: 503
        return False


async def until_ready(port: int) -> None:
    """Wait until a worker has restored everything that it owns."""
    while not await asyncio.to_thread(says, port, "readyz", "ready"):
        await asyncio.sleep(0.05)


async def backstay(settings: Settings, number: int, customers: int, workers: int, broker_pid: int) -> None:
    """Measure workers of ours: throughput, the broker's share, size of a customer, recovery."""
    size = await load(settings, number, customers)
    broker, ports = Broker(settings), [free_port() for _ in range(workers)]
    topics = [broker.topic_named(kind) for kind in KINDS]
    before = cpu_seconds(broker_pid)
    running = [spawn_worker(settings, port) for port in ports]
    result = await timed(running, broker, settings.kafka.group, topics, number, ports)
    print(
        json.dumps(
            {
                "what": "backstay",
                "workers": workers,
                "bytes_per_event": round(size / number),
                **result,
                "broker_cpu_seconds": round(cpu_seconds(broker_pid) - before, 2),
            }
        ),
        flush=True,
    )
    for worker in running:
        worker.terminate()
        worker.wait(timeout=30)
    await recovery(settings, ports[0])


async def recovery(settings: Settings, port: int) -> None:
    """Measure how long a fresh worker takes to be ready: with nothing to restore, as it was left, and compacted.

    A changelog has several states of a customer until the broker's cleaner comes by, and one after that.
    """
    nothing = settings.model_copy(
        update={
            "kafka": settings.kafka.model_copy(update={"group": "nothing"}),
            "topics": settings.topics.model_copy(update={"prefix": "nothing-"}),
        }
    )
    await Broker(nothing).create_topics()
    idle = await restored(nothing, port, {})
    written, newest = await kept(Broker(settings))
    await restored(settings, port, {"changelog_records": written, **sizes(newest)}, idle)
    await compact(Broker(settings), newest)
    await restored(settings, port, {"changelog_records": sum(map(len, newest)), **sizes(newest)}, idle)


async def restored(settings: Settings, port: int, what: dict[str, int], idle: float = 0) -> float:
    """Start a worker; print and return the seconds until it is ready."""
    begun = time.monotonic()
    worker = spawn_worker(settings, port)
    await until_ready(port)
    taken, used = time.monotonic() - begun, cpu_seconds(worker.pid)
    rate = {"customers_per_second": round(what["customers"] / (taken - idle))} if taken > idle > 0 else {}
    print(
        json.dumps(
            {
                "what": "recovery",
                **what,
                "spawn_to_ready_seconds": round(taken, 2),
                **rate,
                "cpu_seconds": round(used, 2),
                "resident_mb": round(resident_mb(worker.pid)),
            }
        ),
        flush=True,
    )
    worker.terminate()
    worker.wait(timeout=30)
    return taken


async def kept(broker: Broker) -> tuple[int, list[dict[bytes, bytes]]]:
    """Return the number of records of the changelog, and the newest of each key, by partition."""
    written, newest = 0, list[dict[bytes, bytes]]()
    for partition in range(await broker.partitions()):
        newest.append({})
        async for records in broker.read(broker.topic(CHANGELOG), partition):
            written += len(records)
            for record in records:
                newest[-1].pop(record.key, None)  # a compaction leaves the newest record where it is
                newest[-1][record.key] = record.value
    return written, [{key: value for key, value in one.items() if value is not None} for one in newest]


def sizes(newest: list[dict[bytes, bytes]]) -> dict[str, int]:
    """Return the number of customers, and their size."""
    found = [len(value) for one in newest for key, value in put_together(one.items()).items() if key[:1] != OWN_PREFIX]
    return {"customers": len(found), "bytes_per_customer": round(sum(found) / len(found))}


async def compact(broker: Broker, newest: list[dict[bytes, bytes]]) -> None:
    """Reduce the changelog to what the cleaner would leave."""
    await broker.recreate(CHANGELOG, len(newest))
    producer = broker.producer(linger_ms=20)
    await producer.start()
    for partition, records in enumerate(newest):
        for key, value in records.items():
            await producer.send(broker.topic(CHANGELOG), value, key, partition)
    await producer.stop()


async def stock_faust(settings: Settings, number: int, customers: int, folder: Path) -> None:
    """Measure idiomatic stock Faust doing the same work on a log of the same shape."""
    broker = Broker(settings)
    admin = await broker.admin()
    await admin.create_topics([NewTopic(f"stock-{name}", 4, 1) for name in (*KINDS, "signals")])
    await admin.create_topics([NewTopic("stock-signals", 4, 1)])
    await admin.close()
    names = {kind: f"stock-{kind}" for kind in KINDS}
    stock = settings.model_copy(update={"topics": settings.topics.model_copy(update={"names": names})})
    producer = broker.producer(linger_ms=20)
    await producer.start()
    player = Player(Broker(stock), producer, {topic.name: 4 for topic in INPUTS})
    for _, line in events(number, customers):
        await player.play(line)
    await player.settle()
    await producer.stop()
    command = [sys.executable, "-m", "benchmarks.stock_faust"]
    environment = {"BOOT": settings.kafka.bootstrap_servers, "DATA": str(folder / "stock")}
    process = subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    result = await timed([process], broker, "stock", list(names.values()), number)
    print(json.dumps({"what": "stock faust", **result}), flush=True)
    process.kill()
    process.wait(timeout=30)


async def main() -> None:
    """Run all of it on a broker of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument(COMPILED, action="store_true", help="run on what `python -m benchmarks.compiled` built")
    parser.add_argument("--stock", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args()
    with own_broker() as kafka:
        settings = read_settings(overrides={"kafka.bootstrap_servers": kafka.address, "kafka.group": "bench"})
        await backstay(settings, chosen.events, chosen.customers, chosen.workers, kafka.pid)
        if chosen.stock:
            await stock_faust(settings, chosen.stock, chosen.customers, kafka.folder)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    asyncio.run(main())
