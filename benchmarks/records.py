"""The cost of a fetched record until it is passed on: by aiokafka, and by us. No Kafka in it.

    python -m benchmarks.records

Prints one JSON object: microseconds a record, the best of five runs of each in turn over 20 batches of 1,000 records,
taken 800 at a time as the partition log does.
"""

import asyncio
import json
import time
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams import records

BATCHES: Final = 20
EACH: Final = 1_000
WHERE: Final = TopicPartition("logins", 0)
AT_A_TIME: Final = 800
VALUE: Final = b"x" * 218
"""As long as an event of `benchmarks/traffic.py`."""


def log() -> bytes:
    """Return the bytes that a broker would send."""
    sent = bytearray()
    for batch in range(BATCHES):
        builder = DefaultRecordBatchBuilder(2, 0, 1, 7, 3, 0, 1_048_576)
        for place in range(EACH):
            builder.append(place, 1_700_000_000_000 + place, b"cust-%06d" % place, VALUE, [])
        built = bytearray(builder.build())
        built[:8] = (batch * EACH).to_bytes(8, "big")
        sent += built
    return bytes(sent)


async def measured(kinds: tuple[Any, Any], sent: bytes) -> float:
    """Return the microseconds a record, read by a kind of `PartitionRecords` and taken from one of `FetchResult`."""
    assignment = Assignment([WHERE])
    assignment.state_value(WHERE).seek(0)
    begun = time.process_time()
    reading = kinds[0](WHERE, MemoryRecords(sent), [], 0, None, None, True, READ_COMMITTED)
    result = kinds[1](WHERE, assignment=assignment, partition_records=reading, backoff=0)
    taken = 0
    while result.has_more():
        taken += len(result.getall(AT_A_TIME))
    if taken != BATCHES * EACH:
        raise SystemExit(f"{taken} records were read of {BATCHES * EACH}")
    return (time.process_time() - begun) / taken * 1e6


async def run() -> None:
    """Measure both in turn."""
    theirs = fetcher.PartitionRecords, fetcher.FetchResult
    records.install()
    ours = fetcher.PartitionRecords, fetcher.FetchResult
    sent, found = log(), dict[str, float]()
    for _ in range(5):
        for name, kinds in (("aiokafka", theirs), ("ours", ours)):
            found[name] = min(found.get(name, 1e9), await measured(kinds, sent))
    print(json.dumps({"what": "records", **{name: round(one, 2) for name, one in found.items()}}))


if __name__ == "__main__":
    asyncio.run(run())
