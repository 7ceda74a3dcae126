"""Events per CPU second of the product's own work on one partition, without Kafka: decode, fold, publish, encode.

    python -m benchmarks.fold [--events 250000] [--customers 12500] [--signals NAME …] [--log-only] [--profile]

What `benchmarks.throughput` adds to this is aiokafka: fetching, batches, transactions. With `--signals` only these are
on. Under `valgrind --tool=callgrind`, instructions of an event are those of a run less those with `--log-only`.
"""

import argparse
import cProfile
import gc
import json
import pstats
import time
from typing import Any, NamedTuple

from agents.readings import READINGS
from benchmarks.traffic import KINDS, events
from retention.signals import SIGNALS
from streams import memory
from streams.app import READERS
from streams.broker import Broker
from streams.listener import Listener
from streams.partition_processor import PartitionProcessor
from streams.setting_sources import read_settings

SLICE = 200
"""Records that an agent gets in one call, as from a partition log."""
SILENT = tuple(reader.topic for reader in READERS if reader.topic not in KINDS)
"""Topics without records here: they do not hold back the watermark."""
COMMIT = 10_000
"""Events between two commits of a partition: a second's worth on a worker with four of them."""


class Arrived(NamedTuple):
    """A record as a consumer returns it."""

    key: bytes
    value: bytes | None
    offset: int
    partition: int
    timestamp: int
    headers: tuple[()] = ()


def log(number: int, customers: int) -> list[list[tuple[str, list[Arrived]]]]:
    """Return what arrives between two commits, each a list of slices by topic."""
    rounds: list[list[tuple[str, list[Arrived]]]] = []
    pending: dict[str, list[Arrived]] = {}
    for offset, (topic, value) in enumerate(events(number, customers)):
        if offset % COMMIT == 0:
            rounds.append([])
            pending = {}
        if len(pending.get(topic, ())) in {0, SLICE}:
            pending[topic] = []
            rounds[-1].append((topic, pending[topic]))
        pending[topic].append(Arrived(b"", value, offset, 0, 4_000_000_000_000))
    return rounds


def run(rounds: list[list[tuple[str, list[Arrived]]]], processor: PartitionProcessor) -> dict[str, int]:
    """Run the agents; return the number of output records by topic."""
    agents = {agent.topic: agent for agent in READINGS}
    out: dict[str, int] = {}
    for slices in rounds:
        for topic, records in slices:
            agents[topic](records, processor)
        while processor.advance(SILENT, None):
            pass  # a worker calls again for the rest of the timers
        for record in processor.detach({}):
            out[record.topic] = out.get(record.topic, 0) + 1
    return out


def main() -> None:
    """Print one JSON object, or a profile."""
    names = [signal.name for signal in SIGNALS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=250_000)
    parser.add_argument("--customers", type=int, default=12_500)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--signals", nargs="+", choices=names, metavar="NAME", help="those that are on")
    parser.add_argument("--log-only", action="store_true", help="make the log, and apply nothing of it")
    chosen = parser.parse_args()
    rounds = log(chosen.events, chosen.customers)
    gc.collect()
    memory.settle()
    switched = {f"signals.{name}.enabled": str(name in chosen.signals).lower() for name in names if chosen.signals}
    settings = read_settings(overrides=switched)
    processor = PartitionProcessor(0, 1, settings, Broker(settings), Listener(), atomic=True)
    if chosen.log_only:
        return
    if chosen.profile:
        profile = cProfile.Profile()
        profile.runcall(run, rounds, processor)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(90)
        return
    begun = time.process_time()
    out = run(rounds, processor)
    used = time.process_time() - begun
    result: dict[str, Any] = {"events": chosen.events, "cpu_seconds": round(used, 2), "records_out": out}
    print(json.dumps({"what": "fold", "events_per_cpu_second": round(chosen.events / used), **result}))


if __name__ == "__main__":
    main()
