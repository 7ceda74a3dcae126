"""The mark that `backstay load` puts on records of a history, and workers read: until when signals stay quiet."""

from typing import Final

from agents.record import Record
from retention.calendar import Instant

HISTORY_ENDS: Final = "x-backfill-until"
"""Header of a record of a history: when the newest event of all of it happened, in microseconds since 1970."""
_LONGEST_INSTANT: Final = 18
"""Digits of an instant; a header may have any number."""


def end_of_history(record: Record) -> Instant | None:
    """Return when the history ends that a record is of, as its header has it; None if it has no such header."""
    end = next((value for name, value in record.headers if name == HISTORY_ENDS), b"")
    return int(end[:_LONGEST_INSTANT]) if end.isdigit() else None
