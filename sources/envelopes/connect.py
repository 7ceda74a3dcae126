"""Unwraps the envelope of Kafka Connect's JsonConverter: `{"schema": …, "payload": …}`, values by their schema.

{"type": "bytes", "name": "…Decimal", "parameters": {"scale": "2"}}     "C64="        ─►   29.90
{"type": "int64", "name": "io.debezium.time.MicroTimestamp"}            1767571200…   ─►   2026-01-05T00:00:00
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sources.base import Unreadable
from sources.logical import Bent, is_of_debezium, read

NAME: Final = "connect"
DEEPEST: Final = 64
"""Most levels of a schema."""
_REMEDY: Final = "send what JsonConverter wrote, with the schema that it wrote"


def fits(document: object) -> bool:
    """Report whether a document is an envelope of JsonConverter.

    >>> fits({"schema": {"type": "string"}, "payload": "x"}), fits({"schema": "x", "payload": 1})
    (True, False)
    """
    if not isinstance(document, dict) or document.keys() != {"schema", "payload"}:
        return False
    schema = document["schema"]
    return schema is None or (isinstance(schema, dict) and isinstance(schema.get("type"), str))


def payload(document: Any, source: str, *, columns: bool = False) -> Any:  # noqa: ANN401 - any JSON
    """Return the payload of an envelope, each value by its schema.

    `columns` says that Debezium has read the rows, even if nothing in them shows it.
    """
    schema = document["schema"]
    if schema is None:
        return document["payload"]
    typing = _Typing(source, columns or is_of_debezium({one["field"] for one in _fields(schema)}))
    return typing.read(schema, document["payload"], "payload", DEEPEST)


def _fields(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    fields = schema.get("fields") if isinstance(schema, dict) else None
    found = fields if isinstance(fields, list) else []
    return (one for one in found if isinstance(one, dict) and isinstance(one.get("field"), str))


@dataclass(frozen=True)
class _Typing:
    """Reads values by their schemas. Each schema of a struct is looked through once, however many values it has."""

    source: str
    columns: bool
    types: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Schemas of fields, by the identity of the schema of their struct, which lives as long as its envelope."""

    def read(self, schema: Any, value: Any, path: str, depth: int) -> Any:  # noqa: ANN401 - any JSON
        if value is None or not isinstance(schema, dict):
            return value
        if not depth:
            raise Unreadable(self.source, "the schema", "nested too deeply", _REMEDY)
        name, parameters = schema.get("name"), schema.get("parameters")
        if isinstance(name, str):
            try:
                found = read(name, value, parameters if isinstance(parameters, dict) else {}, columns=self.columns)
            except Bent as bent:
                raise Unreadable(self.source, path, str(bent), _REMEDY) from None
            if found is not value:
                return found
        kind = schema.get("type")
        if kind == "struct" and isinstance(value, dict):
            types = self._types(schema)
            return {key: self.read(types.get(key), one, f"{path}.{key}", depth - 1) for key, one in value.items()}
        if kind == "array" and isinstance(value, list):
            inner = schema.get("items")
            return [self.read(inner, one, f"{path}[{n}]", depth - 1) for n, one in enumerate(value)]
        if kind == "map" and isinstance(value, dict):
            inner = schema.get("values")
            return {key: self.read(inner, one, path, depth - 1) for key, one in value.items()}
        return value

    def _types(self, schema: dict[str, Any]) -> dict[str, Any]:
        found = self.types.get(id(schema))
        if found is None:
            found = self.types[id(schema)] = {one["field"]: one for one in _fields(schema)}
        return found


def defaults(document: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the fields of an envelope's schema that may be null and have a default, which Connect writes for null."""
    if fits(document) and document["schema"] is not None:
        yield from _defaults(document["schema"], "", 3)


def _defaults(schema: Any, path: str, depth: int) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for one in _fields(schema) if depth else ():
        name = f"{path}{one.get('field')}"
        if one.get("optional") is True and one.get("default") is not None:
            yield name
        yield from _defaults(one, f"{name}.", depth - 1)
