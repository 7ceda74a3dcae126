"""Knows a delete that is no more than a null: no value at all, or the text `null`. Its key says which row it was."""

from typing import Final

from sources.base import Foreign
from sources.envelopes.debezium import Change, Row

TOMBSTONE: Final = (
    "a null value whose key is all that is known: a tombstone behind a delete, or a delete that no rule can be made of"
)


def gone(foreign: Foreign, key: Row | None) -> Change:
    """Return the delete of the row with a key."""
    return Change(key or {}, key, None, "d", deleted=True, at=foreign.timestamp or None)
