"""The agent of `rekeyed`: records that stood on a partition other than their customer's home, and were sent there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Optional

from agents.processor import Processor
from agents.reading import Reading
from agents.record import Record

TOPIC: Final = "rekeyed"
NEWS_KEY: Final = b"\x00news"
"""Key of the records that carry a partition's watermarks; no customer id begins with a zero byte."""
MERGED_KEY: Final = b"\x00merged"
"""Key of the records by which homes of one customer's ids tell each other of merges."""
INTO_HEADER: Final = "x-origin-into"
"""The id under which the customer of a record is kept: it has been merged."""
HOP_HEADER: Final = "x-origin-hop"
"""On a record that was sent on more than once: its origin does not tell whether it arrived before."""
ORIGIN_TOPIC: Final = "x-origin-topic"
ORIGIN_PARTITION: Final = "x-origin-partition"
ORIGIN_OFFSET: Final = "x-origin-offset"
ORIGIN_HEADERS: Final = (ORIGIN_TOPIC, ORIGIN_PARTITION, ORIGIN_OFFSET)
TIMESTAMP_HEADER: Final = "x-origin-timestamp"
"""Timestamp of the original record, in milliseconds. The record on `rekeyed` has the time at which it was sent home:
with the original one, the broker's retention would delete a backlog before it is read (docs/decisions/0034)."""
REFUSED_HEADERS: Final = ("x-origin-reason", "x-origin-error")
"""Headers of a record that was rejected where it stood. Its home decides what to do: the customer may be erased."""
NO_KEY_HEADER: Final = "x-origin-no-key"
_USUAL: Final = len(ORIGIN_HEADERS) + 1
"""Headers of ours on most records: their origin and its timestamp."""
_OURS: Final = frozenset((*ORIGIN_HEADERS, TIMESTAMP_HEADER, *REFUSED_HEADERS, NO_KEY_HEADER, INTO_HEADER, HOP_HEADER))


class SentHome(NamedTuple):
    """The original of a record sent home. `topic` is the name of its family; with a `reason`, it was rejected there.

    A rebuild stores it: what its annotations say has to outlive compiling (retention/structs.py).
    """

    topic: str
    partition: int
    offset: int
    key: "Optional[bytes]"
    value: "Optional[bytes]"
    timestamp: int
    headers: "Sequence[tuple[str, bytes | None]]"
    reason: str = ""
    detail: str = ""
    into: str = ""
    hops: bool = False


def sent_home(topic: str, record: Record, reason: str = "", detail: str = "", into: str = "") -> SentHome:
    """Return the original that is sent home for a record. Kafka allows headers without a value: they stay here."""
    key, value = record.key, record.value
    headers = [(name, value) for name, value in record.headers if value is not None]
    return SentHome(topic, record.partition, record.offset, key, value, record.timestamp, headers, reason, detail, into)


def as_it_stood(record: Record) -> SentHome:
    """Return the original of a record of `rekeyed`; raise `ValueError` if its headers lack the origin."""
    said: dict[str, bytes] = {}
    headers: list[tuple[str, bytes | None]] = []
    for name, value in record.headers:
        if name in _OURS:
            said[name] = value or b""
        else:
            headers.append((name, value))
    try:
        topic, partition, offset = said[ORIGIN_TOPIC].decode(), int(said[ORIGIN_PARTITION]), int(said[ORIGIN_OFFSET])
    except KeyError as error:
        raise ValueError(f"a record of {TOPIC} without {error.args[0]} at offset {record.offset}") from error
    stamp = said.get(TIMESTAMP_HEADER)
    timestamp = int(stamp) if stamp is not None else record.timestamp  # older versions sent it as the record's own
    if len(said) == _USUAL and stamp is not None:
        return SentHome(topic, partition, offset, record.key, record.value, timestamp, headers)
    key = None if NO_KEY_HEADER in said else record.key
    reason, detail = (said.get(name, b"").decode() for name in REFUSED_HEADERS)
    into, hops = said.get(INTO_HEADER, b"").decode(), HOP_HEADER in said
    return SentHome(topic, partition, offset, key, record.value, timestamp, headers, reason, detail, into, hops)


def take_home(original: SentHome, readings: Mapping[str, Reading], processor: Processor) -> None:
    """Apply a record that was sent home, unless the processor has applied it before."""
    if not original.hops and not processor.arrives(original.topic, original.partition, original.offset):
        return
    if original.reason:
        processor.refuse(original.topic, original, original.reason, original.detail)
    else:
        readings[original.topic].read(original, processor)


class Rekeyed:
    """Hands each record to the agent of the topic it came from."""

    topic = TOPIC

    def __init__(self, readings: Mapping[str, Reading]) -> None:
        self._readings = readings

    def __call__(self, records: Iterable[Record], processor: Processor) -> None:
        """Apply consecutive records."""
        for record in records:
            if record.key == NEWS_KEY and record.value is not None:
                processor.hear(record.value)
            elif record.key == MERGED_KEY and record.value is not None:
                processor.learn(record.value, record.offset)
            else:
                original = as_it_stood(record)
                if not original.into or not processor.knows(record.offset):
                    take_home(original, self._readings, processor)
