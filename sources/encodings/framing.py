"""Finds the id of a schema in Confluent's framing: before the value, or among the headers.

    00 00 00 00 07 …                      a zero byte, the id 7, then the value
    __value_schema_id: 01 9f 86 …         a byte 1 and the 16 bytes of a global id; the value has nothing before it

Of Protobuf follow the indexes of its message, before the value or behind the global id. Keys are framed as values are.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

VALUE_HEADER: Final = "__value_schema_id"
KEY_HEADER: Final = "__key_schema_id"
ID_BYTES: Final = 5
"""A zero byte, and the id in four bytes."""
_GUID_BYTES: Final = 17
_LONGEST_NULL: Final = 64


def is_null(value: bytes | None) -> bool:
    """Report whether a record has no value, or the text `null`, as JsonConverter writes it.

    >>> is_null(None), is_null(b" null"), is_null(b"")
    (True, True, False)
    """
    return value is None or (len(value) < _LONGEST_NULL and value.strip() == b"null")


class Framed(NamedTuple):
    """A value with the id of its schema: a number of the registry, or a global id as text."""

    ident: int | str
    body: bytes
    """The value; of Protobuf with the indexes of its message before it, unless `indexes` has them."""
    indexes: bytes | None = None
    """What stands behind the id in the header."""


def framed(value: bytes | None, headers: Sequence[tuple[str, bytes | None]], *, is_key: bool) -> Framed | None:
    """Return a value with the id of its schema; None if it has none.

    >>> framed(bytes([0, 0, 0, 0, 7]) + b"x", (), is_key=False)
    Framed(ident=7, body=b'x', indexes=None)
    """
    if value is None:
        return None
    name = KEY_HEADER if is_key else VALUE_HEADER
    said = next((text for one, text in reversed(headers) if one == name), None)
    if said:
        if len(said) >= _GUID_BYTES and said[0] == 1:
            return Framed(str(UUID(bytes=said[1:_GUID_BYTES])), value, said[_GUID_BYTES:])
        if len(said) >= ID_BYTES and said[0] == 0:
            return Framed(int.from_bytes(said[1:ID_BYTES], "big"), value, said[ID_BYTES:])
    if len(value) >= ID_BYTES and value[0] == 0:
        return Framed(int.from_bytes(value[1:ID_BYTES], "big"), value[ID_BYTES:])
    return None
