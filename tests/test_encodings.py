"""Avro, Protobuf and JSON Schema in Confluent's framing: what independent encoders write is read, to the last digit."""

import base64
import json
import struct
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from google.protobuf import descriptor_pb2, duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from sources import SOURCE_OF
from sources.base import Foreign, Unreadable
from sources.encodings import avro, protobuf
from sources.encodings.framing import KEY_HEADER, VALUE_HEADER, Framed, framed
from sources.encodings.schemas import AVRO, JSON, PROTOBUF, Schema, Schemas, Unfetched
from sources.envelopes.opening import Opener, Plain, through
from sources.exact import decoded
from sources.logical import Bent
from streams.registry import require_formats
from streams.registry_settings import RegistrySettings

GUID = "01020304-0506-0708-090a-0b0c0d0e0f10"


def frame(body: bytes, ident: int = 7) -> bytes:
    return b"\0" + ident.to_bytes(4, "big") + body


def opened(schema: Schema, body: bytes, **other: Any) -> Any:
    """Return what the mapping gets of a framed value."""
    schemas = Schemas()
    schemas.put(7, schema)
    found = Opener("mapping", changes=True, schemas=schemas).open(Foreign(frame(body), **other))
    assert isinstance(found, Plain)
    return decoded(found.foreign.value or b"null")


# An encoder of Avro, written from its specification.


def varint(number: int) -> bytes:
    coded, found = (number << 1) ^ (number >> 63), bytearray()
    while coded > 0x7F:
        found.append(coded & 0x7F | 0x80)
        coded >>= 7
    return bytes([*found, coded])


def written(schema: Any, value: Any) -> bytes:  # noqa: C901 - a case for each type
    kind = schema["type"] if isinstance(schema, dict) else schema
    if isinstance(kind, list):
        place = 0 if value is None else 1
        return varint(place) + (b"" if value is None else written(kind[1], value))
    match kind:
        case "record":
            return b"".join(written(one["type"], value[one["name"]]) for one in schema["fields"])
        case "array":
            members = b"".join(written(schema["items"], one) for one in value)
            return (varint(len(value)) + members if value else b"") + b"\0"
        case "map":
            members = b"".join(written("string", name) + written(schema["values"], one) for name, one in value.items())
            return (varint(len(value)) + members if value else b"") + b"\0"
        case "string":
            return varint(len(value.encode())) + bytes(value.encode())
        case "bytes":
            return varint(len(value)) + bytes(value)
        case "int" | "long":
            return varint(value)
        case "boolean":
            return bytes([value])
        case "double" | "float":
            return bytes(struct.pack("<d" if kind == "double" else "<f", value))
        case "null":
            return b""
    return written(kind, value)


def column(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


def two_complement(value: Decimal) -> bytes:
    whole = int(value.scaleb(2))
    return whole.to_bytes(whole.bit_length() // 8 + 1, "big", signed=True)


MICRO = timedelta(microseconds=1)
START = datetime(1970, 1, 1)  # noqa: DTZ001 - the clock of a column
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - as above
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**18), max_value=10**18)


def plain_number(value: Decimal) -> Any:
    return str(value) if len(value.as_tuple().digits) > 15 else value


KINDS: dict[str, tuple[Any, Any, Any, Any]] = {
    "string": (column("string"), st.text(), lambda one: one, lambda one: one),
    "long": (column("long"), st.integers(-(2**63), 2**63 - 1), lambda one: one, lambda one: one),
    "boolean": (column("boolean"), st.booleans(), lambda one: one, lambda one: one),
    "decimal": (
        column("bytes", logicalType="decimal", precision=38, scale=2),
        DECIMALS,
        two_complement,
        plain_number,
    ),
    "date": (
        column("int", logicalType="date"),
        st.dates(),
        lambda one: one.toordinal() - date(1970, 1, 1).toordinal(),
        lambda one: one.isoformat(),
    ),
    "timestamp": (
        column("long", logicalType="timestamp-micros"),
        INSTANTS,
        lambda one: (one - START) // MICRO,
        lambda one: one.isoformat() + "Z",
    ),
    "local": (
        column("long", logicalType="local-timestamp-micros"),
        INSTANTS,
        lambda one: (one - START) // MICRO,
        lambda one: one.isoformat(),
    ),
    "column of debezium": (
        column("long", **{"connect.name": "io.debezium.time.MicroTimestamp"}),
        INSTANTS,
        lambda one: (one - START) // MICRO,
        lambda one: one.isoformat(),
    ),
    "bytes": (column("bytes"), st.binary(max_size=20), lambda one: one, lambda one: base64.b64encode(one).decode()),
    "list": (column("array", items="long"), st.lists(st.integers(0, 9)), lambda one: one, lambda one: one),
    "float": (
        column("float"),
        st.decimals(0, 1_000, places=2, allow_nan=False),
        float,
        lambda one: Decimal(str(float(one))),
    ),
}


@given(st.data(), st.booleans())
def test_what_an_encoder_of_avro_writes_is_read(data: st.DataObject, optional: bool) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=8))
    fields, row, wanted = [], {}, {}
    for place, kind in enumerate(names):
        schema, values, store, mean = KINDS[kind]
        value = data.draw(st.none() | values if optional else values)
        name = f"f{place}"
        fields.append({"name": name, "type": ["null", schema] if optional else schema})
        row[name] = store(value) if value is not None else None
        wanted[name] = mean(value) if value is not None else None
    record = {"type": "record", "name": "Row", "fields": fields}
    body = written(
        {
            "type": "record",
            "fields": [{**one, "type": {"type": one["type"]} if optional else one["type"]} for one in fields],
        },
        row,
    )

    found = opened(Schema(AVRO, json.dumps(record)), body)

    assert found == wanted
    event = {
        "type": "record",
        "name": "Envelope",
        "fields": [
            {"name": "before", "type": ["null", record]},
            {"name": "after", "type": ["null", "Row"]},
            {"name": "op", "type": "string"},
            {"name": "source", "type": {"type": "record", "name": "S", "fields": []}},
        ],
    }
    changed = opened(Schema(AVRO, json.dumps(event)), b"\0" + varint(1) + body + written("string", "c"))
    assert {name: changed[name] for name in wanted} == wanted
    assert changed["envelope"]["op"] == "c"


def test_instants_are_exact_to_the_nanosecond_or_say_that_no_calendar_has_them() -> None:
    def read(kind: str, value: int) -> Any:
        record = {"type": "record", "name": "R", "fields": [{"name": "at", "type": column("long", logicalType=kind)}]}
        return opened(Schema(AVRO, json.dumps(record)), varint(value))["at"]

    assert read("timestamp-nanos", 1_767_571_200_123_456_789) == "2026-01-05T00:00:00.123456789Z"
    assert read("timestamp-millis", -1) == "1969-12-31T23:59:59.999Z"
    assert read("timestamp-micros", 2**63 - 1) == "beyond the calendar"
    assert read("local-timestamp-millis", 1_767_571_200_000) == "2026-01-05T00:00:00"
    assert read("an-unknown-one", 5) == 5


def test_a_schema_may_refer_to_others() -> None:
    money = {"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "cents", "type": "long"}]}
    order = {
        "type": "record",
        "name": "Order",
        "namespace": "shop",
        "fields": [{"name": "total", "type": "shop.Money"}],
    }

    found = opened(Schema(AVRO, json.dumps(order), (("shop.Money", json.dumps(money)),)), varint(2_990))

    assert found == {"total": {"cents": 2_990}}
    with pytest.raises(Unreadable, match="an Avro schema that cannot be parsed"):
        opened(Schema(AVRO, json.dumps(order)), varint(2_990))


# Protobuf: the descriptors as protoc would write them; the messages by the library itself.

SCALARS = {
    "int64": 3,
    "uint64": 4,
    "int32": 5,
    "bool": 8,
    "string": 9,
    "bytes": 12,
    "double": 1,
    "float": 2,
    "sint64": 18,
}


def file_of_orders() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="shop/orders.proto", package="shop", syntax="proto3")
    file.dependency.extend(
        [
            "google/protobuf/timestamp.proto",
            "google/protobuf/duration.proto",
            "google/protobuf/wrappers.proto",
            "google/protobuf/struct.proto",
            "google/type/money.proto",
            "confluent/type/decimal.proto",
            "confluent/meta.proto",
            "shop/common.proto",
        ]
    )
    first = file.message_type.add(name="First")
    first.field.add(name="x", number=1, label=1, type=9)
    order = file.message_type.add(name="Order")
    for place, (name, kind) in enumerate(SCALARS.items(), 1):
        order.field.add(name=f"of_{name}", number=place, label=1, type=kind)
    state = order.enum_type.add(name="State")
    state.value.add(name="OPEN", number=0)
    state.value.add(name="PAID", number=1)
    order.field.add(name="state", number=20, label=1, type=14, type_name=".shop.Order.State")
    known = {
        "at": "google.protobuf.Timestamp",
        "took": "google.protobuf.Duration",
        "count": "google.protobuf.Int64Value",
        "more": "google.protobuf.Struct",
        "money": "google.type.Money",
        "exact": "confluent.type.Decimal",
        "common": "shop.Common",
        "inner": "shop.Order.Inner",
    }
    for place, (name, full) in enumerate(known.items(), 30):
        order.field.add(name=name, number=place, label=1, type=11, type_name=f".{full}")
    order.field.add(name="tags", number=50, label=3, type=9)
    entry = order.nested_type.add(name="ByNameEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=9)
    entry.field.add(name="value", number=2, label=1, type=3)
    order.field.add(name="by_name", number=51, label=3, type=11, type_name=".shop.Order.ByNameEntry")
    order.oneof_decl.add(name="_note")
    order.field.add(name="note", number=52, label=1, type=9, oneof_index=0, proto3_optional=True)
    inner = order.nested_type.add(name="Inner")
    inner.field.add(name="deep", number=1, label=1, type=3)
    return file


def common_file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="shop/common.proto", package="shop", syntax="proto3")
    file.message_type.add(name="Common").field.add(name="id", number=1, label=1, type=3)
    return file


ORDERS, COMMON = file_of_orders(), common_file()
TEXT = base64.b64encode(ORDERS.SerializeToString()).decode()
COMMON_TEXT = base64.b64encode(COMMON.SerializeToString()).decode()
OF_ORDERS = Schema(PROTOBUF, TEXT, (("shop/common.proto", COMMON_TEXT),))
ORDER_INDEX = b"\x02\x02"
INNER_INDEX = bytes([4, 2, 2])


def message_of(name: str) -> Any:
    """Return an empty message, by a pool of the test's own."""
    pool = DescriptorPool()
    for module in (timestamp_pb2, duration_pb2, wrappers_pb2, struct_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    for path in ("google/type/money.proto", "confluent/type/decimal.proto", "confluent/meta.proto"):
        pool.AddSerializedFile(protobuf._own(path).SerializeToString())
    pool.AddSerializedFile(COMMON.SerializeToString())
    pool.AddSerializedFile(ORDERS.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName(name))()


def test_an_empty_message_has_the_defaults_that_its_json_leaves_out() -> None:
    found = opened(OF_ORDERS, ORDER_INDEX)

    assert found["of_int64"] == 0
    assert found["of_double"] == 0
    assert (found["of_string"], found["of_bool"], found["state"], found["tags"]) == ("", False, "OPEN", [])
    assert "note" not in found  # it can be told from an empty one, and is not there
    assert "at" not in found


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**64 - 1),
    st.text(),
    st.integers(2, 2**31 - 1),
    st.integers(-(2**40), 2**40),
    st.integers(0, 999_999_999),
    DECIMALS,
)
def test_what_protobuf_writes_is_read_exactly(
    whole: int, unsigned: int, text: str, state: int, seconds: int, nanos: int, exact: Decimal
) -> None:
    message = message_of("shop.Order")
    message.of_int64, message.of_uint64, message.of_string, message.of_sint64 = whole, unsigned, text, whole
    message.of_float, message.of_double = 29.9, 0.1
    message.state = state
    message.at.seconds, message.at.nanos = seconds % 10**10, nanos
    message.count.value = 0
    message.money.currency_code, message.money.units, message.money.nanos = "EUR", 29, 900_000_000
    message.exact.value, message.exact.scale = two_complement(exact), 2
    message.common.id = whole
    message.by_name["a"] = whole
    message.note = ""
    message.more.update({"n": 3, "deep": [{"x": None}]})

    found = opened(OF_ORDERS, ORDER_INDEX + message.SerializeToString())

    assert (found["of_int64"], found["of_uint64"], found["of_string"]) == (whole, unsigned, text)
    assert (found["of_sint64"], found["common"], found["by_name"]) == (whole, {"id": whole}, {"a": whole})
    assert found["state"] == state  # a number that has no name
    assert found["at"][:19] == (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds % 10**10)).isoformat()[:19]
    assert found["at"][19:] == (f".{nanos:09d}Z" if nanos else "Z")
    assert (found["of_float"], found["of_double"]) == (Decimal("29.9"), Decimal("0.1"))
    assert (found["count"], found["note"], found["more"]) == (0, "", {"n": 3, "deep": [{"x": None}]})
    assert found["money"]["amount"] == Decimal("29.9")
    assert found["exact"] == plain_number(exact)


def test_the_message_is_that_of_its_indexes() -> None:
    first, inner = message_of("shop.First"), message_of("shop.Order.Inner")
    first.x, inner.deep = "a", 5

    assert opened(OF_ORDERS, b"\0" + first.SerializeToString()) == {"x": "a"}
    assert opened(OF_ORDERS, b"\x02\0" + first.SerializeToString()) == {"x": "a"}
    assert opened(OF_ORDERS, INNER_INDEX + inner.SerializeToString()) == {"deep": 5}
    for bent in (b"", b"\x02", b"\x02\x10", b"\x01", b"\xff" * 12, b"\x04\0\x02"):
        with pytest.raises(Unreadable, match="message indexes"):
            opened(OF_ORDERS, bent)


def test_a_message_of_a_well_known_name_with_other_fields_is_refused() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="own.proto", syntax="proto3", package="google.type")
    file.message_type.add(name="Money").field.add(name="sum", number=1, type=9, label=1)

    with pytest.raises(Unreadable, match="a well-known name with other fields"):
        opened(Schema(PROTOBUF, base64.b64encode(file.SerializeToString()).decode()), b"\0\x0a\x01a")


def test_descriptors_of_a_file_stand_in_for_those_of_the_registry() -> None:
    every = descriptor_pb2.FileDescriptorSet(file=[COMMON, ORDERS])
    text = """
        syntax = "proto3"; /* package no; */ package shop; // message No {
        import "shop/common.proto"; option java_package = "message Not {";
        message First { string x = 1; }
        message Order { message Inner { int64 deep = 1; } oneof one { string a = 2; } }
    """
    first = message_of("shop.First")
    first.x = "a"

    assert opened(Schema(PROTOBUF, text, (), every.SerializeToString()), b"\0" + first.SerializeToString()) == {
        "x": "a"
    }
    with pytest.raises(Unreadable, match=r"no descriptor of registry\.descriptors has"):
        opened(Schema(PROTOBUF, text.replace("First", "Second"), (), every.SerializeToString()), b"\0")


CHAIN = {"type": "record", "name": "Link", "fields": [{"name": "next", "type": ["null", "Link"]}]}
"""A schema whose values may be nested in each other without end: no reader should follow them by recursion."""
DEEPER = {"name": "y", "type": {"type": "fixed", "name": "F", "size": 0}}
NOTHING: dict[str, Any] = {"type": "record", "name": "Nothing", "fields": [{"name": "x", "type": "null"}]}


@pytest.mark.parametrize(
    ("schema", "error"),
    [
        (Schema(PROTOBUF, "?"), "without its descriptor"),
        (Schema(PROTOBUF, base64.b64encode(b"\xff\xff").decode()), "descriptor that cannot be read"),
        (Schema(PROTOBUF, TEXT), "imports a file which the registry does not have"),
        (Schema(AVRO, "{"), "an Avro schema that cannot be parsed"),
        (Schema(AVRO, '{"type": "record"}'), "an Avro schema that cannot be parsed"),
        (Schema(AVRO, json.dumps(CHAIN)), "an Avro schema that contains itself"),
        (Schema(AVRO, json.dumps({"type": "array", "items": CHAIN})), "an Avro schema that contains itself"),
        (Schema(AVRO, '"Link"', (("Link", json.dumps(CHAIN)),)), "an Avro schema that contains itself"),
        *(
            (Schema(AVRO, json.dumps({"type": "array", "items": items})), "lists whose members take no byte")
            for items in (
                "null",
                NOTHING,
                {**NOTHING, "fields": [*NOTHING["fields"], DEEPER]},
                {"type": "fixed", "name": "F", "size": 0},
                {"type": "null"},
            )
        ),
        (Schema(AVRO, json.dumps({"type": "map", "values": {"type": "array", "items": "null"}})), "take no byte"),
        (Schema(JSON, "{"), "a JSON Schema that is no JSON"),
        (Schema("XML", "<a/>"), "of a kind other than"),
    ],
)
def test_a_schema_that_cannot_be_used_is_the_reason(schema: Schema, error: str) -> None:
    for _ in range(2):
        with pytest.raises(Unreadable, match=error):
            opened(schema, b"\0")


AVRO_ROW = Schema(
    AVRO,
    json.dumps(
        {
            "type": "record",
            "name": "R",
            "fields": [
                {"name": f"f{place}", "type": ["null", KINDS[kind][0]]} for place, kind in enumerate(sorted(KINDS))
            ],
        }
    ),
)


@pytest.mark.parametrize(
    "schema", [AVRO_ROW, OF_ORDERS, Schema(JSON, '{"type": "object"}')], ids=["avro", "protobuf", "json"]
)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_without_a_value(schema: Schema, body: bytes) -> None:
    for one in (body, ORDER_INDEX + body, b"\x02" * 5 + body):
        said = "mapping: the record"
        try:
            opened(schema, one, key=frame(body))
        except Unreadable as refused:
            said = str(refused)
        assert said.startswith("mapping: the record")


def test_a_type_that_is_named_twice_does_not_contain_itself() -> None:
    money = {"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]}
    fields = [{"name": "a", "type": money}, {"name": "b", "type": {"type": "array", "items": "Money"}}]
    schema = {"type": "record", "name": "Order", "fields": fields}
    halves = {"type": "array", "items": {"type": "record", "name": "H", "fields": [DEEPER, *money["fields"]]}}

    assert opened(Schema(AVRO, json.dumps(schema)), b"\x02\x02\x04\0") == {"a": {"cents": 1}, "b": [{"cents": 2}]}
    assert opened(Schema(AVRO, json.dumps(halves)), b"\x02\x04\0") == [{"y": "", "cents": 2}]


def test_a_json_schema_of_odd_branches_is_read_without_them() -> None:
    schema = {"oneOf": 5, "properties": {"day": {"title": "org.apache.kafka.connect.data.Date"}}}

    assert opened(Schema(JSON, json.dumps(schema)), b'{"day": 0}') == {"day": "1970-01-01"}


def test_connect_s_types_in_a_json_schema_are_read() -> None:
    schema = {
        "type": "object",
        "properties": {
            "price": {
                "oneOf": [
                    {"type": "null"},
                    {
                        "type": "number",
                        "title": "org.apache.kafka.connect.data.Decimal",
                        "connect.parameters": {"scale": "2"},
                    },
                ]
            },
            "days": {"type": "array", "items": {"type": "integer", "title": "org.apache.kafka.connect.data.Date"}},
        },
    }

    found = opened(Schema(JSON, json.dumps(schema)), b'{"price": "C64=", "days": [0], "id": 18446744073709551615}')

    assert found == {"price": Decimal("29.90"), "days": ["1970-01-01"], "id": 18446744073709551615}


def test_the_id_may_stand_among_the_headers_and_then_nothing_is_stripped() -> None:
    ident = b"\x01" + UUID(GUID).bytes

    assert framed(b"{}", [(VALUE_HEADER, ident)], is_key=False) == Framed(GUID, b"{}", b"")
    assert framed(b"\0\0\0\0\7x", [(VALUE_HEADER, ident)], is_key=False) == Framed(GUID, b"\0\0\0\0\7x", b"")
    assert framed(b"x", [(KEY_HEADER, ident), ("x", None)], is_key=True) == Framed(GUID, b"x", b"")
    assert framed(b"x", [(VALUE_HEADER, ident + ORDER_INDEX)], is_key=False) == Framed(GUID, b"x", ORDER_INDEX)
    assert framed(b"x", [(VALUE_HEADER, b"\0\0\0\0\7")], is_key=False) == Framed(7, b"x", b"")
    for other in ([], [(VALUE_HEADER, b"\x01")], [(VALUE_HEADER, None)], [(KEY_HEADER, ident)]):
        assert framed(b"{}", other, is_key=False) is None
    schemas, first = Schemas(), message_of("shop.Order.Inner")
    first.deep = 5
    schemas.put(GUID, OF_ORDERS)
    value = Framed(GUID, first.SerializeToString(), INNER_INDEX)
    assert schemas.read(value, "mapping") == {"deep": 5}


def test_a_framed_record_without_a_registry_says_what_to_set() -> None:
    mapping = through(SOURCE_OF["mapping"], "auto")

    with pytest.raises(Unreadable, match=r"framed with the schema 7 of a registry: set registry\.url"):
        mapping.read(Foreign(frame(b"x")), mapping.options())


def test_a_schema_that_nobody_fetched_ends_the_reader_and_one_that_is_unknown_does_not() -> None:
    schemas = Schemas()
    mapping = through(SOURCE_OF["mapping"], "auto", schemas)
    with pytest.raises(Unfetched):
        mapping.read(Foreign(frame(b"x")), mapping.options())
    schemas.put_unknown(7, "not in the registry")

    with pytest.raises(Unreadable, match="the schema 7 is not in the registry"):
        mapping.read(Foreign(frame(b"x")), mapping.options())
    assert list(schemas.missing([Foreign(frame(b"x"), (), frame(b"k", 8)), Foreign(b"{}"), Foreign(None)])) == [8]


def test_a_delete_with_a_framed_key_names_its_row() -> None:
    schemas = Schemas()
    schemas.put(
        7, Schema(AVRO, json.dumps({"type": "record", "name": "K", "fields": [{"name": "id", "type": "long"}]}))
    )
    found = Opener("mapping", changes=True, schemas=schemas).open(Foreign(None, (), frame(varint(5))))

    assert isinstance(found, Plain)
    assert decoded(found.foreign.value or b"")["envelope"]["key"] == {"id": 5}


def test_a_key_that_cannot_be_read_loses_no_change() -> None:
    schemas = Schemas()
    schemas.put(7, Schema(JSON, "{}"))
    schemas.put_unknown(8, "not in the registry")
    opener = Opener("mapping", changes=True, schemas=schemas)
    changed = json.dumps({"before": None, "after": {"id": 1}, "op": "c", "source": {}}).encode()

    found = opener.open(Foreign(frame(changed), (), frame(b"k", 8)))

    assert isinstance(found, Plain)
    assert decoded(found.foreign.value or b"")["envelope"]["key"] is None
    with pytest.raises(Unreadable, match="the schema 8 is not in the registry"):
        opener.open(Foreign(None, (), frame(b"k", 8)))


def test_readers_may_be_made_again_and_schemas_may_be_bare() -> None:
    for _ in range(2):
        assert avro.reader('"long"', ())(Framed(1, varint(5))) == 5
    with pytest.raises(Bent, match="go on after its end"):
        avro.reader('"long"', ())(Framed(1, varint(5) + b"x"))


def test_formats_are_asked_for_only_with_a_registry() -> None:
    require_formats(RegistrySettings())
    require_formats(RegistrySettings(url="http://127.0.0.1:8081"))
