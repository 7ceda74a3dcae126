"""Recognises record formats of other systems (Debezium, CloudEvents, Avro …) among rejected records.

Nothing is read from them: the record stays a dead letter, but its error says what to configure at the producer.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

FRAMING_BYTES: Final = 5
"""Length of the prefix of Confluent's wire format: a zero byte, and the id of a schema in four bytes."""
_PLAIN: Final = "plain JSON, one event of the catalogue a record"
_CLOUD_EVENTS: Final = "application/cloudevents"
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

_OR_SOURCE: Final = "; or read the topic by a source, which opens it (docs/sources/envelopes.md)"
CONNECT: Final = (
    "this is an envelope of Kafka Connect's JsonConverter: set value.converter.schemas.enable=false in the connector"
    + _OR_SOURCE
)
DEBEZIUM: Final = (
    "this is a change event of Debezium, about a row and not about a customer: unwrap it "
    "(transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState), then send " + _PLAIN + _OR_SOURCE
)
CLOUD_EVENT: Final = (
    "this is a CloudEvent: its type has to be one of the catalogue, and its data the fields of that type, with "
    "customer_id and, if ce_time is not when it happened, occurred_at"
)


def shape_of(value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    """Return the foreign format that a rejected record seems to have, and what to do; None if none is recognised.

    >>> shape_of(b'{"schema": {}, "payload": {"type": "x"}}', []) == CONNECT
    True
    """
    if value is None:
        return None
    if len(value) > FRAMING_BYTES and value[0] == 0:
        schema = int.from_bytes(value[1:FRAMING_BYTES], "big")
        return (
            f"this is Confluent's framing, schema {schema} of a registry (Avro, Protobuf or JSON Schema): send {_PLAIN}"
            + _OR_SOURCE
        )
    if any(name == "ce_specversion" or _says_cloud_event(name, text) for name, text in headers):
        return CLOUD_EVENT
    names = _names_of(value)
    if {"before", "after", "op"} <= names or ("payload" in names and {"before", "after", "op"} <= _payload_of(value)):
        return DEBEZIUM
    if {"schema", "payload"} <= names:
        return CONNECT
    return CLOUD_EVENT if {"specversion", "source", "id"} <= names else None


def _says_cloud_event(name: str, text: bytes | None) -> bool:
    return name.lower() == "content-type" and (text or b"").decode(errors="replace").startswith(_CLOUD_EVENTS)


def _names_of(value: bytes | msgspec.Raw) -> set[str]:
    """Return the field names of a JSON object; an empty set for anything else."""
    try:
        return set(_fields(value))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return set()


def _payload_of(value: bytes) -> set[str]:
    return _names_of(_fields(value)["payload"])
