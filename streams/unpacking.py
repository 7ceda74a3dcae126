"""Turns a fetched batch into records. A module of its own, because this is the one loop of reading worth compiling."""

from collections.abc import Callable
from typing import Any


def records_of(batch: Any, topic: str, partition: int, make: Callable[..., Any]) -> list[Any]:  # noqa: ANN401 - of aiokafka, in C
    """Return a record for each one of a batch: topic, partition, offset, timestamp, key, value, headers."""
    return [make(topic, partition, read.offset, read.timestamp, read.key, read.value, read.headers) for read in batch]
