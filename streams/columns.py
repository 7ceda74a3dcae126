"""Makes the rows of a table JSON objects: the names of its columns are the keys, and `user.id` is `id` in `user`."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sources.exact import encoded

TABLE_BYTES: Final = 4 * 1_048_576
"""Bytes of a row that are kept in memory: far more than a worker accepts."""


class Row(NamedTuple):
    """One row of a table as JSON, or what is wrong with it."""

    number: int
    text: bytes
    size: int
    wrong: str = ""


class Columns:
    """The columns of a table.

    >>> Columns(["id", "user.id", "user.plan"], with_nulls=False).row(["7", "c-1", None])
    b'{"id":"7","user":{"id":"c-1"}}'
    >>> Columns(["user", "user.id"], with_nulls=True).row(["Ana", None])
    b'{"user":"Ana","user.id":null}'
    """

    def __init__(self, names: Sequence[str], *, with_nulls: bool) -> None:
        """Take the names; without one, a column is left out. With nulls, an empty cell is null, else it is missing."""
        self.names = tuple(names)
        self._with_nulls = with_nulls
        nested = any("." in name for name in names) and can_nest(names)
        paths = [tuple(name.split(".")) if nested else (name,) for name in names]
        self._flat = all(self.names) and all(len(path) == 1 for path in paths)
        self._paths = [(at, path) for at, path in enumerate(paths) if path != ("",)]

    def row(self, values: Sequence[object]) -> bytes:
        """Return a row as a JSON object."""
        if self._flat:
            pairs = zip(self.names, values, strict=True)
            return encoded(dict(pairs) if self._with_nulls else {k: v for k, v in pairs if v is not None})
        found: dict[str, Any] = {}
        for at, path in self._paths:
            if self._with_nulls or values[at] is not None:
                _put(found, path, values[at])
        return encoded(found)


def _put(into: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for name in path[:-1]:  # `can_nest` has seen to it that these are objects
        into = into.setdefault(name, {})
    into[path[-1]] = value


def can_nest(names: Sequence[str]) -> bool:
    """Report whether names with dots say plainly what lies in what.

    They do not if a part is empty or a number, or if one is both a value and an object: then all stay as they are.

    >>> can_nest(["id", "user.id"]), can_nest(["user", "user.id"]), can_nest(["v1.0"]), can_nest(["a..b"])
    (True, False, False, False)
    """
    paths = [tuple(name.split(".")) for name in names if name]
    outer = {path[:depth] for path in paths for depth in range(1, len(path))}
    parts = [part for path in paths if len(path) > 1 for part in path]
    return outer.isdisjoint(paths) and all(part.strip() and not part.isdigit() for part in parts)
