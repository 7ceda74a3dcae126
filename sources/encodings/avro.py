"""Reads Avro by its schema, with fastavro; logical types by rules of our own, so that every digit and zone is kept.

fastavro reads a time without a zone by the clock of the machine, and nanoseconds as a bare number. So each logical type
gets a name of ours in the parsed schema, and a reader of ours by that name.
"""

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any, Final

from sources.encodings.floats import shortest
from sources.encodings.framing import Framed
from sources.logical import LOGICAL, OF_COLUMNS, Bent, clock, day, is_of_debezium, time_of_day, unscaled

OURS: Final = "backstay-"
_SCALED: Final = "decimal"
_FLOAT: Final = "float"
_BIG: Final = "big-decimal"
_BY_UNIT: Final = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}
_TIMES: Final[dict[str, Callable[[Any, Any], Any]]] = (
    {"date": day}
    | {f"time-{unit}": time_of_day(of_second) for unit, of_second in _BY_UNIT.items()}
    | {f"timestamp-{unit}": clock(of_second, offset="Z") for unit, of_second in _BY_UNIT.items()}
    | {f"local-timestamp-{unit}": clock(of_second) for unit, of_second in _BY_UNIT.items()}
)
"""Readers of Avro's logical types. A `timestamp` is an instant; a `local-timestamp` is that of a clock somewhere."""
_CONNECTED: Final = frozenset(name for name in LOGICAL if not name.endswith("Decimal"))
"""Types of Connect and Debezium that AvroConverter names in `connect.name`."""
_CONTAINERS: Final = ("items", "values")
_DEEPEST: Final = 64
_RECORDS: Final = frozenset({"record", "error"})
_BROKEN: Final = (
    EOFError,
    IndexError,
    KeyError,
    ValueError,
    TypeError,
    OverflowError,
    MemoryError,
    RecursionError,
    DecimalException,
    StopIteration,
    AssertionError,
    AttributeError,
)
"""What fastavro raises for bytes that do not fit a schema, besides errors of its own."""


def reader(text: str, references: Sequence[tuple[str, str]]) -> Callable[[Framed], Any]:
    """Return a reader of values by a schema; raise `Bent` for a schema that cannot be used."""
    from fastavro import parse_schema, schemaless_reader
    from fastavro.schema import SchemaParseException

    _register()
    named: dict[str, Any] = {}
    try:
        for _, one in references:
            parse_schema(_renamed(json.loads(one), _DEEPEST, columns=False), named)
        document = json.loads(text)
        schema = parse_schema(_renamed(document, _DEEPEST, columns=_of_debezium(document)), named)
        has_end = _ends(schema, named, frozenset(), set())
        is_endless = has_end and any(_takes_nothing(one, named, {}) for one in _items(schema, named))
    except (SchemaParseException, *_BROKEN) as error:
        raise Bent("an Avro schema that cannot be parsed") from error
    if not has_end:
        raise Bent("an Avro schema that contains itself")
    if is_endless:
        raise Bent("an Avro schema with lists whose members take no byte: a few bytes would be any number of them")

    def read(value: Framed) -> Any:  # noqa: ANN401 - any JSON
        stream = io.BytesIO(value.body)
        try:
            found = _plain(schemaless_reader(stream, schema, None))
        except Bent:
            raise
        except Exception as error:
            raise Bent("bytes that do not fit it") from error
        if stream.tell() != len(value.body):
            raise Bent("bytes that go on after its end")
        return found

    return read


def _ends(schema: Any, named: Mapping[str, Any], inside: frozenset[str], known: set[str]) -> bool:  # noqa: ANN401 - any JSON
    """Report whether no named type of a parsed schema contains itself. `known` are those that are looked through."""
    if isinstance(schema, list):
        return all(_ends(one, named, inside, known) for one in schema)
    if isinstance(schema, str):
        return schema not in inside and (schema not in named or _ends(named[schema], named, inside, known))
    name = schema.get("name")
    if name in known:
        return True
    parts = [schema[one] for one in ("type", *_CONTAINERS) if one in schema]
    parts += [field["type"] for field in schema.get("fields", ())]
    within = inside if name is None else inside | {name}
    if not all(_ends(one, named, within, known) for one in parts):
        return False
    if name is not None:
        known.add(name)
    return True


def _of_debezium(document: Any) -> bool:  # noqa: ANN401 - any JSON
    fields = document.get("fields") if isinstance(document, dict) else None
    return is_of_debezium({one.get("name") for one in fields or () if isinstance(one, dict)})


def _items(schema: Any, named: Mapping[str, Any]) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """Yield the schemas of the members of all lists in a parsed schema, and in what it refers to."""
    left = [schema, *named.values()]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            if one.get("type") == "array":
                yield one["items"]
            left += [one[name] for name in ("type", *_CONTAINERS) if name in one]
            left += [field["type"] for field in one.get("fields", ())]


def _takes_nothing(schema: Any, named: Mapping[str, Any], known: dict[str, bool]) -> bool:  # noqa: ANN401 - any JSON
    """Report whether a value of a parsed schema takes no byte. `known` has the named types that are looked through."""
    if isinstance(schema, str):
        return schema == "null" or (schema in named and _takes_nothing(named[schema], named, known))
    if not isinstance(schema, dict):  # a union takes the byte that says which
        return False
    name, kind = schema.get("name"), schema.get("type")
    if name is None:
        return _takes_nothing(kind, named, known)
    if name not in known:
        of_record = kind in _RECORDS and all(_takes_nothing(one["type"], named, known) for one in schema["fields"])
        known[name] = of_record or (kind == "fixed" and schema["size"] == 0)
    return known[name]


def _renamed(schema: Any, depth: int, *, columns: bool) -> Any:  # noqa: ANN401 - any JSON
    """Return a schema whose logical types have names of ours."""
    if not depth:
        raise Bent("an Avro schema that is nested too deeply")
    if schema == _FLOAT:
        return {"type": _FLOAT, "logicalType": OURS + _FLOAT}
    if isinstance(schema, list):
        return [_renamed(one, depth - 1, columns=columns) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = dict(schema)
    for name in _CONTAINERS:
        if name in found:
            found[name] = _renamed(found[name], depth - 1, columns=columns)
    kind = found.get("type")
    if isinstance(kind, dict | list):
        found["type"] = _renamed(kind, depth - 1, columns=columns)
    if kind in _RECORDS and isinstance(found.get("fields"), list):
        found["fields"] = [
            {name: one for name, one in field.items() if name != "default"}
            | {"type": _renamed(field.get("type"), depth - 1, columns=columns)}
            for field in found["fields"]
            if isinstance(field, dict)
        ]
    return _logical(found, kind, columns=columns)


def _logical(found: dict[str, Any], kind: object, *, columns: bool) -> dict[str, Any]:
    name = found.pop("logicalType", None)
    connected = found.get("connect.name")
    if isinstance(connected, str) and connected in _CONNECTED and kind in {"int", "long", "string"}:
        found["logicalType"] = f"{OURS}{'columns-' if columns else ''}{connected}"
    elif isinstance(name, str) and name in _TIMES and kind in {"int", "long"}:
        found["logicalType"] = OURS + name
    elif name == _SCALED and kind in {"bytes", "fixed"} and isinstance(found.get("scale", 0), int):
        found["logicalType"] = OURS + _SCALED
    elif kind == _FLOAT:
        found["logicalType"] = OURS + _FLOAT
    return found


def _register() -> None:
    """Add to fastavro the readers of our logical types, under names that no schema has by itself."""
    from fastavro.read import LOGICAL_READERS

    if f"float-{OURS}{_FLOAT}" in LOGICAL_READERS:
        return
    for kind in ("bytes", "fixed"):
        LOGICAL_READERS[f"{kind}-{OURS}{_SCALED}"] = lambda value, schema, _: unscaled(
            value, (schema or {}).get("scale", 0)
        )
    for kind in ("int", "long"):
        for name, read in _TIMES.items():
            LOGICAL_READERS[f"{kind}-{OURS}{name}"] = _reading(read)
    for kind in ("int", "long", "string"):
        for name in _CONNECTED:
            LOGICAL_READERS[f"{kind}-{OURS}{name}"] = _reading(LOGICAL[name])
            LOGICAL_READERS[f"{kind}-{OURS}columns-{name}"] = _reading(OF_COLUMNS[name])
    LOGICAL_READERS[f"float-{OURS}{_FLOAT}"] = lambda value, _, __: shortest(value)


def _reading(read: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    return lambda value, _, __: read(value, {})


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of Avro
    """Return a value as JSON holds it: bytes in base64, a decimal of Debezium as a number."""
    if isinstance(value, dict):
        if value.keys() == {"scale", "value"} and isinstance(value["value"], bytes) and isinstance(value["scale"], int):
            return unscaled(value["value"], value["scale"])
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, str | bool | int | float | Decimal) else str(value)
