"""Writes counts in words, and adds to an error what a log seems to be instead."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from retention.calendar import instant
from streams.errors import BadLog
from streams.foreign_logs import reader_of, wanted
from streams.likely import instead
from streams.log_check import look, nothing_read
from streams.logfile import opened
from streams.settings import Settings

_LOOKED_AT: Final = 200
"""Lines of each log that are tried with other sources."""


def counted(many: int, noun: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "record"), counted(1200, "event")
    ('1 record', '1,200 events')
    """
    return f"{many:,} {noun}" + ("" if many == 1 else "s")


@contextmanager
def advised(logs: Sequence[Path], settings: Settings) -> Iterator[None]:
    """Add to a `BadLog` which source the logs seem to be of, if no event comes of one as it is read."""
    try:
        yield
    except BadLog as error:
        hints = dict.fromkeys(hint for log in logs if (hint := advice(log, settings)))
        if any(hint not in str(error) for hint in hints):
            raise BadLog("\n".join([str(error), *hints])) from error
        raise


def advice(log: Path, settings: Settings) -> str:
    """Return what to try for a log of which no event comes; nothing, if some do or it is a pipe, which is read once."""
    reader = reader_of(settings)
    if not log.is_file():
        return ""
    try:
        with opened(log, wanted(reader)) as lines:
            found = look(lines, settings, reader, _LOOKED_AT, instant(datetime.now(UTC)), lines.field)
    except BadLog:
        return ""
    if found.events:
        return ""
    more = f"`backstay check {log}` shows how they are read" if found.hints else ""
    return instead(found.likely) if found.likely else "\n".join(filter(None, [*found.hints[:1], more]))


def nothing_in(log: Path, settings: Settings) -> str:
    """Return what to say of a log in which there is nothing; a pipe cannot be looked at again."""
    if not log.is_file():
        return "the file has none"
    reader = reader_of(settings)
    with opened(log, wanted(reader)) as found:
        if reader is not None and next(iter(found), None) is not None:
            return nothing_read(reader.source.name)
        return found.empty
