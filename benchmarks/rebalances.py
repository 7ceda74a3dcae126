"""Measures whether memory is released: that of a worker while a second one joins and leaves, again and again.

    python -m benchmarks.rebalances [--rounds 50] [--rate 1000] [--customers 300] [--stay 2] [--saturated] [--control S]

Prints one JSON object a round: what the worker that stays has resident, after the other one has left and it has caught
up with all partitions. At the end, the mean of rounds 3 to 7 and of the last five, and by how much it grew: single
rounds were up to a tenth more or less.

The events are those of `benchmarks/traffic.py`, of sixty days: so many a second. States of such a company grow with
each event, for sixteen months, whether or not anybody joins. What of the growth is of the rebalances is seen by
--control, with which nobody joins and a round only waits for so many seconds; or by --saturated, with which events of
a horizon are loaded before and others follow that move it on: then as much is dropped as comes. With --rate 0 nothing
comes at all. Workers and broker are processes of this machine.
"""

import argparse
import asyncio
import json
import signal
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from statistics import mean
from typing import Any, Final

from benchmarks.latency import send
from benchmarks.own_broker import own_broker
from benchmarks.throughput import resident_mb, says, spawn_worker, until_ready
from benchmarks.traffic import START, events
from streams.broker import Broker
from streams.embedded import free_port
from streams.setting_sources import read_settings
from streams.settings import Settings

ROUND: Final = 60.0
"""Longest round in seconds: there are events for so long."""
SOME: Final = 1_000
"""Events to restore before a worker joins."""
HORIZON: Final = 200_000
"""Events of sixteen months, after which states no longer grow."""
LOADED: Final = 8_000
"""Events a second before a worker joins."""


async def measured(settings: Settings, chosen: argparse.Namespace) -> list[float]:
    """Have a worker join and leave so often, or only wait; print and return the resident memory of the other one."""
    await Broker(settings).create_topics()
    port, seconds = free_port(), chosen.rounds * (chosen.stay + ROUND)
    worker = spawn_worker(settings, port)
    await until_ready(port)
    log, before = log_of(settings, int(max(chosen.rate, 1) * seconds), chosen)
    await send(settings, log, LOADED, before / LOADED, None)
    while not await asyncio.to_thread(says, port, "state", "idle"):
        await asyncio.sleep(0.1)
    begun, found = asyncio.get_running_loop().time(), list[float]()
    coming = send(settings, log, chosen.rate, seconds, None) if chosen.rate else asyncio.sleep(seconds)
    sending = asyncio.ensure_future(coming)
    try:
        for number in range(1, chosen.rounds + 1):
            if chosen.control is None:
                await joined_and_left(settings, chosen.stay)
            else:
                await asyncio.sleep(chosen.control)
            await until_caught_up(settings, port, max(chosen.rate, 1))
            found.append(resident_mb(worker.pid))
            taken = round(asyncio.get_running_loop().time() - begun)
            print(json.dumps({"rounds": number, "resident_mb": round(found[-1], 1), "seconds": taken}), flush=True)
        return found
    finally:
        sending.cancel()
        worker.terminate()
        worker.wait(timeout=30)


def log_of(settings: Settings, number: int, chosen: argparse.Namespace) -> tuple[Iterator[tuple[str, bytes]], int]:
    """Return the events, and the number of them that are loaded before a worker joins."""
    if not chosen.saturated:
        return events(number + SOME, chosen.customers), SOME
    number += HORIZON
    days = round(number / HORIZON * settings.metrics.horizon_months * 365.25 / 12)
    return events(number, chosen.customers, days, START - timedelta(days=days)), HORIZON


async def joined_and_left(settings: Settings, stay: float) -> None:
    """Start a second worker, run it for a while, and stop it."""
    port = free_port()
    other = spawn_worker(settings, port)
    try:
        await until_ready(port)
        await asyncio.sleep(stay)
    finally:
        other.terminate()
        await asyncio.to_thread(other.wait, 30)


async def until_caught_up(settings: Settings, port: int, most: int) -> None:
    """Wait until a worker has every partition, and at most so many records to apply, for a full second."""
    seen = 0
    while seen < 5:
        state = await asyncio.to_thread(state_of, port)
        has_all = state["ready"] and len(state["partitions"]) == settings.topics.partitions
        seen = seen + 1 if has_all and state["lag"] <= most else 0
        await asyncio.sleep(0.2)


def state_of(port: int) -> dict[str, Any]:
    """Return the state that a worker reports."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/state", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


async def main() -> None:
    """Run on a broker of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--stay", type=float, default=2)
    parser.add_argument("--saturated", action="store_true")
    parser.add_argument("--control", type=float, metavar="SECONDS")
    chosen = parser.parse_args()
    with own_broker("512m") as kafka:
        settings = read_settings(overrides={"kafka.bootstrap_servers": kafka.address, "kafka.group": "rebalances"})
        found = await measured(settings, chosen)
        if len(found) > 12:
            early, late = mean(found[2:7]), mean(found[-5:])
            grown = round((late / early - 1) * 100, 1)
            print(json.dumps({"after_5": round(early, 1), f"after_{len(found)}": round(late, 1), "percent": grown}))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops the broker, too
    asyncio.run(main())
