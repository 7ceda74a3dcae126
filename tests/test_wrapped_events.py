"""The source `events`: events of Backstay's own contract, whatever they come in, are the events that they were."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sources import SOURCE_OF
from sources.base import Foreign, Unreadable
from sources.encodings.schemas import AVRO, Schema, Schemas
from sources.envelopes.opening import through
from tests.building import Log, line
from tests.test_encodings import frame, varint, written

EVENTS = SOURCE_OF["events"]
GOLDEN = [json.loads(one) for one in (Path(__file__).parent / "sources" / "events.jsonl").read_text().splitlines()]


def read(value: bytes, schemas: Schemas | None = None) -> list[Any]:
    source = through(EVENTS, "auto", schemas or Schemas())
    return [dict(one) for one in source.read(Foreign(value), EVENTS.options()).events]


@pytest.mark.parametrize("event", GOLDEN, ids=lambda one: one["type"])
def test_an_event_is_the_same_in_every_envelope(event: dict[str, Any]) -> None:
    attributes = {
        "specversion": "1.0",
        "id": event["event_id"],
        "type": event["type"],
        "source": event.get("source", "s"),
    }
    data = {name: one for name, one in event.items() if name not in {"event_id", "type", "source"}}
    wanted = [{name: one for name, one in event.items() if one is not None}]

    assert read(line(event)) == wanted
    assert read(line({"schema": None, "payload": event})) == wanted
    assert read(line({"schema": {"type": "string"}, "payload": json.dumps(event)})) == wanted
    assert read(line({"before": None, "after": event, "op": "c", "source": {}})) == wanted
    if "source" in event:
        assert read(line({**attributes, "data": data})) == wanted


def test_decimals_of_a_schema_are_amounts_as_text() -> None:
    (event,) = Log("c-1").buys(1, "o-1").events
    kept = {name: event[name] for name in ("event_id", "type", "customer_id", "order_id", "currency")}
    fields: list[dict[str, Any]] = [{"name": name, "type": "string"} for name in kept]
    fields.append({"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}})
    fields.append({"name": "occurred_at", "type": {"type": "long", "logicalType": "timestamp-millis"}})
    schema = {"type": "record", "name": "Bought", "fields": fields}
    schemas = Schemas()
    schemas.put(7, Schema(AVRO, json.dumps(schema)))
    value = written(schema, {**kept, "amount": b"\x0b\xae", "occurred_at": 1_772_352_000_000})

    (found,) = read(frame(value), schemas)

    assert found == {**kept, "amount": "29.90", "occurred_at": "2026-03-01T08:00:00Z"}
    with pytest.raises(Unreadable, match="bytes that go on after its end"):
        read(frame(value + varint(1)), schemas)


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"id": 7}, "type is missing: send events of the catalogue"),
        ({"type": "order"}, "type is no type of the catalogue"),
        ({"type": "login.succeeded", "event_id": "e"}, "customer_id"),
    ],
)
def test_what_is_no_event_of_the_catalogue_says_so(document: dict[str, Any], error: str) -> None:
    with pytest.raises(Unreadable, match=error):
        read(line(document))


def test_amounts_of_any_writing_keep_their_digits() -> None:
    (event,) = Log("c-1").buys(1, "o-1").events
    encode = msgspec.json.Encoder(decimal_format="number").encode

    for amount, wanted in ((Decimal("29.90"), "29.90"), (Decimal("1E+3"), "1000"), (30, 30), ("5.5", "5.5")):
        (found,) = read(encode(event | {"amount": amount}))
        assert found["amount"] == wanted
