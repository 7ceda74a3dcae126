"""What consumers hand on is what aiokafka reads, field by field, aborted transactions left out."""

from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams import records
from streams.records import LogRecord

WHERE = TopicPartition("logins", 3)
THEIRS = next(kind for kind in fetcher.PartitionRecords.__mro__ if kind.__module__ == fetcher.__name__)


class Sent(NamedTuple):
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class Batch(NamedTuple):
    records: list[Sent]
    compression: int
    producer: int
    gap: int


small = st.none() | st.binary(max_size=12)
sent = st.builds(Sent, st.integers(0, 2**41), small, small, st.lists(st.tuples(st.text(max_size=4), small), max_size=2))
batches = st.lists(
    st.builds(Batch, st.lists(sent, min_size=1, max_size=5), st.integers(0, 1), st.integers(1, 3), st.integers(0, 3)),
    max_size=6,
)


def written(log: list[Batch]) -> bytes:
    """Give the bytes that a broker would send; `gap` offsets are left out behind each batch."""
    found, offset = bytearray(), 0
    for batch in log:
        builder = DefaultRecordBatchBuilder(2, batch.compression, 1, batch.producer, 0, 0, 1_048_576)
        for place, one in enumerate(batch.records):
            builder.append(place, one.timestamp, one.key, one.value, one.headers)
        built = bytearray(builder.build())
        built[:8] = offset.to_bytes(8, "big")
        found += built
        offset += len(batch.records) + batch.gap
    return bytes(found)


def read(kind: Any, sent: bytes, aborted: list[tuple[int, int]], start: int) -> tuple[list[Any], int]:
    """Give what comes of it, and where the next fetch would go on."""
    reading = kind(WHERE, MemoryRecords(sent), list(aborted), start, None, None, True, READ_COMMITTED)
    return list(reading), reading.next_fetch_offset


@given(batches, st.sets(st.integers(1, 3)), st.integers(0, 8))
def test_records_are_those_that_aiokafka_reads(log: list[Batch], aborted: set[int], start: int) -> None:
    records.install()
    sent, left_out = written(log), [(producer, 0) for producer in aborted]

    ours, following = read(fetcher.PartitionRecords, sent, left_out, start)
    theirs, wanted = read(THEIRS, sent, left_out, start)

    assert following == wanted
    assert all(isinstance(one, LogRecord) for one in ours)
    assert [_row(one) for one in ours] == [_row(one) for one in theirs]


def _row(record: Any) -> tuple[Any, ...]:
    names = ("topic", "partition", "offset", "timestamp", "key", "value")
    return (*(getattr(record, name) for name in names), tuple(record.headers))
