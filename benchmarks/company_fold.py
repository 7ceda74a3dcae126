"""The fold of a log on four partitions: the part of `benchmarks.company` that runs with each worktree's own code.

Older commits have other names for some of it, so they are found at run time.
"""

import gc
import importlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zlib import crc32

PARTITIONS: Final = 4
COMMIT: Final = 2_500
"""Events of a partition between two commits."""
SLICE: Final = 200
"""Records that an agent gets in one call, as from a partition log."""
Rounds = list[list[tuple[str, list[Any]]]]


def of(*places: str) -> Any:  # noqa: ANN401 - whatever the other commit has there
    """Return the first of several objects, each named `module:name`, that this code has."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"none of {places}")


def topics() -> dict[str, str]:
    """Return the topic of each event type."""
    type_of = of("schemas.family:type_of", "schemas.families:type_of")
    return {
        type_of(contract): family.topic for family in of("schemas.families:FAMILIES") for contract in family.contracts
    }


def events(log: Path, number: int) -> Iterator[tuple[int, str, Any]]:
    """Yield the partition, the topic and the record of each event."""
    arrived, topic_of = of("benchmarks.fold:Arrived"), topics()
    with log.open() as lines:
        for offset, line in zip(range(number), lines, strict=False):
            event = json.loads(line)
            if event["type"] in topic_of:
                partition = crc32(event["customer_id"].encode()) % PARTITIONS if "customer_id" in event else 0
                yield (
                    partition,
                    topic_of[event["type"]],
                    arrived(b"", line.strip().encode(), offset, 0, 4_000_000_000_000),
                )


def rounds_of(log: Path, number: int) -> tuple[list[Rounds], set[str]]:
    """Return what each partition gets between two commits, in slices by topic, and which topics have any records."""
    rounds: list[Rounds] = [[] for _ in range(PARTITIONS)]
    pending: list[dict[str, list[Any]]] = [{} for _ in range(PARTITIONS)]
    counts, used = [0] * PARTITIONS, set[str]()
    for partition, topic, record in events(log, number):
        if counts[partition] % COMMIT == 0:
            rounds[partition].append([])
            pending[partition] = {}
        counts[partition] += 1
        used.add(topic)
        waiting = pending[partition]
        if len(waiting.get(topic, ())) in {0, SLICE}:
            waiting[topic] = []
            rounds[partition][-1].append((topic, waiting[topic]))
        waiting[topic].append(record)
    return rounds, used


def main() -> None:
    """Print one JSON object."""
    log, number = Path(sys.argv[1]), int(sys.argv[2])
    rounds, used = rounds_of(log, number)
    readings = of("agents.readings:READINGS", "streams.app:AGENTS")
    agents = {agent.topic: agent for agent in readings}
    read = {one.topic for one in of("streams.app:READERS", "streams.app:AGENTS")} | {"rekeyed"}
    silent = tuple(read - used)
    settings = of("streams.setting_sources:read_settings", "streams.settings:read_settings")()
    processor = of("streams.partition_processor:PartitionProcessor", "streams.customer_desk:CustomerDesk")
    broker, listener = of("streams.broker:Broker"), of("streams.listener:Listener")
    processors = [processor(0, 1, settings, broker(settings), listener(), atomic=True) for _ in rounds]
    gc.collect()
    of("streams.memory:settle")()
    begun, out = time.process_time(), dict[str, int]()
    for one, its in zip(processors, rounds, strict=True):
        for slices in its:
            for topic, records in slices:
                agents[topic](records, one)
            while one.advance(silent, None):
                pass  # a worker calls again for the rest of the timers
            for record in one.detach({}):
                out[record.topic] = out.get(record.topic, 0) + 1
    each = (time.process_time() - begun) / number * 1e6
    print(json.dumps({"microseconds_an_event": round(each, 2), "events": number, "records_out": out}))


if __name__ == "__main__":
    main()
