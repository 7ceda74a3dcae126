"""Envelopes of Kafka Connect, Debezium and CloudEvents: whatever a row is wrapped in, the mapping reads the row."""

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.decoding import MAX_BYTES
from sources import SOURCE_OF
from sources.base import Foreign, Translation, Unreadable
from sources.envelopes import connect
from sources.envelopes.debezium import MESSAGE, TRUNCATE
from sources.envelopes.null import TOMBSTONE
from sources.envelopes.opening import FORMS, GONE, Opener, Plain, lacks_envelope, through
from sources.exact import decoded
from streams.errors import BadSettings
from streams.foreign_logs import reader_of
from streams.log_check import look
from streams.logfile import Line
from streams.setting_sources import read_settings
from tests.test_sources import MARKED, MARKS, changed, paths

MAPPING = SOURCE_OF["mapping"]
START = datetime(1970, 1, 1)  # noqa: DTZ001 - the clock of a column
DECIMAL = "org.apache.kafka.connect.data.Decimal"
MARK_IN_BASE64 = base64.b64encode(b"zq-7-nobody-says-this").decode()
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
NAMES = st.text("abcdefgh", min_size=1, max_size=6)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)
COLUMNS = st.one_of(
    st.tuples(st.just("string"), TEXTS),
    st.tuples(st.just("int64"), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("decimal"), DECIMALS),
    st.tuples(st.just("date"), st.dates()),
    st.tuples(st.just("micros"), st.datetimes()),
    st.tuples(st.just("null"), st.none()),
)
ROWS = st.dictionaries(NAMES, COLUMNS, min_size=1, max_size=6)
"""Rows, each column with its type: what an independent encoder writes, and what is read back."""


def schema_of(kind: str) -> dict[str, Any]:
    """Return the schema of a column as JsonConverter writes it."""
    named: dict[str, dict[str, Any]] = {
        "decimal": {"type": "bytes", "name": DECIMAL, "version": 1, "parameters": {"scale": "2"}},
        "date": {"type": "int32", "name": "io.debezium.time.Date", "version": 1},
        "micros": {"type": "int64", "name": "io.debezium.time.MicroTimestamp", "version": 1},
        "null": {"type": "string"},
    }
    return named.get(kind, {"type": kind}) | {"optional": True}


def unscaled(value: Decimal) -> str:
    whole = int(value.scaleb(2))
    return base64.b64encode(whole.to_bytes(16, "big", signed=True)).decode()


def stored(kind: str, value: Any) -> Any:
    """Return a value as it stands in a payload."""
    if kind == "decimal":
        return unscaled(value)
    if kind == "date":
        return value.toordinal() - date(1970, 1, 1).toordinal()
    return (value - START) // timedelta(microseconds=1) if kind == "micros" else value


def meant(kind: str, value: Any) -> Any:
    """Return a value as rules are to find it."""
    if kind == "decimal":
        return str(value) if len(value.as_tuple().digits) > 15 else value
    return value.isoformat() if kind in {"date", "micros"} else value


def struct(fields: dict[str, Any], name: str = "shop.orders.Value") -> dict[str, Any]:
    members = [{"field": field, **schema} for field, schema in fields.items()]
    return {"type": "struct", "fields": members, "optional": True, "name": name}


def opened(value: bytes | None, form: str = "auto", **other: Any) -> Any:
    """Return the plain JSON that the mapping gets of a record, or why nothing follows."""
    found = Opener("mapping", form, changes=True).open(Foreign(value, **other))
    return decoded(found.foreign.value or b"null") if isinstance(found, Plain) else found.skipped


def line(document: Any) -> bytes:
    return msgspec.json.Encoder(decimal_format="number").encode(document)


def event(before: Any, after: Any, op: str, ts: int = 1_772_352_000_000) -> dict[str, Any]:
    source = {"connector": "postgresql", "db": "shop", "table": "orders", "ts_ms": ts}
    return {"before": before, "after": after, "source": source, "op": op, "ts_ms": ts + 5, "transaction": None}


WRAPPED: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "connect": lambda types, row: {"schema": struct(types), "payload": row},
    "debezium in connect": lambda types, row: {
        "schema": struct(
            {
                "before": struct(types),
                "after": struct(types),
                "source": {"type": "struct", "fields": []},
                "op": {"type": "string"},
            },
            "shop.orders.Envelope",
        ),
        "payload": event(None, row, "c"),
    },
    "flattened in connect": lambda types, row: {
        "schema": struct({**types, "__deleted": {"type": "string"}}),
        "payload": {**row, "__deleted": "false"},
    },
}
"""Envelopes with schemas."""


@pytest.mark.parametrize("name", WRAPPED)
@given(ROWS)
def test_a_row_that_is_wrapped_with_its_schema_is_the_row(name: str, columns: dict[str, tuple[str, Any]]) -> None:
    types = {field: schema_of(kind) for field, (kind, _) in columns.items()}
    row = {field: stored(kind, value) for field, (kind, value) in columns.items()}
    plain = {field: meant(kind, value) for field, (kind, value) in columns.items()}

    found = opened(line(WRAPPED[name](types, row)))

    for field, value in plain.items():
        assert found[field] == value, field


@given(ROWS, st.sampled_from("cur"))
def test_a_change_without_schemas_is_its_row_with_what_happened(columns: dict[str, Any], op: str) -> None:
    row = {field: value for field, (kind, value) in columns.items() if kind in {"string", "int64", "boolean", "null"}}
    found = opened(line(event({"id": 1}, row, op)), key=b'{"id": 7}')

    assert {name: found[name] for name in row} == row
    assert (found["before"], found["after"]) == ({"id": 1}, row)
    about = found["envelope"]
    assert (about["op"], about["deleted"], about["at"], about["key"]) == (op, False, 1_772_352_000_000, {"id": 7})
    assert about["source"]["table"] == "orders"


ROW = {"id": 7, "customer": "c-1", "status": "over"}
KEY = b'{"id": 7, "customer": "c-1"}'
DELETES: dict[str, tuple[bytes | None, str]] = {
    "op d": (line(event(ROW, None, "d")), "auto"),
    "op d in connect": (line({"schema": None, "payload": event(ROW, None, "d")}), "auto"),
    "op d without the row before": (line(event(None, None, "d")), "auto"),
    "the text null": (b"null", "auto"),
    "payload null": (line({"schema": struct({"id": {"type": "int64"}}), "payload": None}), "auto"),
    "schema and payload null": (b'{"schema":null,"payload":null}', "auto"),
    "no value": (None, "auto"),
    "no value, flattened": (None, "flattened"),
    "__deleted, a text": (line({**ROW, "__deleted": "true"}), "auto"),
    "__deleted": (line({**ROW, "__deleted": True}), "flattened"),
    "__op d": (line({**ROW, "__op": "d", "__ts_ms": 1_772_352_000_000}), "auto"),
}
ENDED: dict[str, Any] = {
    "when": "envelope.op == 'd'",
    "type": "subscription.ended",
    "event_id": ["envelope.key.id", "envelope.op"],
    "customer_id": "envelope.key.customer",
    "occurred_at": {"path": "envelope.at", "unit": "milliseconds"},
    "fields": {"subscription_id": "envelope.key.id"},
}


def translated(value: bytes | None, rule: dict[str, Any], form: str = "auto", **other: Any) -> Translation:
    options = MAPPING.options.model_validate({"events": [rule], "pseudonym_key": "k"})
    foreign = Foreign(value, **{"key": KEY, "timestamp": 1_772_352_000_000, **other})
    return through(MAPPING, form).read(foreign, options)


@pytest.mark.parametrize("name", DELETES)
def test_a_delete_has_one_meaning_whatever_its_form(name: str) -> None:
    value, form = DELETES[name]

    (ended,) = translated(value, ENDED, form).events

    assert (ended["type"], ended["event_id"], ended["customer_id"]) == ("subscription.ended", "7:d", "c-1")
    assert ended["occurred_at"] == "2026-03-01T08:00:00Z"


def test_a_tombstone_behind_a_delete_is_no_second_event() -> None:
    of_row = ENDED | {"customer_id": "customer", "event_id": ["id", "envelope.op"], "fields": {"subscription_id": "id"}}
    of_row_alone = of_row | {"customer_id": "owner"}
    delete = line(event({**ROW, "owner": "c-9"}, None, "d"))

    assert translated(delete, of_row).events[0]["event_id"] == translated(None, of_row).events[0]["event_id"]
    assert len(translated(delete, of_row_alone).events) == 1
    assert translated(None, of_row_alone) == Translation((), TOMBSTONE)
    assert translated(None, of_row, "debezium") == Translation((), TOMBSTONE)
    with pytest.raises(Unreadable, match="owner is missing"):  # nothing came before it
        translated(None, of_row_alone, "flattened")


def test_a_delete_that_no_key_names_says_what_to_do() -> None:
    with pytest.raises(Unreadable, match=r"null, without a key .* delete\.tombstone\.handling\.mode=rewrite"):
        translated(b"null", ENDED, key=None)
    assert translated(b"null", ENDED | {"when": "envelope.op == 'c'"}, key=None).events == ()
    assert translated(None, ENDED, key=None) == Translation((), TOMBSTONE)


def test_the_row_before_can_be_selected() -> None:
    rule = ENDED | {"when": "before.status == 'active' && status == 'over'"}
    changed_row = line(event({**ROW, "status": "active"}, ROW, "u"))

    assert len(translated(changed_row, rule).events) == 1
    assert translated(line(event(ROW, ROW, "u")), rule).events == ()


@pytest.mark.parametrize(("op", "why"), [("t", TRUNCATE), ("m", MESSAGE)])
def test_what_names_no_row_is_skipped_with_the_reason(op: str, why: str) -> None:
    assert translated(line({"op": op, "source": {}, "ts_ms": 1}), ENDED) == Translation((), why)


def test_a_source_that_reads_no_deletes_counts_them() -> None:
    stripe = through(SOURCE_OF["segment"], "auto")
    call = {
        "type": "track",
        "event": "Signed In",
        "userId": "c-1",
        "messageId": "m",
        "timestamp": "2026-01-01T00:00:00Z",
    }
    wrapped = line({"schema": {"type": "string"}, "payload": json.dumps(call)})

    plain = stripe.read(Foreign(line(call)), stripe.options())

    assert stripe.read(Foreign(wrapped), stripe.options()) == plain
    assert stripe.read(Foreign(line(event(None, call, "c"))), stripe.options()) == plain
    assert stripe.read(Foreign(line(event(call, None, "d"))), stripe.options()) == Translation((), GONE)


NANOS = 1_767_571_200_123_456_789
VALUES = [
    ({"type": "bytes", "name": DECIMAL, "parameters": {"scale": "2"}}, "C64=", Decimal("29.90")),
    ({"type": "bytes", "name": DECIMAL, "parameters": {"scale": "2"}}, Decimal("29.90"), Decimal("29.90")),
    ({"type": "bytes", "name": DECIMAL, "parameters": {"scale": "0"}}, Decimal("1E+3"), 1000),
    ({"type": "bytes", "name": DECIMAL, "parameters": {"scale": "8"}}, Decimal("1.00E-8"), Decimal("1.00E-8")),
    ({"type": "bytes", "name": DECIMAL, "parameters": {"scale": "2"}}, "/w==", Decimal("-0.01")),
    ({"type": "bytes", "name": DECIMAL, "parameters": {"scale": "2"}}, "AARi1TyKuq4=", "12345678901234.38"),
    (
        {"type": "struct", "name": "io.debezium.data.VariableScaleDecimal"},
        {"scale": 2, "value": "C64="},
        Decimal("29.90"),
    ),
    (
        {"type": "struct", "name": "io.debezium.data.VariableScaleDecimal"},
        {"scale": 0, "value": "AP////8="},
        4294967295,
    ),
    ({"type": "int32", "name": "org.apache.kafka.connect.data.Date"}, 20_458, "2026-01-05"),
    ({"type": "int32", "name": "org.apache.kafka.connect.data.Time"}, 3_600_001, "01:00:00.001"),
    (
        {"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp"},
        1_767_571_200_123,
        "2026-01-05T00:00:00.123Z",
    ),
    ({"type": "int32", "name": "io.debezium.time.Date"}, -1, "1969-12-31"),
    ({"type": "int64", "name": "io.debezium.time.Timestamp"}, 1_767_571_200_123, "2026-01-05T00:00:00.123"),
    ({"type": "int64", "name": "io.debezium.time.MicroTimestamp"}, 1_767_571_200_123_456, "2026-01-05T00:00:00.123456"),
    ({"type": "int64", "name": "io.debezium.time.NanoTimestamp"}, NANOS, "2026-01-05T00:00:00.123456789"),
    ({"type": "int64", "name": "io.debezium.time.MicroTimestamp"}, 9_223_371_331_200_000_000, "beyond the calendar"),
    ({"type": "int64", "name": "io.debezium.time.MicroTime"}, 3_600_000_001, "01:00:00.000001"),
    ({"type": "string", "name": "io.debezium.time.IsoDate"}, "2026-01-05Z", "2026-01-05"),
    ({"type": "string", "name": "io.debezium.time.IsoTimestamp"}, "2026-01-05T10:00:00Z", "2026-01-05T10:00:00"),
    ({"type": "string", "name": "io.debezium.time.ZonedTimestamp"}, "2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z"),
    ({"type": "array", "items": {"type": "int32", "name": "io.debezium.time.Date"}}, [0, None], ["1970-01-01", None]),
    ({"type": "map", "values": {"type": "int32", "name": "io.debezium.time.Date"}}, {"a": 0}, {"a": "1970-01-01"}),
]


@pytest.mark.parametrize(("schema", "value", "wanted"), VALUES)
def test_values_are_read_by_the_names_of_their_schemas(schema: dict[str, Any], value: Any, wanted: Any) -> None:
    found = opened(line({"schema": struct({"it": schema}), "payload": {"it": value}}))

    assert found["it"] == wanted
    assert type(found["it"]) is type(wanted)


def test_a_schema_is_looked_through_once_however_many_values_it_has() -> None:
    looks = []

    class Fields(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            looks.append(self)
            return super().__iter__()

    line = {"type": "struct", "fields": Fields([{"field": "day", "type": "int32", "name": "io.debezium.time.Date"}])}
    schema = {"type": "struct", "fields": [{"field": "lines", "type": "array", "items": line}]}

    found = connect.payload({"schema": schema, "payload": {"lines": [{"day": 0}, {"day": 1}, {}]}}, "mapping")

    assert found == {"lines": [{"day": "1970-01-01"}, {"day": "1970-01-02"}, {}]}
    assert len(looks) == 1


def test_a_time_of_connect_has_no_zone_in_a_row_that_debezium_has_read() -> None:
    """In its mode `connect` a column without a zone has Connect's own type (../docs/sources/envelopes.md)."""
    schema = {"at": {"type": "int64", "name": "org.apache.kafka.connect.data.Timestamp"}}
    row = {"at": 1_767_571_200_000}

    assert opened(line({"schema": struct(schema), "payload": row}))["at"] == "2026-01-05T00:00:00Z"
    assert opened(line({"schema": struct(schema), "payload": row}), "flattened")["at"] == "2026-01-05T00:00:00"
    for name in ("debezium in connect", "flattened in connect"):
        assert opened(line(WRAPPED[name](schema, row)))["at"] == "2026-01-05T00:00:00"


PLAIN = [
    {"schema": "v1", "payload": {"id": 7}},
    {"schema": {"type": "struct"}, "payload": {}, "more": 1},
    {"op": "c", "after": {}, "id": 7},
    {"op": "sum", "before": 1, "after": 2, "source": {}},
    {"op": "c", "before": None, "after": {}, "source": "web", "ts_ms": 1},
    {"__typename": "Order", "id": 7},
    {"__op": "sum", "id": 7},
    {"id": 7, "payload": {"x": 1}},
]


@pytest.mark.parametrize("document", PLAIN, ids=str)
def test_what_only_looks_like_an_envelope_passes_untouched(document: dict[str, Any]) -> None:
    value = json.dumps(document, indent=1).encode()

    found = Opener("mapping", "auto", changes=True).open(Foreign(value))

    assert isinstance(found, Plain)
    assert found.foreign.value == value


@pytest.mark.parametrize("form", FORMS)
@given(st.none() | st.binary() | st.sampled_from([json.dumps(one).encode() for one in PLAIN]), st.none() | st.binary())
@example(b"null", b"null")
@example(b'{"schema":{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal"},"payload":"x"}', None)
@example(b"\0\0\0\0\7x", b"\0\0\0\0\7x")
def test_any_bytes_are_opened_or_refused(form: str, value: bytes | None, key: bytes | None) -> None:
    for one in (value, b'{"schema":null,"payload":' + (value or b"1") + b"}", b'{"op":"d",' + (value or b"1")):
        for changes in (True, False):
            with contextlib.suppress(Unreadable):
                Opener("mapping", form, changes=changes).open(Foreign(one, (), key))


def test_bent_envelopes_never_crash_and_their_errors_show_no_value() -> None:
    types = {"a": schema_of("decimal"), "b": schema_of("micros"), "c": schema_of("date"), "d": {"type": "string"}}
    row = {"a": "C64=", "b": 1, "c": 2, "d": "x"}
    for wrap in WRAPPED.values():
        document = wrap(types, row)
        for path in paths(document):
            for place, value in enumerate((*MARKED, MARK_IN_BASE64)):
                bent = changed(document, path, value, gone=bool(path) and place == len(MARKED) - 1)
                said = ""
                try:
                    opened(json.dumps(bent).encode(), key=json.dumps(bent).encode())
                except Unreadable as refused:
                    said = str(refused)
                assert not any(mark in said for mark in (*MARKS, MARK_IN_BASE64)), said


@pytest.mark.parametrize(
    ("form", "document", "error"),
    [
        ("connect", {"id": 7}, 'has "schema" and "payload"'),
        ("debezium", {"id": 7}, 'has "before", "after", "op" and "source"'),
        ("flattened", [1], "is a JSON object"),
        ("cloudevents", {"id": 7}, "no CloudEvent"),
    ],
)
def test_a_form_that_is_named_is_required(form: str, document: Any, error: str) -> None:
    with pytest.raises(Unreadable, match=error):
        opened(line(document), form)


def test_cloud_events_give_their_data_and_attributes() -> None:
    about = {"specversion": "1.0", "id": "e-1", "source": "/shop", "type": "order", "time": "2026-03-01T08:00:00Z"}
    data = {"id": 7, "user": "c-1"}
    headers = [(f"ce_{name}", value.encode()) for name, value in about.items()]

    binary = opened(line(data), "cloudevents", headers=[*headers, ("x", b"\xff"), ("y", None)])
    structured = opened(line({**about, "data": data}), "cloudevents")
    hidden = opened(line({**about, "data_base64": base64.b64encode(line(data)).decode()}), "cloudevents")

    assert binary == structured == hidden == {**data, "envelope": about}
    with pytest.raises(Unreadable, match=r"specversion is not 1\.0"):
        opened(line(data), "cloudevents", headers=[("ce_specversion", b"1")])


def rule(**fields: Any) -> dict[str, Any]:
    return {
        "type": "purchase.completed",
        "event_id": "id",
        "customer_id": "customer",
        "occurred_at": {"path": "at", "zone": "Europe/Madrid", "local": True},
        "fields": {"order_id": "id", "currency": {"value": "EUR"}, "amount": fields},
    }


def test_decimals_and_zones_without_schemas_are_those_that_the_mapping_names() -> None:
    record = {
        "id": 7,
        "customer": "c-1",
        "at": "2026-01-05T10:00:00Z",
        "price": "C64=",
        "any": {"scale": 2, "value": "C64="},
    }

    (found,) = translated(line(record), rule(path="price", scale=2)).events
    (variable,) = translated(line(record), rule(path="any")).events
    (a_day,) = translated(line(record | {"at": "2026-01-05Z"}), rule(path="any")).events

    assert (found["amount"], found["occurred_at"]) == ("29.9", "2026-01-05T09:00:00Z")
    assert variable["amount"] == "29.9"
    assert a_day["occurred_at"] == "2026-01-04T23:00:00Z"
    with pytest.raises(Unreadable, match="price is text that is no base64"):
        translated(line(record | {"price": "29.90"}), rule(path="price", scale=2))
    with pytest.raises(Unreadable, match=r"id is a number below 0.*bigint\.unsigned\.handling\.mode"):
        translated(line(record | {"id": -5}), rule(path="any"))


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("milliseconds", 1_767_607_200_123),
        ("microseconds", 1_767_607_200_123_000),
        ("nanoseconds", 1_767_607_200_123_000_999),
        ("seconds", Decimal("1767607200.123")),
    ],
)
def test_numbers_of_columns_without_a_zone_are_clock_times(unit: str, value: Any) -> None:
    at = {"path": "at", "unit": unit, "zone": "Europe/Madrid"}
    record = line({"id": 7, "customer": "c-1", "at": value, "any": 1})

    (local,) = translated(record, rule(path="any") | {"occurred_at": at | {"local": True}}).events
    (instant,) = translated(record, rule(path="any") | {"occurred_at": at}).events

    assert (local["occurred_at"], instant["occurred_at"]) == (
        "2026-01-05T09:00:00.123000Z",
        "2026-01-05T10:00:00.123000Z",
    )


def test_days_are_midnights_of_the_zone() -> None:
    at = {"path": "at", "unit": "days", "zone": "Europe/Madrid"}
    record = line({"id": 7, "customer": "c-1", "at": 20_458, "any": 1})

    (found,) = translated(record, rule(path="any") | {"occurred_at": at}).events

    assert found["occurred_at"] == "2026-01-04T23:00:00Z"
    for said in ({"unit": "days"}, {"unit": "seconds", "local": True}):
        with pytest.raises(ValueError, match=r"events\.0\.occurred_at: say whose clock it is"):
            translated(record, rule(path="any") | {"occurred_at": {"path": "at", **said}})
    with pytest.raises(Unreadable, match='write unit = "days", which it fits'):
        translated(record, rule(path="any") | {"occurred_at": {"path": "at", "unit": "milliseconds"}})


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"times": {"local": True}}, "local needs the zone"),
        ({"envelope": "conect"}, "envelope"),
        (
            {"events": [rule(path="x") | {"customer_id": {"path": "c", "scale": 2}}]},
            "customer_id.scale: customer_id is no amount",
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(said: dict[str, Any], error: str) -> None:
    with pytest.raises(BadSettings, match=error):
        read_settings(
            overrides={
                f"sources.mapping.{name}": json.dumps(one) if not isinstance(one, str) else one
                for name, one in said.items()
            }
        )


def test_check_warns_of_null_that_is_written_as_a_default_and_reads_envelopes() -> None:
    schema = struct({"id": {"type": "int64"}, "plan": {"type": "string", "optional": True, "default": "free"}})
    settings = read_settings(overrides={"sources.log": "mapping", "sources.mapping.events": json.dumps([ENDED])})
    lines = [line({"schema": schema, "payload": {"id": 7, "plan": "free"}}), line(event(ROW, None, "d"))]

    found = look([Line(n, text, len(text)) for n, text in enumerate(lines, 1)], settings, reader_of(settings), 0, 2**60)

    assert any(
        "default: plan. Connect writes" in doubt and "replace.null.with.default=false" in doubt
        for doubt in found.doubts
    )
    assert found.refused == {"source": 1}  # a file has no key


@given(
    st.recursive(
        st.none() | st.booleans() | st.sampled_from(["c", "d", "x", "true"]) | st.just({}),
        lambda inner: st.dictionaries(
            st.sampled_from(
                ["payload", "schema", "op", "__deleted", "__op", "__ts_ms", "before", "after", "a", "source"]
            ),
            inner,
            max_size=5,
        ),
        max_leaves=8,
    ),
    st.booleans(),
)
@example({"a": {"payload": {}, "schema": None, "op": "c", "__deleted": True, "__op": "d"}}, True)
def test_what_has_no_mark_of_an_envelope_is_opened_as_it_stands(document: object, changes: bool) -> None:
    value = json.dumps(document).encode()
    record = Foreign(value, (), b'{"id": 7}', 5)
    has_mark = not isinstance(document, dict) or not document.keys().isdisjoint({"payload", "op", "__deleted", "__op"})

    assert lacks_envelope(value) is not has_mark
    if not has_mark:
        assert Opener("mapping", "auto", changes=changes).open(record) == Plain(record)


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"{", b'{"a": NaN}', b"null", b'{"\\u006fp": 1}', b"{} " + b" " * MAX_BYTES]
)
def test_what_is_no_object_or_too_large_is_looked_at(value: bytes) -> None:
    assert not lacks_envelope(value)
