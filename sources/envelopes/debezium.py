"""Reads change events of Debezium, raw and flattened: which row, what it was before, and what happened to it.

    {"before": …, "after": …, "op": "u", "source": {…}, "ts_ms": …}         raw
    {"id": 7, "status": "over", "__deleted": "true", "__op": "d"}           flattened by ExtractNewRecordState

A delete has many forms: `op` d, `__deleted` true (a text), and a null value, where only the key says which row it was.
"""

from typing import Any, Final, NamedTuple

import msgspec

from sources.exact import decoded

RAW: Final = "debezium"
FLATTENED: Final = "flattened"
OPS: Final = frozenset("crudtm")
TRUNCATE: Final = "a table that was emptied (op t): it names no row"
MESSAGE: Final = "a message of the database's log (op m): it is no row"
_KNOWN: Final = frozenset({"before", "after", "op", "source", "ts_ms", "ts_us", "ts_ns", "transaction", "message"})
_TRUE: Final = (True, "true")
_FLAGS: Final = (True, False, "true", "false")
_ADDED: Final = "__"
Row = dict[str, Any]


class Change(NamedTuple):
    """One change of a row, or why it names none."""

    row: Row
    """What rules select from at the top: the row after the change; of a deleted one what it was, or its key alone."""
    before: Row | None = None
    after: Row | None = None
    op: str | None = None
    deleted: bool = False
    at: "object" = None
    """When it happened, in milliseconds since 1970, if the record says so."""
    source: Any = None
    nothing: str = ""


def fits(document: object) -> bool:
    """Report whether a document is a raw change event.

    >>> fits({"before": None, "after": {"id": 7}, "op": "c", "source": {}, "ts_ms": 1}), fits({"op": "c", "id": 1})
    (True, False)
    """
    if not isinstance(document, dict):
        return False
    op = document.get("op")
    return (
        isinstance(op, str)
        and op in OPS
        and isinstance(document.get("source"), dict)
        and document.keys() <= _KNOWN
        and (op in "tm" or "after" in document or "before" in document)
    )


def is_flattened(document: object) -> bool:
    """Report whether a document is a row with what ExtractNewRecordState adds.

    >>> is_flattened({"id": 7, "__deleted": "false"}), is_flattened({"id": 7, "__op": "sum"})
    (True, False)
    """
    if not isinstance(document, dict):
        return False
    op = document.get("__op")
    flag = document.get("__deleted")
    return (isinstance(op, str) and op in OPS) or any(flag is one or flag == one for one in _FLAGS if flag is not None)


def change(document: Row) -> Change:
    """Return the change that a raw event tells of."""
    op, source = document["op"], document.get("source")
    before, after = _row(document.get("before")), _row(document.get("after"))
    nothing = {"t": TRUNCATE, "m": MESSAGE}.get(op, "")
    of_database = source.get("ts_ms") if isinstance(source, dict) else None
    at = of_database or document.get("ts_ms")
    deleted = op == "d"
    row = (before if deleted else after) or {}
    return Change(row, before, after, op, deleted, at, source, nothing)


def _row(value: object) -> Row | None:
    """Return a row; of MongoDB it is a text with JSON."""
    if isinstance(value, str):
        try:
            value = decoded(value.encode())
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def flattened(document: Row) -> Change:
    """Return the change that a flattened row tells of."""
    op = document.get("__op")
    op = op if isinstance(op, str) and op in OPS else None
    deleted = op == "d" or any(document.get("__deleted") == one for one in _TRUE)
    at = document.get("__source_ts_ms") or document.get("__ts_ms")
    added = {name.removeprefix(_ADDED): one for name, one in document.items() if name.startswith(_ADDED)}
    of_source = {name.removeprefix("source_"): one for name, one in added.items() if name not in {"op", "deleted"}}
    nothing = {"t": TRUNCATE, "m": MESSAGE}.get(op or "", "")
    op = "d" if deleted else op
    return Change(
        document, document if deleted else None, None if deleted else document, op, deleted, at, of_source, nothing
    )
