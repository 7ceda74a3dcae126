"""Dead letters: records that could not be used, as they were read, with their position and the reason."""

from typing import Final

import msgspec

from agents.record import Record
from retention.features.base import Aside
from schemas.foreign import shape_of
from streams.about import version
from streams.outgoing import MAX_BESIDE, Outgoing, headers_fit
from streams.records import LogRecord

CLOCK: Final = "correct the clock of the producer, or send the time with its offset from UTC"
"""The remedy for a time in the future, where the timestamp of a record is not believed, or there is none."""
REASONS: Final = {
    "contract": "correct the named field in the producer, or add it if it is missing; "
    "`backstay schemas write DIR` writes all contracts",
    "future": f"{CLOCK}; if the timestamps of the records were wrong, and not the events: "
    "`backstay dead-letters retry --ignore-timestamps`",
    "not_json": "send UTF-8 JSON, one object a record",
    "source": "the error names the path in the record, and what to send there or which setting to change",
    "too_deep": "send fewer levels of nested objects and arrays",
    "too_large": "send less in one record",
    "too_late": "no action is needed: no open figure depends on it",
    "too_many": "check this customer in the source system: no real customer has so many records",
    "unknown_type": "send a type of the catalogue, on its own topic",
    "unsupported": "an older version did not read the type: send the event again",
}
"""The remedy for each reason for which a record becomes a dead letter."""

_OF_SHAPE: Final = frozenset({"contract", "not_json", "unknown_type"})
"""The reasons for which records of another system are refused."""

MAX_KEPT: Final = 900_000
"""Bytes of a value that a dead letter keeps; the rest stays in the source topic, at the offset that is named. The
same goes for a key, or headers, of more than `MAX_BESIDE` bytes."""

MAX_DETAIL: Final = 2_000
"""Characters of the detail."""
PREFIX: Final = "x-dead-letter-"


def dead_letter(topic: str, source: str, record: Record, reason: str, detail: str, *, whole: bool = True) -> Outgoing:
    """Return the dead letter of a record: key, value and headers untouched where they fit, our own headers added.

    Unless it is to be kept `whole`, it has nothing but our headers.
    """
    value, key, came = record.value, record.key or b"", record.headers
    about = {
        "topic": source,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "reason": reason,
        "error": _explained(record, reason, detail)[:MAX_DETAIL],
        "timestamp": str(record.timestamp),
        "worker-version": version(),
    }
    if record.key is None:
        about["no-key"] = "true"
    if not whole:
        about["content-left-out"], value, key, came = str(len(value or b"")), b"", b"", ()
    if value is not None and len(value) > MAX_KEPT:
        about["kept-bytes"], about["whole-bytes"] = str(MAX_KEPT), str(len(value))
        value = value[:MAX_KEPT]
    if len(key) > MAX_BESIDE:
        about["key-left-out"], key = str(len(key)), b""
    if not headers_fit(came):
        about["headers-left-out"], came = str(len(came)), ()
    headers = [*came, *((PREFIX + name, text.encode()) for name, text in about.items())]
    return Outgoing(topic, key, value, headers)


def as_it_was_kept(aside: Aside, at_hand: Record, topic: str) -> LogRecord:
    """Return the record of an earlier event as its customer's state holds it, in the place of the present one.

    Its original record was read long before: its position, and the fields that are not needed, are gone.
    """
    value, key = msgspec.json.encode(aside.event), aside.customer_id.encode()
    return LogRecord(topic, at_hand.partition, at_hand.offset, at_hand.timestamp, key, value, ())


def _explained(record: Record, reason: str, detail: str) -> str:
    """Return what was wrong, and which setting to change if the record is of another system."""
    shape = shape_of(record.value, record.headers) if reason in _OF_SHAPE else None
    return detail if shape is None else f"{detail}; {shape}"
