"""Reads what Confluent's own serializers for Python write, both framings, with a small registry between them."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from sources.base import Foreign
from sources.envelopes.opening import Opener, Plain
from sources.exact import decoded
from streams.registry import Registry
from streams.registry_settings import RegistrySettings
from tests.installed.conftest import environment
from tests.registry import registry

pytestmark = pytest.mark.installed
PACKAGE = "confluent-kafka[avro,json,protobuf,schemaregistry]==2.16.1"
SENDER = """
import base64, json, sys
from datetime import datetime, timezone
from decimal import Decimal

from confluent_kafka.schema_registry import SchemaRegistryClient, header_schema_id_serializer
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

client, written = SchemaRegistryClient({"url": sys.argv[1]}), {}


def write(name, topic, serializer, value, field=MessageField.VALUE):
    headers = []
    found = serializer(value, SerializationContext(topic, field, headers))
    of = [[one, base64.b64encode(text).decode()] for one, text in headers]
    written[name] = {"bytes": base64.b64encode(found).decode(), "headers": of}


def record(name, **types):
    return json.dumps({"type": "record", "name": name, "fields": [{"name": n, "type": t} for n, t in types.items()]})


ROW = record(
    "Row", id="long", amount={"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    at={"type": "long", "logicalType": "timestamp-micros"}, plan=["null", "string"],
)
at = datetime(2026, 1, 5, 10, 0, 0, 123456, timezone.utc)
row = {"id": 2**53 + 1, "amount": Decimal("0.00"), "at": at, "plan": None}
TITLED = json.dumps({"title": "Row", "type": "object", "properties": {"id": {"type": "integer"}}})
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
common = descriptor_pb2.FileDescriptorProto(name="shop/common.proto", package="shop", syntax="proto3")
common.message_type.add(name="Money").field.add(name="cents", number=1, label=1, type=3)
pool.AddSerializedFile(common.SerializeToString())
file = descriptor_pb2.FileDescriptorProto(name="shop/orders.proto", package="shop", syntax="proto3")
file.dependency.extend(["google/protobuf/timestamp.proto", "shop/common.proto"])
file.message_type.add(name="First").field.add(name="x", number=1, label=1, type=9)
order = file.message_type.add(name="Order")
order.field.add(name="id", number=1, label=1, type=3)
order.field.add(name="cents", number=2, label=1, type=3)
order.field.add(name="at", number=3, label=1, type=11, type_name=".google.protobuf.Timestamp")
order.field.add(name="total", number=4, label=1, type=11, type_name=".shop.Money")
order.nested_type.add(name="Inner").field.add(name="deep", number=1, label=1, type=3)
pool.AddSerializedFile(file.SerializeToString())
named = (pool.FindMessageTypeByName(f"shop.{one}") for one in ("First", "Order", "Order.Inner"))
First, Order, Inner = map(message_factory.GetMessageClass, named)
bought = Order(id=2**53 + 1)
bought.at.seconds, bought.at.nanos, bought.total.cents = 1767607200, 5, 2990
for way, conf in (("prefix", {}), ("header", {"schema.id.serializer": header_schema_id_serializer})):
    write(f"avro {way}", "avro", AvroSerializer(client, ROW, conf=conf), row)
    keys = AvroSerializer(client, record("Key", id="long"), conf=conf)
    write(f"key {way}", "avro", keys, {"id": 7}, MessageField.KEY)
    write(f"json {way}", "json", JSONSerializer(TITLED, client, conf=conf), {"id": 2**53 + 1})
    for message in (First(x="a"), bought, Inner(deep=5)):
        name = type(message).DESCRIPTOR.name
        serializer = ProtobufSerializer(type(message), client, conf={"use.deprecated.format": False, **conf})
        write(f"{name} {way}", name, serializer, message)
print(json.dumps(written))
"""
LARGE = 2**53 + 1
WANTED: dict[str, Any] = {
    "avro": {"id": LARGE, "amount": 0, "at": "2026-01-05T10:00:00.123456Z", "plan": None},
    "json": {"id": LARGE},
    "First": {"x": "a"},
    "Order": {"id": LARGE, "cents": 0, "at": "2026-01-05T10:00:00.000000005Z", "total": {"cents": 2_990}},
    "Inner": {"deep": 5},
}


def test_what_the_real_serializers_write_is_read(tmp_path: Path) -> None:
    made = environment(tmp_path / "confluent")
    made.pip("install", "--quiet", PACKAGE)
    (tmp_path / "confluent" / "send.py").write_text(SENDER)
    with registry() as small:
        done = made.run("python", "send.py", small.url)
        assert done.returncode == 0, done.stderr
        read = Registry(RegistrySettings(url=small.url))
        for name, one in json.loads(done.stdout).items():
            kind, value = name.partition(" ")[0], base64.b64decode(one["bytes"])
            headers = [(header, base64.b64decode(text)) for header, text in one["headers"]]
            record = Foreign(None, headers, value) if kind == "key" else Foreign(value, headers)
            asyncio.run(read.prepare([record]))

            found = Opener("mapping", changes=True, schemas=read.schemas).open(record)

            assert isinstance(found, Plain)
            document = decoded(found.foreign.value or b"")
            assert (document["envelope"]["key"] if kind == "key" else document) == WANTED.get(kind, {"id": 7}), name
            assert bool(headers) == ("header" in name)
