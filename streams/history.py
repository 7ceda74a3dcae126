"""The mark that `backstay load` puts on records of a history, and workers read: until when no signals are raised."""

from typing import Final

from agents.record import Record
from retention.calendar import Instant

HISTORY_ENDS: Final = "x-backfill-until"
"""Header of a record of a history: the event time of the newest event of the history, in microseconds since 1970."""
_LONGEST_INSTANT: Final = 18
"""Digits of an instant; a header may have any number of them."""


def end_of_history(record: Record) -> Instant | None:
    """Return the end of the history that a record belongs to, from its header; None without one."""
    end = next((value for name, value in record.headers if name == HISTORY_ENDS), b"")
    return int(end[:_LONGEST_INSTANT]) if end.isdigit() else None
