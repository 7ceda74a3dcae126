"""Whether memory comes back: what a worker has resident while a second one joins and leaves, again and again.

    python -m benchmarks.rebalances [--rounds 50] [--rate 1000] [--customers 300] [--stay 2] [--control SECONDS]

Prints one JSON object a round: the worker that stays, after the other one has left and it has everything again. The
events are those of `benchmarks/traffic.py`: a thousand at first, then so many a second. With --rate 0 states stay as
they are, and what grows is of the rebalances. With --control nobody joins: a round only waits for so many seconds, and
what grows is of the states. Workers and broker are processes of this machine.
"""

import argparse
import asyncio
import json
import shutil
import signal
import tempfile
from pathlib import Path

from benchmarks.latency import send
from benchmarks.throughput import resident_mb, spawn_worker, until_ready
from benchmarks.traffic import events
from streams.broker import Broker
from streams.embedded import free_port
from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.kafka.broker import LASTING, ApacheKafka


async def measured(
    settings: Settings, rounds: int, rate: int, customers: int, stay: float, pause: float | None
) -> None:
    """Let a worker join and leave so often, or only wait, and print what the other one has resident."""
    await Broker(settings).create_topics()
    port, seconds = free_port(), rounds * (stay + 60)
    worker = spawn_worker(settings, port)
    await until_ready(port)
    log = events(int(max(rate, 1) * seconds), customers)
    await send(settings, log, 1_000, 1, None)  # something to restore
    clock = asyncio.get_running_loop().time
    begun = clock()
    sending = asyncio.create_task(send(settings, log, rate, seconds, None) if rate else asyncio.sleep(seconds))
    try:
        for number in range(1, rounds + 1):
            if pause is None:
                await joined_and_left(settings, stay)
                await until_ready(port)
                await asyncio.sleep(stay)
            else:
                await asyncio.sleep(pause)
            seen = {
                "rounds": number,
                "resident_mb": round(resident_mb(worker.pid), 1),
                "seconds": round(clock() - begun),
            }
            print(json.dumps(seen), flush=True)
    finally:
        sending.cancel()
        worker.terminate()
        worker.wait(timeout=30)


async def joined_and_left(settings: Settings, stay: float) -> None:
    """Let a second worker take its share, keep it for a while, and give it back."""
    port = free_port()
    other = spawn_worker(settings, port)
    try:
        await until_ready(port)
        await asyncio.sleep(stay)
    finally:
        other.terminate()
        await asyncio.to_thread(other.wait, 30)


async def main() -> None:
    """Run on a broker of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--stay", type=float, default=2)
    parser.add_argument("--control", type=float, metavar="SECONDS")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="backstay-bench-"))
    kafka = ApacheKafka(folder / "kafka", jvm=LASTING).start()
    try:
        settings = read_settings(overrides={"kafka.bootstrap_servers": kafka.address, "kafka.group": "rebalances"})
        await measured(settings, chosen.rounds, chosen.rate, chosen.customers, chosen.stay, chosen.control)
    finally:
        kafka.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the broker is stopped, too
    asyncio.run(main())
