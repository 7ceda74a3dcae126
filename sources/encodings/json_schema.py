"""Reads JSON in a registry's framing; values that Connect has written by the types that the JSON Schema names."""

import json
from collections.abc import Callable
from typing import Any, Final

import msgspec

from sources.encodings.framing import Framed
from sources.exact import decoded
from sources.logical import LOGICAL, Bent, read

_DEEPEST: Final = 64
_BRANCHES: Final = ("oneOf", "anyOf")


def reader(text: str) -> Callable[[Framed], Any]:
    """Return a reader of values by a schema; raise `Bent` for a schema that is no JSON object."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Bent("a JSON Schema that is no JSON") from error
    is_typed = any(f'"{name}"' in text for name in LOGICAL)

    def read_value(value: Framed) -> Any:  # noqa: ANN401 - any JSON
        try:
            found = decoded(value.body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise Bent("no JSON") from error
        return _typed(schema, found, _DEEPEST) if is_typed else found

    return read_value


def _typed(schema: Any, value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON
    if not depth or value is None or not isinstance(schema, dict):
        return value
    title, parameters = schema.get("title"), schema.get("connect.parameters")
    if isinstance(title, str) and title in LOGICAL:
        return read(title, value, parameters if isinstance(parameters, dict) else {}, columns=False)
    for name in _BRANCHES:
        every = schema.get(name)
        branches = [
            one
            for one in (every if isinstance(every, list) else ())
            if isinstance(one, dict) and one.get("type") != "null"
        ]
        if len(branches) == 1:
            return _typed(branches[0], value, depth - 1)
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(value, dict) and isinstance(properties, dict):
        return {name: _typed(properties.get(name), one, depth - 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_typed(items, one, depth - 1) for one in value]
    return value
