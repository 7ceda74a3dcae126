"""A record as agents see it: what the log delivers, whatever client has read it."""

from collections.abc import Sequence
from typing import Final, Protocol

HISTORY_ENDS: Final = "x-backfill-until"
"""Header of a record of a history: the event time of the newest event of the history, in microseconds since 1970."""
RETRIED: Final = "x-retried-"
"""Prefix of the headers of a record that was sent again: which dead letter it was, and where its first one stood."""
FIRST_TIMESTAMP: Final = "x-retried-timestamp"
"""The timestamp of the first record, in milliseconds since 1970."""
ONLY_EVENT: Final = "x-retried-event"
"""The id of the one event of a record of a source that is sent again: the others have been read before."""


class Record(Protocol):
    """One record as the log delivers it. `timestamp` is in milliseconds since 1970."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...
