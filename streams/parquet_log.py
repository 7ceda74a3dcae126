"""Reads Parquet through DuckDB: each row becomes one JSON object, exactly.

| column | in JSON |
|---|---|
| DECIMAL, whole numbers | the number, with all its digits |
| FLOAT, DOUBLE | the shortest number that is read as the same; NaN is null |
| TIMESTAMP of UTC | text with Z, to the nanosecond |
| TIMESTAMP without a zone | text without an offset |
| DATE, TIME, UUID, ENUM | text |
| JSON | what it holds |
| bytes | text if they are UTF-8, else base64 |
| LIST, STRUCT, MAP | a list, an object |
"""

import base64
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sources.exact import decoded
from streams.columns import Columns, Row
from streams.errors import BadLog, BadSettings
from streams.extras import missing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PIECE: Final = 1_000
"""Rows that are fetched together."""
_MEMORY: Final = "1GB"
_ALL: Final = "SELECT * FROM read_parquet(?, hive_partitioning = false)"

Convert = Callable[[Any], object]
"""Makes JSON of a value that is not null."""


@contextmanager
def _connected(file: Path) -> Iterator["DuckDBPyConnection"]:
    """Yield a database in memory that may read this file, and neither another one nor the network."""
    try:
        import duckdb  # the extra `files` is not always installed
    except ImportError as error:
        raise BadSettings(missing(f"reading {file}", "files")) from error
    off = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    with duckdb.connect(":memory:", config={**off, "threads": "1", "memory_limit": _MEMORY}) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"SET allowed_paths = [{_quoted(_path(file))}]")
            for name, value in (("enable_external_access", "false"), ("lock_configuration", "true")):
                connection.execute(f"SET {name} = {value}")
            yield connection
        except duckdb.Error as error:
            why = str(error).partition("\n")[0]
            raise BadLog(f"{file} cannot be read as Parquet: {why}. Copy it again, or export it again") from error


def _path(file: Path) -> str:
    return str(file.absolute())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def rows(file: Path, *, with_nulls: bool) -> Iterator[Row]:
    """Yield the rows of a file in their order, numbered from 1, some of them in memory at a time."""
    with _connected(file) as connection:
        head = connection.sql(_ALL, params=[_path(file)])
        plans = [_plan(kind) for kind in head.types]
        columns = Columns(head.columns, with_nulls=with_nulls)
        chosen = [_chosen(name, plan[0]) for name, plan in zip(head.columns, plans, strict=True)]
        converts = [(at, convert) for at, (_, convert) in enumerate(plans) if convert is not None]
        found = connection.execute(_ALL.replace("*", ", ".join(chosen), 1), [_path(file)])
        number = 0
        while piece := found.fetchmany(PIECE):
            for values in piece:
                number += 1
                cells = list(values)
                for at, convert in converts:
                    if cells[at] is not None:
                        cells[at] = convert(cells[at])
                text = columns.row(cells)
                yield Row(number, text, len(text))


def _chosen(name: str, cast: str) -> str:
    """Return a column as it is selected."""
    column = _named(name)
    return f"CAST({column} AS {cast}) AS {column}" if cast else column


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plan(kind: Any) -> tuple[str, Convert | None]:  # noqa: ANN401 - a type of DuckDB, whose module may be missing
    """Return as what a column is selected (empty: as it is), and what makes JSON of its values."""
    if kind.id in {"list", "array"}:
        return _of_list(kind)
    if kind.id == "struct":
        return _of_struct(kind)
    if kind.id == "map":
        return _of_map(kind)
    if str(kind) == "JSON":
        return "", _json
    if kind.id.startswith("timestamp"):  # in seconds to nanoseconds, with a zone and without
        return "VARCHAR", _moment
    return _LEAVES.get(kind.id, ("VARCHAR", None))


def _of_list(kind: Any) -> tuple[str, Convert | None]:  # noqa: ANN401
    child = dict(kind.children)["child"]
    cast, convert = _plan(child)
    size = f"[{dict(kind.children)['size']}]" if kind.id == "array" else "[]"
    each = convert or _same
    return f"{cast or child}{size}", lambda found: [None if one is None else each(one) for one in found]


def _of_struct(kind: Any) -> tuple[str, Convert | None]:  # noqa: ANN401
    plans = {name: (child, *_plan(child)) for name, child in kind.children}
    fields = ", ".join(f"{_named(name)} {cast or child}" for name, (child, cast, _) in plans.items())
    each = {name: convert or _same for name, (_, _, convert) in plans.items()}

    def convert(found: dict[str, Any]) -> object:
        return {name: None if one is None else each[name](one) for name, one in found.items()}

    return f"STRUCT({fields})", convert


def _of_map(kind: Any) -> tuple[str, Convert | None]:  # noqa: ANN401
    child = dict(kind.children)["value"]
    cast, convert = _plan(child)
    each = convert or _same
    return (
        f"MAP(VARCHAR, {cast or child})",
        lambda found: {key: None if one is None else each(one) for key, one in found.items()},
    )


def _same(value: object) -> object:
    return value


def _json(text: str) -> object:
    try:
        return decoded(text.encode())
    except (ValueError, RecursionError):
        return text


def _single(text: str) -> object:
    """Return a number of 32 bits by its shortest text, as Python knows those of 64 bits only."""
    return None if text == "nan" else _infinite(text) if "inf" in text else Decimal(text)


def _double(number: float) -> object:
    if math.isfinite(number):
        return number
    return None if math.isnan(number) else _infinite(str(number))


def _infinite(text: str) -> str:
    return "-Infinity" if text.startswith("-") else "Infinity"


def _moment(text: str) -> str:
    """Return a time as RFC 3339 has it. The offset is that of the connection, UTC; without one it has no zone."""
    return text.replace(" ", "T", 1).replace("+00", "Z", 1)


def _bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


_WHOLE: Final = ("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint")
_LEAVES: Final[dict[str, tuple[str, Convert | None]]] = {
    **dict.fromkeys(("boolean", "varchar", "decimal", *_WHOLE), ("", None)),
    "float": ("VARCHAR", _single),
    "double": ("", _double),
    "blob": ("", _bytes),
}
"""Kinds of single values; others are text as DuckDB writes them."""
