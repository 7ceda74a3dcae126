"""Latency of a signal, from the producer's send to a reader of committed records, at a steady rate of events.

    python -m benchmarks.latency [--rates 1000 10000] [--seconds 20] [--customers 50000] [--compiled]

Prints one JSON object a rate. The events are those of `benchmarks/traffic.py`; the signals are the cancellations among
them. Producer, reader, worker and broker share this machine's cores. Everything runs on 127.0.0.1 and ends by itself.
"""

import argparse
import asyncio
import json
import signal
import time
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.partitioner import murmur2

from benchmarks.own_broker import own_broker
from benchmarks.throughput import COMPILED, cpu_seconds, resident_mb, spawn_worker, until_ready
from benchmarks.traffic import events
from streams.broker import Broker
from streams.embedded import free_port
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import SIGNALS

WARM_SECONDS: Final = 3
TICK: Final = 0.01
MOST_WAIT: Final = 60
"""Seconds that the first signal may take."""


class Clock:
    """The times at which records were sent, and the latencies."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.taken: list[float] = []

    async def listen(self, broker: Broker) -> None:
        """Read committed signals as they arrive."""
        reader = broker.consumer(auto_offset_reset="latest")
        await reader.start()
        reader.subscribe([broker.topic(SIGNALS)])
        try:
            async for record in reader:
                now = time.monotonic()
                signal = json.loads(record.value)
                if signal.get("signal") == "cancellation-requested" and signal["transition"] == "raised":
                    begun = self.sent.pop(signal["evidence"][0], None)
                    if begun is not None:
                        self.taken.append(now - begun)
        finally:
            await reader.stop()

    async def heard_out(self) -> None:
        """Wait until signals have come, and no more for two seconds; for a minute at most until the first one."""
        until, number = time.monotonic() + MOST_WAIT, 0
        while len(self.taken) > number or (not number and time.monotonic() < until):
            number = len(self.taken)
            await asyncio.sleep(2)

    def milliseconds(self, share: float) -> float:
        """Return the latency that a share of the signals does not exceed."""
        return round(sorted(self.taken)[int(share * (len(self.taken) - 1))] * 1_000, 1)


async def send(
    settings: Settings, log: Iterator[tuple[str, bytes]], rate: int, seconds: float, clock: Clock | None
) -> None:
    """Send so many events a second, a hundred times a second."""
    broker = Broker(settings)
    names = {kind: broker.topic_named(kind) for kind in ("logins", "purchases", "tickets", "cancellations")}
    width = await broker.partitions()
    producer = broker.producer(linger_ms=0)
    await producer.start()
    begun, number = time.monotonic(), 0
    while number < rate * seconds:
        for _ in range(max(1, int(rate * TICK))):
            kind, value = next(log)
            start = value.index(b'"customer_id":"') + 15
            key = value[start : start + 11]
            if clock is not None and kind == "cancellations":
                clock.sent[value[13:45].decode()] = time.monotonic()
            await producer.send(names[kind], value=value, key=key, partition=(murmur2(key) & 0x7FFFFFFF) % width)
            number += 1
        await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
    await producer.stop()


async def measured(settings: Settings, rate: int, seconds: float, customers: int) -> dict[str, Any]:
    """Measure one rate on a worker of its own."""
    broker, port, clock = Broker(settings), free_port(), Clock()
    await broker.create_topics()
    worker = spawn_worker(settings, port)
    await until_ready(port)
    log = iter(list(events(int(rate * (seconds + WARM_SECONDS + 1)), customers)))
    listening = asyncio.create_task(clock.listen(broker))
    await send(settings, log, rate, WARM_SECONDS, None)
    begun, used = time.monotonic(), cpu_seconds(worker.pid)
    await send(settings, log, rate, seconds, clock)
    wall, used = time.monotonic() - begun, cpu_seconds(worker.pid) - used
    await clock.heard_out()
    listening.cancel()
    memory = resident_mb(worker.pid)
    worker.terminate()
    worker.wait(timeout=30)
    if not clock.taken:
        raise SystemExit(f"no signal came within {MOST_WAIT} s: run this on a machine that is less busy")
    return {
        "what": "latency",
        "asked_per_second": rate,
        "sent_per_second": round(rate * seconds / wall),
        "signals": len(clock.taken),
        "p50_ms": clock.milliseconds(0.5),
        "p99_ms": clock.milliseconds(0.99),
        "max_ms": clock.milliseconds(1.0),
        "worker_cores": round(used / wall, 2),
        "resident_mb": round(memory),
    }


async def main() -> None:
    """Run all rates on a broker of its own, each under another group and prefix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument(COMPILED, action="store_true", help="run on what `python -m benchmarks.compiled` built")
    chosen = parser.parse_args()
    with own_broker() as kafka:
        for rate in chosen.rates:
            settings = read_settings(
                overrides={"kafka.bootstrap_servers": kafka.address, "kafka.group": f"latency-{rate}"}
            )
            settings = settings.model_copy(
                update={"topics": settings.topics.model_copy(update={"prefix": f"r{rate}-"})}
            )
            print(json.dumps(await measured(settings, rate, chosen.seconds, chosen.customers)), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    asyncio.run(main())
