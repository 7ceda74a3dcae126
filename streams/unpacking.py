"""The records of a fetched batch, all at once. By itself, for it is the one loop of reading that is worth compiling."""

from collections.abc import Callable
from typing import Any


def records_of(batch: Any, topic: str, partition: int, make: Callable[..., Any]) -> list[Any]:  # noqa: ANN401 - of aiokafka, in C
    """Make a record of each in a batch: topic, partition, offset, timestamp, key, value, headers."""
    return [make(topic, partition, read.offset, read.timestamp, read.key, read.value, read.headers) for read in batch]
