"""Measures whether memory stays flat: that of a process, and its state, while millions of events pass one partition.

    python -m benchmarks.soak [--events 10000000] [--customers 20000] [--days 2000] [--row 1000000]

One JSON object a row, without Kafka. States grow for as long as the horizon reaches, sixteen months; from there on as
much is dropped as comes, and what is resident must not grow.
"""

import argparse
import json
import time
from itertools import islice

from agents.readings import READINGS
from benchmarks.fold import COMMIT, SILENT, SLICE, Arrived
from benchmarks.growth import resident
from benchmarks.traffic import events
from retention.state.codec import encode
from streams import memory
from streams.broker import Broker
from streams.listener import Listener
from streams.partition_processor import PartitionProcessor
from streams.setting_sources import read_settings


def main() -> None:
    """Print a row every so many events."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=2_000)
    parser.add_argument("--row", type=int, default=1_000_000)
    chosen = parser.parse_args()
    memory.settle()
    settings = read_settings()
    processor, agents = (
        PartitionProcessor(0, 1, settings, Broker(settings), Listener(), atomic=True),
        {a.topic: a for a in READINGS},
    )
    arriving = enumerate(events(chosen.events, chosen.customers, chosen.days))
    done, since, worked = 0, 0, 0.0
    while batch := list(islice(arriving, COMMIT)):
        begun = time.process_time()
        for topic in sorted({topic for _, (topic, _) in batch}):
            records = [Arrived(b"", value, at, 0, 4_000_000_000_000) for at, (of, value) in batch if of == topic]
            for cut in range(0, len(records), SLICE):
                agents[topic](records[cut : cut + SLICE], processor)
        while processor.advance(SILENT, None):
            pass
        processor.detach({})
        processor.committed({})
        done, worked = done + len(batch), worked + time.process_time() - begun
        if done % chosen.row < COMMIT:
            kept = sum(len(encode(customer)) for _, customer in processor.store.every())
            row = {"events": done, "resident_mb": resident() // 1_000_000, "kept_mb": kept // 1_000_000}
            print(json.dumps({**row, "microseconds_an_event": round(worked / (done - since) * 1e6, 1)}), flush=True)
            since, worked = done, 0.0


if __name__ == "__main__":
    main()
