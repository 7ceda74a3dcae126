"""Reads Protobuf by the descriptors of a registry, exactly: whole numbers whole, what was not set with its default.

Protobuf's own JSON leaves an amount of 0 out, writes whole numbers of 64 bits as text and drops an unknown enumeration
value; here 0 stands as 0, and a number without a name stands as that number.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING, Any, Final

from sources.encodings.floats import shortest
from sources.encodings.framing import Framed
from sources.logical import BEYOND, Bent, clock, number, unscaled

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import Message

MAIN: Final = "the.schema.proto"
"""Name of the file of a schema, which a registry does not name."""
_DEEPEST: Final = 64
_MOST_INDEXES: Final = 64
_NANOS: Final = 1_000_000_000
_OWN_SCALARS: Final = {
    "google.type.Decimal": (("value", 9, 1),),
    "google.type.Money": (("currency_code", 9, 1), ("units", 3, 2), ("nanos", 5, 3)),
    "google.type.Date": (("year", 5, 1), ("month", 5, 2), ("day", 5, 3)),
    "confluent.type.Decimal": (("value", 12, 1), ("precision", 13, 2), ("scale", 5, 3)),
}
"""Messages that registries take for known, so that no schema brings them: name, type and number of their fields."""
_FILES: Final = {
    "google/type/decimal.proto": "google.type.Decimal",
    "google/type/money.proto": "google.type.Money",
    "google/type/date.proto": "google.type.Date",
    "confluent/type/decimal.proto": "confluent.type.Decimal",
}
_FORWARDED: Final = {"confluent/types/decimal.proto": "confluent/type/decimal.proto"}
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_PACKAGE: Final = re.compile(r"\bpackage\s+([A-Za-z_][\w.]*)\s*;", re.ASCII)
_BRACE_OR_MESSAGE: Final = re.compile(r"\bmessage\s+(\w+)\s*\{|[{}]", re.ASCII)
_EMPTY: Final = frozenset({"confluent/meta.proto"})
"""Files that declare options only, which are not read."""


def reader(text: str, references: Sequence[tuple[str, str]], files: bytes = b"") -> Callable[[Framed], Any]:
    """Return a reader of messages by a file's descriptor; raise `Bent` for one that cannot be used."""
    from google.protobuf import descriptor_pb2
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message import DecodeError
    from google.protobuf.message_factory import GetMessageClass

    if files:
        found = _parsed(descriptor_pb2.FileDescriptorSet(), files)
        known = {one.name: one for one in found.file}
        main = _same(text, found.file)
    else:
        main = _file(MAIN, text)
        known = {name: _file(name, one) for name, one in references}
    pool, added = DescriptorPool(), set[str]()
    try:
        _add(main, known, pool, added, _DEEPEST)
    except (TypeError, KeyError, ValueError) as error:
        raise Bent("a Protobuf schema whose parts do not fit together") from error
    types: dict[str, Any] = {}

    def read(value: Framed) -> Any:  # noqa: ANN401 - any JSON
        indexes, body = _indexes(value)
        name = _named(main, indexes)
        if name not in types:
            types[name] = GetMessageClass(pool.FindMessageTypeByName(name))
        message = types[name]()
        try:
            message.ParseFromString(body)
        except DecodeError as error:
            raise Bent("bytes that do not fit it") from error
        return _message(message, _DEEPEST)

    return read


def _file(name: str, text: str) -> "FileDescriptorProto":
    from google.protobuf import descriptor_pb2

    try:
        found: FileDescriptorProto = _parsed(
            descriptor_pb2.FileDescriptorProto(), base64.b64decode(text, validate=True)
        )
    except (binascii.Error, ValueError) as error:
        raise Bent(
            "a Protobuf schema without its descriptor (the registry does not know format=serialized: set "
            "registry.descriptors)"
        ) from error
    found.name = name
    return found


def _same(text: str, files: "Sequence[FileDescriptorProto]") -> "FileDescriptorProto":
    """Return the descriptor of a .proto text among those of the settings: of the same package and messages."""
    bare = _COMMENT.sub(" ", text)
    package = _PACKAGE.search(bare)
    wanted = (package[1] if package else "", list(_messages(bare)))
    for file in files:
        if (file.package, [one.name for one in file.message_type]) == wanted:
            return file
    raise Bent("a Protobuf schema that no descriptor of registry.descriptors has")


def _messages(bare: str) -> Iterator[str]:
    """Yield the names of the messages of a .proto text that stand inside no other one."""
    depth = 0
    for found in _BRACE_OR_MESSAGE.finditer(bare):
        if found[1] and not depth:
            yield found[1]
        depth += {"{": 1, "}": -1}.get(found[0][-1], 0)


def _parsed(message: Any, value: bytes) -> Any:  # noqa: ANN401 - of the descriptors
    from google.protobuf.message import DecodeError

    try:
        message.ParseFromString(value)
    except DecodeError as error:
        raise Bent("a Protobuf descriptor that cannot be read") from error
    return message


def _add(
    file: "FileDescriptorProto",
    known: dict[str, "FileDescriptorProto"],
    pool: "DescriptorPool",
    added: set[str],
    depth: int,
) -> None:
    """Add a file to a pool, after everything that it imports."""
    if file.name in added:
        return
    if not depth:
        raise Bent("a Protobuf schema whose imports have no end")
    added.add(file.name)
    for name in file.dependency:
        _add(known.get(name) or _well_known(name), known, pool, added, depth - 1)
    pool.AddSerializedFile(file.SerializeToString())


def _well_known(name: str) -> "FileDescriptorProto":
    """Return a file that every registry knows; raise `Bent` for any other."""
    from google.protobuf import (
        any_pb2,
        api_pb2,
        descriptor_pb2,
        duration_pb2,
        empty_pb2,
        field_mask_pb2,
        source_context_pb2,
        struct_pb2,
        timestamp_pb2,
        type_pb2,
        wrappers_pb2,
    )

    ours = (any_pb2, api_pb2, descriptor_pb2, duration_pb2, empty_pb2, field_mask_pb2)
    others = (source_context_pb2, struct_pb2, timestamp_pb2, type_pb2, wrappers_pb2)
    for module in (*ours, *others):
        if name == module.DESCRIPTOR.name:
            found = descriptor_pb2.FileDescriptorProto()
            module.DESCRIPTOR.CopyToProto(found)
            return found
    return _own(name)


def _own(name: str) -> "FileDescriptorProto":
    from google.protobuf import descriptor_pb2

    file = descriptor_pb2.FileDescriptorProto(name=name, syntax="proto3")
    if name in _FORWARDED:
        file.dependency.append(_FORWARDED[name])
        file.public_dependency.append(0)
    elif name in _FILES:
        full = _FILES[name]
        file.package, _, short = full.rpartition(".")
        message = file.message_type.add(name=short)
        for field, kind, place in _OWN_SCALARS[full]:
            message.field.add(name=field, number=place, label=1, type=kind)
    elif name not in _EMPTY:
        raise Bent("a Protobuf schema that imports a file which the registry does not have")
    return file


def _indexes(value: Framed) -> tuple[list[int], bytes]:
    """Return the place of a message in its file, and its bytes. A single 0 stands for the first message.

    >>> _indexes(Framed(7, bytes([0, 8]))), _indexes(Framed(7, bytes([4, 2, 0, 8])))
    (([0], b'\\x08'), ([1, 0], b'\\x08'))
    """
    data = value.indexes or value.body
    count, at = _zigzag(data, 0)
    if not 0 <= count <= _MOST_INDEXES:
        raise Bent("bytes whose message indexes are no list")
    found = []
    for _ in range(count):
        index, at = _zigzag(data, at)
        found.append(index)
    return found or [0], value.body if value.indexes else data[at:]


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    while at < len(data) and shift < _DEEPEST:
        byte = data[at]
        found |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follow
            return (found >> 1) ^ -(found & 1), at
    raise Bent("bytes that end within their message indexes")


def _named(file: "FileDescriptorProto", indexes: Sequence[int]) -> str:
    """Return the full name of the message at a place of a file."""
    inside: Sequence[DescriptorProto] = file.message_type
    names = [file.package] if file.package else []
    for index in indexes:
        if not 0 <= index < len(inside):
            raise Bent("bytes whose message indexes lead to no message")
        names.append(inside[index].name)
        inside = inside[index].nested_type
    return ".".join(names)


def _message(message: "Message", depth: int) -> Any:  # noqa: ANN401 - any JSON
    if not depth:
        raise Bent("a message that is nested too deeply")
    known = _KNOWN.get(message.DESCRIPTOR.full_name)
    if known is not None:
        try:
            return known(message)
        except (AttributeError, TypeError) as error:
            raise Bent("a message of a well-known name with other fields than that has") from error
    return dict(_fields(message, message.DESCRIPTOR, depth - 1))


def _fields(message: "Message", descriptor: Any, depth: int) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - of either runtime
    for field in descriptor.fields:
        value = getattr(message, field.name)
        if _is_map(field):
            of_value = field.message_type.fields_by_name["value"]
            yield field.name, {_key(key): _value(of_value, value[key], depth) for key in value}
        elif _is_repeated(field):
            yield field.name, [_value(field, one, depth) for one in value]
        elif field.has_presence and not message.HasField(field.name) and not field.has_default_value:
            continue  # it was not set, and has no default that says anything
        else:
            yield field.name, _value(field, value, depth)


def _is_repeated(field: "FieldDescriptor") -> bool:
    repeated = getattr(field, "is_repeated", None)
    return bool(repeated) if repeated is not None else getattr(field, "label", None) == 3  # noqa: PLR2004 - LABEL_REPEATED, before 6.31


def _is_map(field: "FieldDescriptor") -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _value(field: "FieldDescriptor", value: Any, depth: int) -> Any:  # noqa: ANN401 - any value of a message
    if field.message_type is not None:
        return _message(value, depth)
    if field.enum_type is not None:
        named = field.enum_type.values_by_number.get(value)
        return named.name if named is not None else value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return _finite(shortest(value) if field.type == field.TYPE_FLOAT else value)
    return value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _instant(message: Any) -> str:  # noqa: ANN401 - a Timestamp
    return clock(_NANOS, offset="Z")(message.seconds * _NANOS + message.nanos, {})


def _duration(message: Any) -> object:  # noqa: ANN401 - a Duration
    return number(Decimal(message.seconds * _NANOS + message.nanos).scaleb(-9).normalize())


def _money(message: Any) -> dict[str, object]:  # noqa: ANN401 - a Money
    amount = number(Decimal(message.units * _NANOS + message.nanos).scaleb(-9).normalize())
    return {"currency_code": message.currency_code, "units": message.units, "nanos": message.nanos, "amount": amount}


def _decimal(message: Any) -> object:  # noqa: ANN401 - a Decimal of Google
    try:
        return number(Decimal(message.value or "0"))
    except DecimalException as error:
        raise Bent("text that is no decimal") from error


def _date(message: Any) -> str:  # noqa: ANN401 - a Date
    try:
        return date(message.year, message.month, message.day).isoformat()
    except (ValueError, OverflowError):
        return BEYOND


def _any_json(message: Any) -> Any:  # noqa: ANN401 - a Value
    kind = message.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    value = getattr(message, kind)
    if kind == "struct_value":
        return _struct(value)
    if kind == "list_value":
        return _listed(value)
    return _whole(value) if isinstance(value, float) else value


def _whole(value: float) -> float | int | None:
    """Return a number of a Struct, which is a double, as JSON has it: whole where it is whole."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else _finite(value)


def _struct(message: Any) -> dict[str, Any]:  # noqa: ANN401 - a Struct
    return {name: _any_json(message.fields[name]) for name in message.fields}


def _listed(message: Any) -> list[Any]:  # noqa: ANN401 - a ListValue
    return [_any_json(one) for one in message.values]


def _wrapped(message: Any) -> Any:  # noqa: ANN401 - a wrapper
    return _value(message.DESCRIPTOR.fields_by_name["value"], message.value, 1)


_KNOWN: Final[dict[str, Callable[[Any], Any]]] = {
    "google.protobuf.Timestamp": _instant,
    "google.protobuf.Duration": _duration,
    "google.protobuf.Struct": _struct,
    "google.protobuf.Value": _any_json,
    "google.protobuf.ListValue": _listed,
    "google.type.Money": _money,
    "google.type.Decimal": _decimal,
    "google.type.Date": _date,
    "confluent.type.Decimal": lambda message: unscaled(bytes(message.value), message.scale),
    **{
        f"google.protobuf.{kind}Value": _wrapped
        for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
    },
}
"""Messages that mean one value. All others are objects of their fields."""
