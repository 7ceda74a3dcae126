"""Differences in the changelog: what they are keyed by, and how records are put together again.

    changelog    c-1: base   c-1: ≠   c-2: base   c-1: ≠   c-1: base   c-2: ≠
    compacted                         c-2: base   c-1: ≠   c-1: base   c-2: ≠
    state                             c-1: its base        c-2: its base, with the difference

Rule: a difference counts only if it stands behind its base, which is the last whole value of its key. So a new base
needs no second record that takes the old difference away, and what a compaction leaves is enough.
"""

from collections.abc import Iterable, Iterator

from retention.state.written import Written, put_together
from streams.partition_record import DIFFERENCE_PREFIX, SOURCES_KEY

_START = len(DIFFERENCE_PREFIX)
OWN_BASES = (SOURCES_KEY,)
"""The partition's own keys that may have differences."""


def key_of_difference(key: bytes) -> bytes:
    """Return the key of the differences from a base."""
    return DIFFERENCE_PREFIX + key


def key_of_base(key: bytes) -> bytes:
    """Return the key of the base of a difference."""
    return key[_START:]


def record_of(written: Written, key: bytes, value: bytes, differing: bool) -> tuple[bytes, bytes]:  # noqa: FBT001 - once for each state
    """Return the key and the value of the record by which a value is the last one, and note it."""
    shorter = written.shorter(value) if differing and written else None
    if shorter is not None:
        return DIFFERENCE_PREFIX + key, shorter
    written.as_base(value)
    return key, value


class Differences:
    """The differences that were read and count so far, by the key of their base."""

    def __init__(self) -> None:
        self._found: dict[bytes, bytes] = {}

    def takes(self, key: bytes, value: bytes | None) -> bool:
        """Note a record of the changelog; return whether it is a difference, or the end of one."""
        found = self._found
        if not key.startswith(DIFFERENCE_PREFIX):
            if key in found:
                del found[key]
            return False
        if value is not None:
            found[key[_START:]] = value
        else:
            found.pop(key[_START:], None)
        return True

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the key of the base and the difference of all that count."""
        return iter(self._found.items())


def newest(records: Iterable[tuple[bytes, bytes | None]]) -> dict[bytes, bytes]:
    """Return the last value of each key of a changelog, from its records in order."""
    differences, kept = Differences(), dict[bytes, bytes]()
    for key, value in records:
        if differences.takes(key, value):
            continue
        if value is not None:
            kept[key] = value
        else:
            kept.pop(key, None)
    for key, found in differences:
        kept[key] = put_together(kept.get(key, b""), found)
    return kept
