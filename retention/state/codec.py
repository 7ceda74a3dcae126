"""Turns a customer into bytes, and bytes of any version into a customer.

byte 0        the version of the state
bytes 1 to 8  when time may next change the customer, big-endian: timers are rebuilt without decoding the rest
then          the core and the sections as MessagePack (`customer.py`, `section.py`)
"""

from typing import Final

import msgspec

from retention.calendar import Instant
from retention.errors import UnknownVersion
from retention.state.customer import Customer, Row
from retention.state.upgrades import upgraded

VERSION: Final = 7
MAX_VALUE_BYTES: Final = 65_536
"""Most bytes of a customer whose ids are UUIDs, or as short."""
_IN_FRONT: Final = bytes([VERSION])
_HEADER: Final = 9

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Row).decode


def encode(customer: Customer) -> bytes:
    """Return a customer as bytes. The values of its sections must not be used after that."""
    return _IN_FRONT + customer.due.to_bytes(8, "big") + _encode(customer.put_away())


def decode(value: bytes) -> Customer:
    """Return the customer of some bytes; raise `UnknownVersion` for those of a newer program."""
    version = value[0]
    if version == VERSION:
        row: Row = _decode(value[_HEADER:])  # a view would take longer than a copy of some 500 bytes
    elif 0 < version < VERSION:
        row = _decode(upgraded(value[_HEADER:], version))
    else:
        raise UnknownVersion(f"a customer of state version {version}; this program knows {VERSION}")
    return Customer(due_of(value), row)


def with_due(value: bytes, due: Instant) -> bytes:
    """Return a value with another due instant; the same object if it has that one already."""
    if due_of(value) == due:
        return value
    return value[:1] + due.to_bytes(8, "big") + value[_HEADER:]


def due_of(value: bytes) -> Instant:
    """Return the next due instant without decoding the rest."""
    return int.from_bytes(value[1:_HEADER], "big")
