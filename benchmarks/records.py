"""What a fetched record costs until it is handed on: as aiokafka makes it, and as we do. No Kafka in it.

    python -m benchmarks.records

Prints one JSON object: microseconds a record, the best of five runs of each in turn over 20 batches of 1,000 records.
"""

import json
import time
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams import records

BATCHES: Final = 20
EACH: Final = 1_000
VALUE: Final = b"x" * 218
"""As long as an event of `benchmarks/traffic.py`."""


def log() -> bytes:
    """Give the bytes that a broker would send."""
    sent = bytearray()
    for batch in range(BATCHES):
        builder = DefaultRecordBatchBuilder(2, 0, 1, 7, 3, 0, 1_048_576)
        for place in range(EACH):
            builder.append(place, 1_700_000_000_000 + place, b"cust-%06d" % place, VALUE, [])
        built = bytearray(builder.build())
        built[:8] = (batch * EACH).to_bytes(8, "big")
        sent += built
    return bytes(sent)


def measured(kind: Any, sent: bytes) -> float:  # noqa: ANN401 - a class of aiokafka, or ours
    """Give the microseconds a record."""
    begun = time.process_time()
    list(kind(TopicPartition("logins", 0), MemoryRecords(sent), [], 0, None, None, True, READ_COMMITTED))
    return (time.process_time() - begun) / (BATCHES * EACH) * 1e6


def main() -> None:
    """Measure both in turn."""
    theirs = fetcher.PartitionRecords
    records.install()
    ours = fetcher.PartitionRecords
    sent, found = log(), dict[str, float]()
    for _ in range(5):
        for name, kind in (("aiokafka", theirs), ("ours", ours)):
            found[name] = min(found.get(name, 1e9), measured(kind, sent))
    print(json.dumps({"what": "records", **{name: round(one, 2) for name, one in found.items()}}))


if __name__ == "__main__":
    main()
