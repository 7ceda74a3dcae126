"""The cost of an idle customer, and of an event among more and more customers. No Kafka in it.

    python -m benchmarks.growth [--sizes 10000 100000 1000000] [--events 20] [--each 100000] [--active 10000] [--disk]
    python -m benchmarks.growth --sizes 1000000 --against WORKTREE [--rounds 3]

One JSON object a size, each measured in a process of its own: bytes resident for each idle customer of so many events,
customers restored per CPU second, and microseconds an event, of 100,000 that come within an hour, most of them from few
customers as in `benchmarks/traffic.py`, with a commit after every 5,000: of all customers, or,
with `--active`, of so many, while the others only become more. With `--disk`, states are on disk. With `--against`,
each size is measured of another worktree and of this one in turn, compiled if they are (`build/compiled`), and medians
follow.
"""

import argparse
import gc
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from agents.readings import READINGS
from benchmarks.company import ROOT, code_of, environment
from benchmarks.fold import Arrived
from benchmarks.traffic import START, events
from retention.calendar import DAY, HOUR, instant, rfc3339
from retention.engine.partition_state import PartitionState
from retention.state.codec import encode
from streams import memory
from streams.broker import Broker
from streams.customers import CustomerStore
from streams.customers_on_disk import CustomersOnDisk
from streams.listener import Listener
from streams.local_state import LocalState
from streams.partition_processor import PartitionProcessor
from streams.rocks import RocksTable
from streams.setting_sources import read_settings

MODELS: Final = 1_000
"""Customers that all others are copies of."""
MIDDLE: Final = (
    "bytes_resident",
    "bytes_resident_after_the_events",
    "restored_per_cpu_second",
    "microseconds_an_event",
)
"""The figures of which medians are printed."""
NOW: Final = instant(START) + 61 * DAY


def resident() -> int:
    """Return the resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def processor(local: LocalState | None = None) -> PartitionProcessor:
    """Return a processor without a listener."""
    settings = read_settings()
    return PartitionProcessor(0, 1, settings, Broker(settings), Listener(), atomic=True, local=local)


def fill(store: CustomerStore, states: Iterator[tuple[str, bytes]]) -> None:
    """Add customers as a restart does."""
    if isinstance(store, CustomersOnDisk):
        while batch := [(name.encode(), state) for name, state in itertools.islice(states, 4_000)]:
            store.local.write(batch, 1)
    else:
        for name, state in states:
            store.restore(name, state)


def commit(one: PartitionProcessor) -> None:
    """Detach what changed, and copy it to disk if it is stored there."""
    outgoing = one.detach({})
    if isinstance(one.store, CustomersOnDisk):
        entries = [(record.key, record.value) for record in outgoing if record.topic == "customers-changelog"]
        one.store.written(entries, 1, 0.0)


def models(number: int) -> list[bytes]:
    """Return the states of customers with about so many events of each kind, evenly, in 60 days."""
    made, agents = processor(), {agent.topic: agent for agent in READINGS}
    for offset, (topic, value) in enumerate(events(MODELS * number, 10**6)):
        name = f"cust-{offset % MODELS:06d}".encode()
        start = value.index(b'"customer_id":"') + 15
        changed = value[:start] + name + value[value.index(b'"', start) :]
        agents[topic]([Arrived(b"", changed, offset, 0, 4_000_000_000_000)], made)
    made.partition_state.advance(NOW)
    while made.partition_state.write_cards(MODELS):  # as a worker does when it has read everything
        pass
    made.detach({})
    return [encode(customer) for _, customer in made.store.every()]


def measured(size: int, number: int, each: int, active: int, folder: Path | None) -> dict[str, Any]:
    """Measure one size."""
    kinds, agents = models(number), {agent.topic: agent for agent in READINGS}
    gc.collect()
    memory.settle()
    before, begun = resident(), time.process_time()
    one = processor(LocalState(RocksTable(folder)) if folder is not None else None)
    store: CustomerStore = one.store
    fill(store, ((f"cust-{place:06d}", bytes(bytearray(kinds[place % len(kinds)]))) for place in range(size)))
    one.partition_state = PartitionState(one.policy, store, NOW)
    one.partition_state.load_stored(store.dues(), {}, 0)
    restored, after = time.process_time() - begun, resident()
    gc.collect()
    gc.freeze()
    slices = list(in_slices(active, each))
    begun = time.process_time()
    for place, (topic, records) in enumerate(slices):
        agents[topic](records, one)
        if place % 25 == 24:
            commit(one)
    return {
        "what": "growth",
        "customers": size,
        "active": active,
        "events_each": number,
        "on_disk": folder is not None,
        "bytes_kept": round(sum(map(len, kinds)) / len(kinds)),
        "bytes_resident": round((after - before) / size),
        "bytes_resident_after_the_events": round((resident() - before) / size),
        "restored_per_cpu_second": round(size / restored),
        "microseconds_an_event": round((time.process_time() - begun) / each * 1e6, 1),
    }


def in_slices(active: int, each: int) -> Iterator[tuple[str, list[Arrived]]]:
    """Yield the events of one hour, in slices of 200, as the partition log would."""
    draw, pending = random.Random(7), dict[str, list[Arrived]]()
    for offset, (topic, value) in enumerate(events(each, active)):
        at = value.index(b'"occurred_at":"') + 15
        moment = rfc3339(NOW + draw.randrange(HOUR)).encode()
        changed = value[:at] + moment + value[value.index(b'"', at) :]
        pending.setdefault(topic, []).append(Arrived(b"", changed, 10**9 + offset, 0, 4_000_000_000_000))
        if len(pending[topic]) == 200:
            yield topic, pending.pop(topic)


def beside(chosen: argparse.Namespace) -> None:
    """Measure each size of two worktrees in turn, and print the medians."""
    for size in chosen.sizes:
        asked = ["--sizes", str(size), "--events", str(chosen.events), "--each", str(chosen.each)]
        asked += ["--active", str(chosen.active)] * (chosen.active is not None) + ["--disk"] * chosen.disk
        found: dict[str, list[dict[str, Any]]] = {"base": [], "here": []}
        for _ in range(chosen.rounds):
            for name, tree in (("base", chosen.against.resolve()), ("here", ROOT)):
                code = code_of(tree)
                command = [sys.executable, "-P", "-m", "benchmarks.growth", *asked]
                done = subprocess.run(
                    command, env=environment(code), cwd=code, check=True, capture_output=True, text=True
                )
                found[name].append(json.loads(done.stdout))
                print(json.dumps({"tree": name, **found[name][-1]}), flush=True)
        for name, runs in found.items():
            middle = {what: statistics.median(one[what] for one in runs) for what in MIDDLE}
            print(json.dumps({"what": "median", "tree": name, "customers": size, **middle}), flush=True)


def main() -> None:
    """Measure each size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--each", type=int, default=100_000)
    parser.add_argument("--active", type=int)
    parser.add_argument("--disk", action="store_true")
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if chosen.against is not None:
        beside(chosen)
        return
    if len(chosen.sizes) == 1:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) if chosen.disk else None
            size = chosen.sizes[0]
            result = measured(size, chosen.events, chosen.each, min(size, chosen.active or size), store)
        print(json.dumps(result), flush=True)
        return
    for size in chosen.sizes:
        asked = ["--sizes", str(size), "--events", str(chosen.events), "--each", str(chosen.each)]
        asked += ["--active", str(chosen.active)] * (chosen.active is not None) + ["--disk"] * chosen.disk
        safe = ["-P"] * sys.flags.safe_path  # else modules in the working directory come before the compiled ones
        subprocess.run([sys.executable, *safe, "-m", "benchmarks.growth", *asked], check=True)


if __name__ == "__main__":
    main()
