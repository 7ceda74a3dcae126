"""Records as the partition log hands them on: what aiokafka reads, without its dataclass of eleven fields for each.

Its reading stays as it is, with aborted transactions, control batches and checksums (../docs/decisions/0020).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher


class LogRecord(msgspec.Struct, gc=False):
    """One record: what comes wherever types say `ConsumerRecord`. `timestamp` is in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class _Records(fetcher.PartitionRecords):
    def __iter__(self) -> Iterator[LogRecord]:
        records: Iterator[LogRecord] = self._records_iterator  # and not this object, a call for each record
        return records

    def _consumer_record(self, where: TopicPartition, read: Any) -> LogRecord:  # noqa: ANN401 - its own class, in C
        return LogRecord(where.topic, where.partition, read.offset, read.timestamp, read.key, read.value, read.headers)


def install() -> None:
    """Have consumers of this process make these: 0.63 for 0.97 µs a record (`benchmarks.records`).

    Does nothing where aiokafka has no such method any more: its own records have the same names.
    """
    if hasattr(fetcher.PartitionRecords, "_consumer_record"):
        fetcher.PartitionRecords = _Records
