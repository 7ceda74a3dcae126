"""Bytes of changelog records for a byte of input, by the number of events in a commit, without a broker.

They are the same on every machine, where those of `benchmarks.changelog` depend on how often a worker can commit.

    python -m benchmarks.commits [--events 24000] [--customers 300] [--commits 7 28 112]

Prints one JSON object a size. Records count with their keys and ten bytes each of framing; the first quarter of the
events does not count. To compare with an earlier commit, copy this file into a worktree of it.
"""

import argparse
import json
import time
from typing import Any

from agents.readings import READINGS
from benchmarks import fold
from benchmarks.fold import SILENT, log
from streams.broker import Broker
from streams.listener import Listener
from streams.partition_processor import PartitionProcessor
from streams.setting_sources import read_settings
from streams.topics import CHANGELOG

FRAMING = 10
"""Bytes of a record in a batch beside key and value, about."""


def measured(events: int, customers: int, commit: int) -> dict[str, Any]:
    """Apply events, commit after so many of them each, and return what was to be written."""
    settings = read_settings()
    broker = Broker(settings)
    processor = PartitionProcessor(0, 1, settings, broker, Listener(), atomic=True)
    agents = {agent.topic: agent for agent in READINGS}
    fold.COMMIT = commit  # no parameter: this file runs in worktrees of earlier commits, too
    changelog = broker.topic(CHANGELOG)
    applied = read = written = commits = 0
    used = 0.0
    for slices in log(events, customers):
        for topic, records in slices:
            agents[topic](records, processor)
            applied += len(records)
            read += sum(len(record.value or b"") for record in records) if applied > events // 4 else 0
        while processor.advance(SILENT, None):
            pass
        begun = time.thread_time()
        outgoing = processor.detach({})
        if applied > events // 4:
            used, commits = used + time.thread_time() - begun, commits + 1
            written += sum(len(one.key) + len(one.value or b"") + FRAMING for one in outgoing if one.topic == changelog)
    return {
        "events_a_commit": commit,
        "changelog_bytes_per_input_byte": round(written / read, 2),
        "detach_microseconds_per_event": round(used * 1e6 / (commits * commit), 1),
    }


def main() -> None:
    """Print one JSON object a size of commits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=24_000)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--commits", type=int, nargs="+", default=[7, 28, 112])
    chosen = parser.parse_args()
    for commit in chosen.commits:
        print(json.dumps(measured(chosen.events, chosen.customers, commit)), flush=True)


if __name__ == "__main__":
    main()
