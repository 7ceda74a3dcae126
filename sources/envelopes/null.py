"""Knows a delete that is no more than a null: no value at all, or the text `null`. Its key says which row it was."""

from typing import Final

from sources.base import Foreign
from sources.envelopes.debezium import Change, Row

TOMBSTONE: Final = (
    "a null value whose key is all that is known: a tombstone behind a delete, or a delete that no rule can be made of"
)
_LONGEST: Final = 64


def is_null(value: bytes | None) -> bool:
    """Report whether a record has no value, or the text `null`, as JsonConverter writes it.

    >>> is_null(None), is_null(b" null"), is_null(b"")
    (True, True, False)
    """
    return value is None or (len(value) < _LONGEST and value.strip() == b"null")


def gone(foreign: Foreign, key: Row | None) -> Change:
    """Return the delete of the row with a key."""
    return Change(key or {}, key, None, "d", deleted=True, at=foreign.timestamp or None)
