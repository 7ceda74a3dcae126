"""Dead letters of other systems' records say what they are, and what to configure."""

import json

import pytest

from agents.rekeyed import SentHome
from schemas.decoding import Decoder, Refused
from schemas.foreign import CLOUD_EVENT, CONNECT, DEBEZIUM, shape_of
from schemas.logins import LOGINS
from streams.dead_letters import dead_letter
from tests.building import Log, line

EVENT = Log().login(1).events[0]
CHANGE = {"before": None, "after": EVENT, "op": "c", "source": {"db": "shop"}, "ts_ms": 1}
DATA = {"customer_id": "c-1"}
STRUCTURED = {"specversion": "1.0", "id": "1", "source": "/app", "type": "com.example.login", "data": DATA}


@pytest.mark.parametrize(
    ("value", "headers", "wanted"),
    [
        (line({"schema": {"type": "struct"}, "payload": EVENT}), [], CONNECT),
        (line(CHANGE), [], DEBEZIUM),
        (line({"schema": {}, "payload": CHANGE}), [], DEBEZIUM),
        (line(STRUCTURED), [], CLOUD_EVENT),
        (line(DATA), [("ce_specversion", b"1.0"), ("ce_type", b"com.example.login")], CLOUD_EVENT),
        (line(STRUCTURED), [("content-type", b"application/cloudevents+json; charset=utf-8")], CLOUD_EVENT),
        (line(CHANGE), [("content-type", None)], DEBEZIUM),
    ],
    ids=["connect", "debezium", "debezium in connect", "structured", "binary", "by content type", "null header"],
)
def test_a_foreign_record_is_refused_with_what_it_is(
    value: bytes, headers: list[tuple[str, bytes | None]], wanted: str
) -> None:
    with pytest.raises(Refused):
        Decoder(LOGINS).decode(value)

    assert shape_of(value, headers) == wanted


def test_a_framed_record_names_its_schema() -> None:
    value = b"\x00" + (300).to_bytes(4, "big") + line(EVENT)

    assert "schema 300 of a registry" in str(shape_of(value, []))


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b'"text"', b"\x00", line(DATA), json.dumps([1]).encode()])
def test_what_is_merely_wrong_is_not_taken_for_another_system(value: bytes | None) -> None:
    assert shape_of(value, [("trace", b"1")]) is None


def test_the_dead_letter_says_it_behind_the_error() -> None:
    record = SentHome("logins", 0, 7, b"c-1", line({"schema": {}, "payload": EVENT}), 0, [])

    found = dead_letter("dead-letters", "logins", record, "contract", "type: missing")

    error = (dict(found.headers)["x-dead-letter-error"] or b"").decode()
    assert error == f"type: missing; {CONNECT}"
