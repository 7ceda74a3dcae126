"""The cost of rejecting a thousand each of unreadable records, dead letters included. No Kafka in it.

    python -m benchmarks.poison [--each 1000]

One JSON object: the number of records, CPU seconds in all, and microseconds each of the slowest row. The rows are those
of the test (`tests/kafka/test_input.py`), and beside them five of 100,000 brackets and three of 10 MB.
"""

import argparse
import json
import time
from datetime import timedelta

from agents.readings import READINGS
from benchmarks.fold import Arrived
from benchmarks.growth import commit, processor
from benchmarks.traffic import START
from streams import memory
from tests.kafka.poison import DEEP, HUGE, POISON


def main() -> None:
    """Reject all of it, row by row, with a commit after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=1_000)
    chosen = parser.parse_args()
    rows = {name: [value] * chosen.each for name, (value, _) in POISON.items()}
    rows |= {"deep": [DEEP] * 5, "huge": [HUGE] * 3}
    memory.settle()
    purchases = next(agent for agent in READINGS if agent.topic == "purchases")
    one, now = processor(), round((START + timedelta(days=1)).timestamp() * 1_000)
    used: dict[str, float] = {}
    for name, values in rows.items():
        records = [Arrived(b"", value, offset, 0, now) for offset, value in enumerate(values)]
        begun = time.process_time()
        purchases(records, one)
        commit(one)
        used[name] = time.process_time() - begun
    slowest = max(POISON, key=used.__getitem__)
    print(
        json.dumps(
            {
                "what": "poison",
                "records": sum(map(len, rows.values())),
                "cpu_seconds": round(sum(used.values()), 2),
                "slowest": slowest,
                "microseconds_of_it": round(used[slowest] / chosen.each * 1e6, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
