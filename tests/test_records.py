"""Consumers return what aiokafka reads, field by field, without aborted transactions."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from streams import records
from streams.records import LogRecord

WHERE = TopicPartition("logins", 3)
records.install()
OURS: Final = (fetcher.PartitionRecords, fetcher.FetchResult)
THEIRS: Final = (fetcher.PartitionRecords.__base__, fetcher.FetchResult.__base__)
CONTROL: Final = 0x20
"""Among the attributes of a batch: it says how a transaction ended."""
ONE: Final = 0
"""In place of a number: the next one is asked for by itself."""


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
    ends: int | None
    """Whether it is followed by the end of a transaction: 0 if that was aborted, 1 if it was committed."""


small = st.none() | st.binary(max_size=12) | st.just(b"long enough to be worth compressing " * 9)
sent = st.builds(Sent, st.integers(0, 2**41), small, small, st.lists(st.tuples(st.text(max_size=4), small), max_size=2))
batches = st.lists(
    st.builds(
        Batch,
        st.lists(sent, min_size=1, max_size=5),
        st.integers(0, 4),
        st.integers(1, 3),
        st.integers(0, 3),
        st.none() | st.integers(0, 1),
    ),
    max_size=6,
)


def written(log: list[Batch]) -> bytes:
    """Return the bytes that a broker would send; `gap` offsets are left out behind each batch."""
    found, offset = bytearray(), 0
    for batch in log:
        found += _built(batch.records, batch.producer, batch.compression, offset)
        offset += len(batch.records) + batch.gap
        if batch.ends is not None:
            marker = Sent(0, batch.ends.to_bytes(4, "big"), bytes(6), [])
            found += _built([marker], batch.producer, 0, offset, CONTROL)
            offset += 1
    return bytes(found)


def _built(sent: list[Sent], producer: int, compression: int, offset: int, attributes: int = 0) -> bytes:
    builder = DefaultRecordBatchBuilder(2, compression, 1, producer, 0, 0, 1_048_576)
    for place, one in enumerate(sent):
        builder.append(place, one.timestamp, one.key, one.value, one.headers)
    built = bytearray(builder.build())
    built[:8] = offset.to_bytes(8, "big")
    built[22] |= attributes
    built[17:21] = calc_crc32c(bytes(built[21:])).to_bytes(4, "big")
    return bytes(built)


def read(
    kinds: tuple[Any, Any], sent: bytes, aborted: list[tuple[int, int]], start: int, most: list[int | None]
) -> Iterator[tuple[list[Any], int, bool]]:
    """Take what is read in portions: give each, where the next fetch would go on, and whether there may be more."""
    assignment = Assignment([WHERE])
    state = assignment.state_value(WHERE)
    state.seek(start)
    reading = kinds[0](WHERE, MemoryRecords(sent), list(aborted), start, None, None, True, READ_COMMITTED)
    result = kinds[1](WHERE, assignment=assignment, partition_records=reading, backoff=0)
    for number in cycle(most):
        found = [one for one in [result.getone()] if one] if number == ONE else result.getall(number)
        yield found, state.position, result.has_more()
        if not result.has_more():
            return


@given(
    batches,
    st.sets(st.integers(1, 3)),
    st.integers(0, 8),
    st.lists(st.none() | st.integers(ONE, 9), min_size=1, max_size=4),
)
async def test_records_are_those_that_aiokafka_reads(
    log: list[Batch], aborted: set[int], start: int, most: list[int | None]
) -> None:
    sent, left_out = written(log), [(producer, 0) for producer in aborted]

    ours = list(read(OURS, sent, left_out, start, most))
    theirs = list(read(THEIRS, sent, left_out, start, most))

    assert all(isinstance(one, LogRecord) for portion, *_ in ours for one in portion)
    assert [_comparable(*portion) for portion in ours] == [_comparable(*portion) for portion in theirs]


def _comparable(portion: list[Any], position: int, more: bool) -> tuple[Any, ...]:
    return [_row(one) for one in portion], position, more


def _row(record: Any) -> tuple[Any, ...]:
    names = ("topic", "partition", "offset", "timestamp", "key", "value")
    return (*(getattr(record, name) for name in names), tuple(record.headers))
