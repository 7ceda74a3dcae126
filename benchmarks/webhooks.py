"""`backstay webhooks run` against a listener on 127.0.0.1: deliveries a second, CPU for each, memory with many pending.

    python -m benchmarks.webhooks rate [--outputs 5000] [--endpoints 3] [--seconds-of-slow 2]
    python -m benchmarks.webhooks memory [--pending 100000]

`rate` publishes signals, and starts the process from the beginning of the topics: to endpoints that answer at once,
then to the same with one more that takes some seconds for each answer. `memory` has all of them wait for an endpoint
that is not there. The broker (Apache Kafka, or the embedded one with --embedded), the process and the listener are
processes of their own, and end by themselves. Prints one JSON object a row.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGTERM
from typing import Any, Final
from urllib.request import urlopen

from retention.calendar import SECOND
from streams.broker import Broker
from streams.embedded import EmbeddedBroker, free_port
from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.kafka.broker import LASTING, ApacheKafka
from tests.webhooks.building import SECRET, signal
from tests.webhooks.running import publish

BACKSTAY: Final = str(Path(sys.executable).with_name("backstay"))
CUSTOMERS: Final = 5_000
POLL: Final = 0.05
PATIENCE: Final = 540.0
_ACCEPTED: Final = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


# The receiver, in a process of its own.


def listen(said: Connection, pause: float) -> None:
    """Answer each POST: to /slow after a pause, to any other path at once. Answers GET with the counts by path."""
    asyncio.run(_listen(said, pause))


async def _listen(said: Connection, pause: float) -> None:
    counts: Counter[str] = Counter()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                verb, path = head.split(b" ", 2)[:2]
                if verb == b"GET":
                    text = json.dumps(counts).encode()
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(text), text)
                    )
                    await writer.drain()
                    break
                length = re.search(rb"content-length: (\d+)", head.lower())
                await reader.readexactly(int(length[1]) if length is not None else 0)
                if path == b"/slow":
                    await asyncio.sleep(pause)
                counts[path.decode()] += 1
                writer.write(_ACCEPTED)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1_000)
    said.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


@contextmanager
def listener(pause: float) -> Iterator[int]:
    """Run a receiver; yield its port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=listen, args=(theirs, pause), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def counts_at(port: int) -> Counter[str]:
    """Return how many requests each path has answered."""
    with urlopen(f"http://127.0.0.1:{port}/counts", timeout=10) as answer:
        return Counter(json.load(answer))


# The sender: a process of `backstay webhooks run`.


class Running:
    """A process, and what it costs."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self._process, self._port = process, port

    def cpu(self) -> float:
        """Return the seconds of CPU that it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """Return the resident memory, in MB."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self._process.pid}/status").read_text())
        return int(found[1]) / 1_000 if found is not None else 0.0

    def pending(self) -> int:
        """Return how many deliveries wait, by the metrics of the process; -1 before it answers."""
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{self._port}/metrics", timeout=10) as answer:
            found = re.findall(r"^backstay_webhook_pending_deliveries{.*} (\S+)$", answer.read().decode(), re.MULTILINE)
            return round(sum(map(float, found)))
        return -1

    def check(self) -> None:
        """End the measurement if the process has ended."""
        if self._process.poll() is not None:
            raise SystemExit(f"the process has ended with {self._process.returncode}")


@contextmanager
def webhooks(settings: Settings, endpoints: dict[str, dict[str, str]]) -> Iterator[Running]:
    """Run `backstay webhooks run` from the beginning of the topics."""
    port = free_port()
    said = {
        "kafka.bootstrap_servers": settings.kafka.bootstrap_servers,
        "kafka.group": settings.kafka.group,
        "topics.prefix": settings.topics.prefix,
        "log_level": "error",
    }
    said |= {f"webhooks.{name}.{field}": value for name, one in endpoints.items() for field, value in one.items()}
    command = [BACKSTAY, "webhooks", "run", "--from", "earliest", "--port", str(port)]
    command += [part for name, value in said.items() for part in ("--set", f"{name}={value}")]
    process = subprocess.Popen(command)
    try:
        yield Running(process, port)
    finally:
        process.send_signal(SIGTERM)
        process.wait(timeout=60)


def endpoint(url: str, **more: str) -> dict[str, str]:
    """Return the settings of an endpoint on this machine."""
    return {"url": url, "secrets": SECRET, "allow_private": "127.0.0.1", **more}


# The measurements.


@asynccontextmanager
async def broker(*, embedded: bool) -> AsyncIterator[str]:
    """Run a broker; yield its address."""
    if embedded:
        async with EmbeddedBroker() as found:
            yield found.address
        return
    with tempfile.TemporaryDirectory() as folder:
        kafka = await asyncio.to_thread(lambda: ApacheKafka(Path(folder), jvm=LASTING).start())
        try:
            yield kafka.address
        finally:
            kafka.stop()


async def stocked(address: str, name: str, outputs: int) -> Settings:
    """Create the topics under a name, and publish signals of now."""
    overrides = {"kafka.bootstrap_servers": address, "kafka.group": name, "topics.prefix": f"{name}."}
    settings = read_settings(overrides=overrides)
    await Broker(settings).create_topics()
    now = int(time.time()) * SECOND
    await publish(settings, (signal(f"id-{n}", f"c-{n % CUSTOMERS}", now) for n in range(outputs)))
    return settings


async def rate(address: str, outputs: int, fast: int, pause: float) -> None:
    """Print how many deliveries a second the endpoints get that answer at once, without and with a slow one."""
    for name, has_slow in (("fast", False), ("beside", True)):
        settings = await stocked(address, name, outputs)
        with listener(pause) as port:
            url = f"http://127.0.0.1:{port}"
            endpoints = {f"fast{n}": endpoint(f"{url}/fast{n}") for n in range(fast)}
            if has_slow:
                endpoints["slow"] = endpoint(f"{url}/slow")
            with webhooks(settings, endpoints) as process:
                row = await asyncio.to_thread(measured, process, port, outputs, fast)
        print(json.dumps({"endpoints": fast, "slow_one_beside": has_slow, "outputs": outputs, **row}), flush=True)


def measured(process: Running, port: int, outputs: int, fast: int) -> dict[str, Any]:
    """Return the rate from the first delivery to the last one that an endpoint gets which answers at once."""
    wanted, begun, cpu, first = outputs * fast, 0.0, 0.0, 0
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        process.check()
        counts = counts_at(port)
        done = sum(number for path, number in counts.items() if path != "/slow")
        if done and not begun:
            begun, cpu, first = time.monotonic(), process.cpu(), done
        if done >= wanted:
            seconds, used = time.monotonic() - begun, process.cpu() - cpu
            return {
                "deliveries": done,
                "slow_deliveries": counts["/slow"],
                "seconds": round(seconds, 1),
                "per_second": round((done - first) / seconds),
                "per_cpu_second": round((done - first + counts["/slow"]) / used),
                "megabytes": round(process.megabytes()),
            }
        time.sleep(POLL)
    raise SystemExit(f"after {PATIENCE:.0f} s only {done:,} of {wanted:,} have arrived")


async def memory(address: str, pending: int) -> None:
    """Print the memory of a process for which many deliveries wait, at first and after a restart."""
    settings = await stocked(address, "memory", pending)
    gone = endpoint(f"http://127.0.0.1:{free_port()}/hook", most_pending=str(pending))
    idle = await stocked(address, "idle", 1)
    for what, where, number in (
        ("nothing waits", idle, 0),
        ("at first", settings, pending),
        ("again", settings, pending),
    ):
        one = endpoint(gone["url"], types="metric.updated") if where is idle else gone
        begun = time.monotonic()
        with webhooks(where, {"crm": one}) as process:
            row = await asyncio.to_thread(_waiting, process, number, begun)
        print(json.dumps({"when": what, "pending": number, **row}), flush=True)


def _waiting(process: Running, wanted: int, begun: float) -> dict[str, Any]:
    while process.pending() < wanted:
        process.check()
        if time.monotonic() > begun + PATIENCE:
            raise SystemExit(f"only {process.pending():,} of {wanted:,} wait")
        time.sleep(POLL * 10)
    seconds = time.monotonic() - begun
    time.sleep(3)
    return {
        "megabytes": round(process.megabytes()),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(process.cpu(), 1),
    }


async def main() -> None:
    """Read what is to be measured, and measure it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("rate", "memory"))
    parser.add_argument("--outputs", type=int, default=5_000, help="outputs of the rate")
    parser.add_argument("--endpoints", type=int, default=3, help="endpoints that answer at once")
    parser.add_argument("--seconds-of-slow", type=float, default=2.0, help="seconds that the slow endpoint takes")
    parser.add_argument("--pending", type=int, default=100_000, help="deliveries that wait")
    parser.add_argument("--embedded", action="store_true", help="use the embedded broker")
    said = parser.parse_args()
    async with broker(embedded=said.embedded) as address:
        if said.what == "rate":
            await rate(address, said.outputs, said.endpoints, said.seconds_of_slow)
        else:
            await memory(address, said.pending)


if __name__ == "__main__":
    asyncio.run(main())
