"""The mark of records of a history, which workers read: until when no signals are raised.

The sender of a whole history knows its end, a partition does not. So `backstay load` and `backstay replay` write it
into each record.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final

import msgspec

from agents.record import HISTORY_ENDS, Record
from retention.calendar import Instant, instant
from streams.logfile import Line

_LONGEST_INSTANT: Final = 18
"""Digits of an instant; a header may have any number of them."""


class _Sketch(msgspec.Struct):
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    backfill: bool = False


_sketch: Final = msgspec.json.Decoder(_Sketch).decode


def end_of_history(record: Record) -> Instant | None:
    """Return the end of the history that a record belongs to, from its header; None without one."""
    end = next((value for name, value in record.headers if name == HISTORY_ENDS), None) or b""
    return int(end[:_LONGEST_INSTANT]) if end.isdigit() else None


def ends_at(end: Instant) -> list[tuple[str, bytes]]:
    """Return the headers of a record of a history that ends at an instant."""
    return [(HISTORY_ENDS, str(end).encode())]


def newest_marked(log: Iterable[Line], until: Instant) -> Instant:
    """Return when the newest event of a log happened that says of itself that it is of a history; 0 without one.

    Events after `until` are left out, and lines that are no event.
    """
    newest = 0
    for line in log:
        if b'"backfill"' not in line.text:
            continue
        try:
            sketch = _sketch(line.text)
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue
        at = instant(sketch.occurred_at) if sketch.backfill else 0
        if at <= until:
            newest = max(newest, at)
    return newest
