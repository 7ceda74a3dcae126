"""Logs of another system: each line is read by a source, and what follows from it takes its place.

line 7   {"type": "track", "event": "Order Completed", …}    ─►   line 7   {"type": "purchase.completed", …}
line 8   {"type": "page", …}                                 ─►   nothing: counted by the reason
line 9   {"type": "track", "userId": null, …}                ─►   line 9, with what is wrong: rejected as `source`
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from schemas.cloud_events import plain_line
from sources.base import Foreign, Options, Source, Unreadable
from sources.exact import encoded
from streams.csv_log import TableForm
from streams.logfile import OURS, Line, Wanted, opened
from streams.settings import Settings

UNREAD: Final = "source"
"""The reason for which a line that a source cannot read is rejected."""


class LogReader(NamedTuple):
    """The source that the lines of a log are of, and its options."""

    source: Source
    options: Options
    table: TableForm = TableForm(with_nulls=True)
    """How files that are tables are read."""


def reader_of(settings: Settings) -> LogReader | None:
    """Return the source of log files, if the settings name one."""
    if settings.sources.log is None:
        return None
    sources = settings.sources
    table = TableForm(sources.csv_delimiter, sources.csv_encoding, with_nulls=True)
    return LogReader(*settings.readers()[settings.sources.log], table)


def wanted(reader: LogReader | None) -> Wanted:
    """Return what is to stand in a file that a source reads."""
    if reader is None:
        return OURS
    source = reader.source
    reads = source.help[:1].lower() + source.help[1:]
    return Wanted(
        f"A log of the source {source.name} has one record as JSON a line, or one a row of a table. It reads {reads}",
        reader.table,
    )


class Translated:
    """The events of a log. Without a source its lines are events already."""

    def __init__(self, lines: Iterable[Line], reader: LogReader | None) -> None:
        self._lines, self._reader = lines, reader
        self.skipped: Counter[str] = Counter()
        """Lines of which no event follows, by the reason."""
        self.doubted: Counter[str] = Counter()
        """Lines whose events may differ from the truth, by the reason."""

    def __iter__(self) -> Iterator[Line]:
        if self._reader is None:
            return map(_plain, self._lines)
        return self._read(self._reader.source, self._reader.options)

    def _read(self, source: Source, options: Options) -> Iterator[Line]:
        for line in self._lines:
            if line.wrong:
                yield line
                continue
            try:
                found = source.read(Foreign(line.text), options)
            except Unreadable as error:
                yield Line(line.number, line.text, line.size, str(error))
                continue
            if found.skipped:
                (self.doubted if found.events else self.skipped)[found.skipped] += 1
            for fields in found.events:
                text = encoded(fields)
                yield Line(line.number, text, len(text), "", 0, str(fields["type"]))


def _plain(line: Line) -> Line:
    """Return a line; if it is a structured CloudEvent, with the event of ours that it is."""
    text = plain_line(line.text)
    return line if text is line.text else line._replace(text=text)


def texts_of(file: Path, reader: LogReader | None) -> Iterator[bytes]:
    """Yield the events of a file, without the lines that its source cannot read."""
    with opened(file, wanted(reader)) as log:
        yield from (line.text for line in Translated(log, reader) if not line.wrong)
