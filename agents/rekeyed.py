"""The agent of `rekeyed`: records that came to another partition than their customer's, and were sent home."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from agents.desk import Desk
from agents.reading import Reading, Record

TOPIC: Final = "rekeyed"
NEWS_KEY: Final = b"\x00news"
"""Of the records that say how far a partition has come; no customer id begins with a zero byte."""
ORIGIN_HEADERS: Final = ("x-origin-topic", "x-origin-partition", "x-origin-offset")


class SentHome(NamedTuple):
    """A record as it first stood. `topic` is the name of its family."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Sequence[tuple[str, bytes]]


def as_it_stood(record: Record) -> SentHome:
    """Read where a record came from; raise `ValueError` if it does not say so: only workers write to this topic."""
    said = dict(record.headers)
    try:
        topic, partition, offset = (said[name].decode() for name in ORIGIN_HEADERS)
    except KeyError as error:
        raise ValueError(f"a record of {TOPIC} without {error.args[0]} at offset {record.offset}") from error
    headers = [(name, value) for name, value in record.headers if name not in ORIGIN_HEADERS]
    return SentHome(topic, int(partition), int(offset), record.key, record.value, record.timestamp, headers)


class Rekeyed:
    """Lets each record be read by the agent of the topic it came from."""

    topic = TOPIC

    def __init__(self, readings: Mapping[str, Reading]) -> None:
        self._readings = readings

    def __call__(self, records: Iterable[Record], desk: Desk) -> None:
        """Apply consecutive records, each of them once, whichever way it came."""
        for record in records:
            if record.key == NEWS_KEY and record.value is not None:
                desk.hear(record.value)
                continue
            original = as_it_stood(record)
            if desk.arrives(original.topic, original.partition, original.offset):
                self._readings[original.topic].read(original, desk)
