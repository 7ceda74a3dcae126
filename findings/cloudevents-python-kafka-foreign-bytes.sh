#!/bin/sh
# cloudevents 2.2.0 (Python), from_kafka: bytes that are no part of a CloudEvent decide whether it can be read. Every header is decoded as
# UTF-8, and the key: a header of another tool with raw bytes, or with no value, or a key that is a number of eight bytes, and the event is
# lost to an exception (a UnicodeDecodeError or AttributeError, none of the SDK's own).
#
# A guess would be that a binding reads `ce_*` and `content-type` and leaves the rest alone; Kafka allows any bytes, and none, in both.
# A missing id or time it invents instead of refusing: two reads of one record are two events.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cloudevents==2.2.0
"$folder/venv/bin/python" - <<'PYTHON'
import struct
import sys
from importlib.metadata import version

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
from cloudevents.core.formats.json import JSONFormat

ours = {
    "ce_specversion": b"1.0",
    "ce_id": b"o-17",
    "ce_source": b"/shop",
    "ce_type": b"purchase.completed",
    "content-type": b"application/json",
}
without_id = {name: value for name, value in ours.items() if name != "ce_id"}


def read(headers, key=None):
    try:
        return from_kafka(KafkaMessage(headers, key, b'{"amount": "29.90"}'), JSONFormat()).get_id()
    except (UnicodeDecodeError, AttributeError) as lost:
        return type(lost).__name__


print(f"cloudevents {version('cloudevents')}, Python {sys.version.split()[0]}")
found = {
    "as it is": read(ours),
    "with a trace id of raw bytes": read({**ours, "trace-id": bytes.fromhex("9f86d081884c7d65")}),
    "with a header without value": read({**ours, "retried": None}),
    "with the key 213 as eight bytes": read(ours, struct.pack(">q", 213)),
    "with the key -1 as eight bytes": read(ours, struct.pack(">q", -1)),
    "without id, read twice": "two ids" if read(without_id) != read(without_id) else "one id",
}
for name, result in found.items():
    print(f"{name:<32} {result}")
expected = ["o-17", "UnicodeDecodeError", "AttributeError", "UnicodeDecodeError", "UnicodeDecodeError", "two ids"]
sys.exit("the behaviour has changed" if list(found.values()) != expected else 0)
PYTHON
# Seen on 2026-11-29:
#   cloudevents 2.2.0, Python 3.11.7
#   as it is                         o-17
#   with a trace id of raw bytes     UnicodeDecodeError
#   with a header without value      AttributeError
#   with the key 213 as eight bytes  UnicodeDecodeError
#   with the key -1 as eight bytes   UnicodeDecodeError
#   without id, read twice           two ids
