"""Reads a log of events from a file, record by record: its format is recognised by its content, not by its name.

    bytes ─► unpacked if gzipped ─► in UTF-8 ─► lines │ printed values │ an array │ a table ─► Line(number, text, …)
             by its first bytes     by its mark, or     by the first character, and by whether the
                                    by a zero byte      first line is a whole value

It reads JSON lines, JSON printed over many lines, JSON arrays, CSV, and Parquet.

Rule: the first 64 KiB decide. What is none of these is refused with the command that converts it. Within a log nothing
is skipped: a line that is broken, too long, or no object is handed on as it is, with the number that a reader of the
file would count, and becomes a dead letter or a refusal further on. Only what makes the rest of the file unreadable,
as an array without an end, stops.

Reason: one broken record among a million is to be named, and must not hide the others. So arrays and printed values
are cut by brackets alone (`json_values.py`): that needs no valid JSON in between, and one record at a time in memory.
"""

import codecs
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, BinaryIO, Final, Literal, NamedTuple, cast

from streams import parquet_log
from streams.csv_log import BadTable, CsvRows, TableForm, delimiter_of
from streams.errors import BadLog, BadSettings
from streams.json_values import CHUNK, Stream, Unended, Values

SNIFFED: Final = 65_536
"""Bytes at the start of a file that decide its format."""
COLUMN: Final = "column"
"""The name of a field in a file that is a table."""
PATIENCE: Final = 1.0
"""Seconds for which nothing is said of a named pipe that no program has opened to write."""
LONGEST: Final = 4 * 1_048_576
"""Bytes of one line that are kept in memory: far more than a worker accepts."""
Noun = Literal["line", "item", "row"]
Layout = Literal["lines", "printed", "array", "csv", "parquet"]


class Line(NamedTuple):
    """One event of a log, or the text in its place."""

    number: int
    """The line on which it begins, counted from 1; in a JSON array and in Parquet its index."""
    text: bytes
    size: int
    """Bytes in the file: more than `text` has if a line is longer than any record may be."""
    wrong: str = ""
    """Why the source of the log cannot read it (`streams/foreign_logs.py`), or why a table has no such row."""
    begins: int = 0
    """The line on which an item of an array begins; 0 where `number` says it."""
    kind: str = ""
    """The type of the event, where the source of the log has said it."""


class Signature(NamedTuple):
    """The first bytes of a kind of file, and the remedy."""

    start: bytes
    kind: str
    remedy: str


SIGNATURES: Final = (
    Signature(b"PK\x03\x04", "a zip archive (or a spreadsheet)", "unpack it first: unzip -p FILE > log.jsonl"),
    Signature(b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first: zstd -dc FILE > log.jsonl"),
    Signature(b"BZh", "compressed with bzip2", "unpack it first: bzip2 -dc FILE > log.jsonl"),
    Signature(b"\xfd7zXZ\x00", "compressed with xz", "unpack it first: xz -dc FILE > log.jsonl"),
    Signature(b"\x04\x22\x4d\x18", "compressed with lz4", "unpack it first: lz4 -dc FILE > log.jsonl"),
    Signature(b"\xff\x06\x00\x00sNaPpY", "compressed with snappy", "unpack it first: snzip -dc FILE > log.jsonl"),
    Signature(b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first: 7z e -so FILE > log.jsonl"),
    Signature(b"Obj\x01", "an Avro file", "export it as JSON lines: avro-tools tojson FILE > log.jsonl"),
    Signature(b"ORC", "an ORC file", "export it as JSON lines: orc-contents FILE > log.jsonl"),
    Signature(b"ARROW1", "an Arrow file", "export it as JSON lines"),
    Signature(b"SQLite format 3\x00", "a SQLite database", "export its events as JSON lines"),
    Signature(b"%PDF", "a PDF document", "export the events as JSON lines"),
    Signature(b"<", "XML or HTML", "export the events as JSON lines"),
)
"""Kinds of files that are no log, by their first bytes."""


class Wanted(NamedTuple):
    """Describes the log that is wanted in place of a file that is none."""

    log: str
    table: TableForm = TableForm()
    """How a file that is a table is read."""


_EMPTY: Final[dict[Layout, str]] = {
    "lines": "the file has no records",
    "printed": "the file has no records",
    "array": "the file is a JSON array without a member",
    "csv": "the file has the names of columns, and no row below them: export it again, with its rows",
    "parquet": "the file has columns, and no row: export it again, with its rows",
}
"""What is said of a file in which there is nothing, by its layout."""
OURS: Final = Wanted(
    "A log has one JSON event a line; `backstay simulate --days 90 --out log.jsonl` writes an example."
)
_PARQUET: Final = b"PAR1"

_TAR: Final = slice(257, 262)
_ENCODINGS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""In this order: the mark of UTF-32 begins with that of UTF-16."""
_OF_VALUES: Final = re.compile(rb"\[\s*(?:[\"\[\]0-9-]|true|false|null)")
"""The beginning of a JSON array of something else than objects. That of a section in another kind of file is none."""
_ARRAY: Final = re.compile(rb"\[\s*(?:[{\]]|$)")


class LogFile:
    """A log that is being read: iterate over its events. `noun` names what their numbers count."""

    def __init__(self, file: Path, stream: Stream, wanted: Wanted = OURS) -> None:
        self.file = file
        self.noun: Noun = "line"
        self._wanted = wanted
        self._stream = _decoded(file, stream, wanted)
        start = self._stream.peek(SNIFFED)[:SNIFFED]
        self.layout, self._delimiter = _layout(file, start, wanted)
        if self.layout == "array":
            self.noun = "item"
        elif self.layout == "parquet":
            self.noun = "row"
            if self._stream is not stream:
                raise BadLog(f"{file} is a Parquet file in another format: unpack it first: gzip -dc {file}")

    @property
    def empty(self) -> str:
        """Return what to say if no event was found in it."""
        return _EMPTY[self.layout]

    @property
    def field(self) -> str:
        """Return what a field of an event is called in such a file."""
        return COLUMN if self.layout in {"csv", "parquet"} else "field"

    def __iter__(self) -> Iterator[Line]:
        if self.layout == "lines":
            return _lines(self._stream)
        form = self._wanted.table
        if self.layout == "csv":
            text = _reencoded(self._stream, form.encoding)
            return (Line(*row) for row in CsvRows(text, self._delimiter, form))
        if self.layout == "parquet":
            return (Line(*row) for row in parquet_log.rows(self.file, with_nulls=form.with_nulls))
        found = Values(self._stream, in_array=self.layout == "array")
        return (Line(one.number, one.text, len(one.text), begins=one.begins) for one in found)


def _reencoded(stream: Stream, encoding: str) -> Stream:
    """Return a CSV in UTF-8. One in UTF-16 is so already: its encoding was recognised."""
    if not encoding or isinstance(getattr(stream, "raw", None), _InUtf8):
        return stream
    return io.BufferedReader(_InUtf8(stream, encoding), SNIFFED)


@contextmanager
def opened(file: Path, wanted: Wanted = OURS) -> Iterator[LogFile]:
    """Open a log; raise `BadLog` if it is none, and `BadSettings` if it cannot be read."""
    try:
        with _opened(file) as stream:
            yield LogFile(file, cast("Stream", stream), wanted)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadLog(f"{file} is incomplete: {error}. Copy it again") from error
    except Unended as error:
        raise BadLog(f"{file} is incomplete: {error}") from error
    except UnicodeDecodeError as error:
        raise BadLog(f"{file} is not valid {error.encoding}: byte {error.start:,}. {wanted.log}") from error
    except BadTable as error:
        raise BadLog(f"{file} {error}") from error
    except OSError as error:
        if error.filename is None or Path(error.filename) == file:
            raise BadSettings(f"cannot read {file}: {error.strerror or error}") from error
        raise


def _opened(file: Path) -> BinaryIO:
    """Open a file; of a named pipe that no program writes to yet, say that it is waited for."""
    if not file.is_fifo():
        return file.open("rb", buffering=SNIFFED)
    says = f"waiting for a program to write to the named pipe {file}; Ctrl-C ends it\n"
    patience = Timer(PATIENCE, sys.stderr.write, [says])
    patience.daemon = True
    patience.start()
    try:
        return file.open("rb", buffering=SNIFFED)
    finally:
        patience.cancel()


def lines_of(file: Path) -> Iterator[bytes]:
    """Yield the events of a log as they are in the file."""
    with opened(file) as log:
        for line in log:
            yield line.text


def _decoded(file: Path, stream: Stream, wanted: Wanted) -> Stream:
    """Return the same file unpacked and in UTF-8."""
    start = stream.peek(SNIFFED)[:SNIFFED]
    if not start:
        raise BadLog(f"{file} is empty. {wanted.log}")
    if start.startswith(b"\x1f\x8b"):
        unpacked = gzip.GzipFile("", "rb", fileobj=cast("Any", stream))
        return _decoded(file, io.BufferedReader(unpacked, SNIFFED), wanted)
    for mark, encoding in _ENCODINGS:
        if start.startswith(mark):
            return io.BufferedReader(_InUtf8(stream, encoding), SNIFFED)
    if start[1:2] == b"\0" and start[:1] != b"\0":
        return io.BufferedReader(_InUtf8(stream, "utf-16-le"), SNIFFED)
    if start[:1] == b"\0" and start[1:2] != b"\0":
        return io.BufferedReader(_InUtf8(stream, "utf-16-be"), SNIFFED)
    if start.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    return stream


class _InUtf8(io.RawIOBase):
    """Reads a text in another encoding as UTF-8."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        while not self._ready:
            read = self._stream.read(CHUNK)
            text = self._decoder.decode(read, final=not read)
            self._ready = text.encode("utf-8", "surrogatepass")
            if not read:
                break
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _layout(file: Path, start: bytes, wanted: Wanted) -> tuple[Layout, str]:
    """Return the layout of the events in the file, and the delimiter of a table; raise `BadLog` for what is neither."""
    if start.startswith(_PARQUET):
        return "parquet", ""
    for signature in SIGNATURES:
        if start.startswith(signature.start):
            raise BadLog(f"{file} is {signature.kind}: {signature.remedy.replace('FILE', str(file))}")
    if start[_TAR] == b"ustar":
        raise BadLog(f"{file} is a tar archive: unpack it first: tar -xOf {file} > log.jsonl")
    text = start.lstrip()
    if not text and len(start) < SNIFFED:
        raise BadLog(f"{file} holds nothing but empty lines. {wanted.log}")
    first, _, rest = text.partition(b"\n")
    following = next((line for line in rest.split(b"\n") if line.strip()), b"")
    if _ARRAY.match(text):
        return "array", ""
    if _OF_VALUES.match(text) and not following.startswith(b"{"):  # else it is one bad line of many
        raise BadLog(f"{file} is a JSON array of something else than events. {wanted.log}")
    if text.startswith(b"{"):
        # A broken first line is one bad record; the event of the next line begins with a brace of its own.
        printed = following and not following.startswith(b"{") and _is_open(first)
        return "printed" if printed else "lines", ""
    if b"\0" in start and not following.lstrip().startswith(b"{"):  # after a broken first line JSON may follow
        raise BadLog(f"{file} is binary, and of no kind that is read. {wanted.log}")
    delimiter = delimiter_of(start, wanted.table, whole=len(start) < SNIFFED)
    return ("csv", delimiter) if delimiter else ("lines", "")


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_open(line: bytes) -> bool:
    """Report whether a value begins on this line and does not end there."""
    return not line.rstrip().endswith(b"}") and not _is_json(line)


def _lines(stream: Stream) -> Iterator[Line]:
    number = 0
    while text := stream.readline(LONGEST):
        number += 1
        size = len(text)
        while not text.endswith(b"\n") and (more := stream.readline(LONGEST)):
            size += len(more)
            if more.endswith(b"\n"):
                break
        text = text.rstrip(b"\r\n")
        if text.startswith(codecs.BOM_UTF8):  # two files have become one
            text = text.removeprefix(codecs.BOM_UTF8)
        if text.strip():
            yield Line(number, text, max(len(text), size - 1))
