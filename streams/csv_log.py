"""Reads CSV: each row becomes one JSON object whose values are text, as they stand in the file.

No type is inferred, because what comes late in a file would be bent by what came early: 29.90 after a thousand whole
numbers, 0025000 after others without zeros. Python's reader is used in place of DuckDB's, which does not say on which
line a row begins (docs/decisions/0072-csv-is-read-without-duckdb.md).
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from streams.columns import TABLE_BYTES, Columns, Row

DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""Separators of columns that are recognised, and their names."""
_LOOKED_AT: Final = 200
"""Rows at the start of a file that decide its delimiter."""
_SAID: Final = re.compile(rb"sep=(.)\r?\n")
"""A first line that names the delimiter, as spreadsheets write it."""
_VALUE: Final = re.compile(r"[\d\W_]*|.*@.*|[\d:+. -]+[TZ][\d:+.Z-]*|.*[{}\[\]<>].*", re.DOTALL)
"""What is no name of a column: a number, a time, an address, JSON."""
_LONGEST_NAME: Final = 100


NO_HEADER: Final = (
    "is a table with no header: its first line has values, and no names of columns. Put a line above it with the name "
    "of each column"
)


class BadTable(Exception):
    """Raised for a text that is a table, and cannot be read as one. Its message does not name the file."""


class TableForm(NamedTuple):
    """The form of a table, as its options name it."""

    delimiter: str = ""
    """Separator of columns; empty: recognised by the first rows."""
    encoding: str = ""
    """Encoding of a CSV without a byte order mark; empty: UTF-8."""
    with_nulls: bool = False
    """Whether an empty cell is null; else it is missing."""


class Lines(Protocol):
    """A file of which lines are read."""

    def readline(self, size: int = ..., /) -> bytes:
        """Return the next line, or so many bytes of it."""


def delimiter_of(start: bytes, form: TableForm, *, whole: bool) -> str:
    """Return the delimiter of a table by its first bytes; empty if they are none. Raise `BadTable` if it is unclear."""
    if said := _SAID.match(start):
        return form.delimiter or said[1].decode("latin-1")
    if form.delimiter:
        return form.delimiter
    sample = _sampled(start, form.encoding or "utf-8", whole=whole)
    like_json = sum(line.lstrip().startswith(("{", "[")) for line in sample[1:])
    if like_json * 2 > len(sample) - 1:  # JSON lines, of which the first is broken
        return ""
    agreeing = {one: found for one in DELIMITERS if (found := _agreeing(sample, one))}
    named = {one: found for one, found in agreeing.items() if not found.values}
    if agreeing and not named:
        between = DELIMITERS[max(agreeing, key=lambda one: agreeing[one].rows)]
        raise BadTable(f"{NO_HEADER}, {between} between them")
    most = max((found.rows for found in named.values()), default=0)
    best = [one for one, found in named.items() if found.rows == most]
    if len(best) > 1:
        listed = " or ".join(DELIMITERS[one] for one in best)
        raise BadTable(f"may have its columns between {listed}: say which by --csv-delimiter")
    return best[0] if best else ""


class _Agreeing(NamedTuple):
    rows: int
    """Rows with as many cells as the first one."""
    values: bool
    """Whether the first row is one of values."""


def _sampled(start: bytes, encoding: str, *, whole: bool) -> list[str]:
    lines = start.decode(encoding, "replace").splitlines(keepends=True)
    return [line for line in (lines if whole else lines[:-1]) if line.strip()][:_LOOKED_AT]


def _agreeing(sample: list[str], delimiter: str) -> _Agreeing | None:
    """Return how well a delimiter fits; None if it does not."""
    try:
        first, *rest = csv.reader(sample, delimiter=delimiter)
    except (csv.Error, ValueError):
        return None
    rows = sum(len(row) == len(first) for row in rest)
    if len(first) < 2 or (rest and not rows):  # noqa: PLR2004 - one column has no delimiter
        return None
    return _Agreeing(rows, values=any(map(_is_value, first)))


def _is_value(name: str) -> bool:
    name = name.strip()
    return bool(name) and (len(name) > _LONGEST_NAME or _VALUE.fullmatch(name) is not None)


def header(names: list[str], delimiter: str) -> list[str]:
    """Return the names of columns; raise `BadTable` for a first row that is no header."""
    found = [name.strip() for name in names]
    twice = [name for name, number in Counter(filter(None, found)).items() if number > 1]
    if any(map(_is_value, found)) or not any(found):
        raise BadTable(NO_HEADER)
    if twice:
        raise BadTable(f"has two columns with the name {twice[0]!r}: give each its own")
    if len(found) == 1:
        between = DELIMITERS.get(delimiter, repr(delimiter))
        raise BadTable(f"has one column only, if columns lie between {between}: name another --csv-delimiter")
    return found


class _Text:
    """Hands the lines of a file to the reader, which asks for more as long as a quotation mark is open."""

    def __init__(self, stream: Lines) -> None:
        self._stream = stream
        self.number = 0
        self.bytes = 0
        """Bytes since the row began."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(TABLE_BYTES)
        if not line:
            raise StopIteration
        self.number += 1
        self.bytes += len(line)
        if len(line) == TABLE_BYTES and not line.endswith(b"\n"):
            while (more := self._stream.readline(TABLE_BYTES)) and not more.endswith(b"\n"):
                self.bytes += len(more)
        if self.bytes >= TABLE_BYTES:
            raise csv.Error(f"longer than {TABLE_BYTES:,} bytes")
        return line.decode("utf-8", "surrogateescape")


class CsvRows:
    """The rows of a CSV: iterate over them. The number of each is the line on which it begins."""

    def __init__(self, stream: Lines, delimiter: str, form: TableForm) -> None:
        """Read the header; raise `BadTable` if there is none."""
        self._form = form
        self._text = _Text(stream)
        csv.field_size_limit(TABLE_BYTES)
        self._reader = csv.reader(self._text, delimiter=delimiter, strict=True)
        try:
            first = next(row for row in self._reader if not _is_blank(row) and not _SAID.match(_said(row, delimiter)))
            self._columns = Columns(header(first, delimiter), with_nulls=form.with_nulls)
        except csv.Error as error:
            raise BadTable(f"has a header that cannot be read: {_why(str(error), 1, self._text.number)}") from error
        except (StopIteration, UnicodeEncodeError) as error:
            raise BadTable(NO_HEADER) from error

    def __iter__(self) -> Iterator[Row]:
        width, text = len(self._columns.names), self._text
        while True:
            begun, text.bytes = text.number + 1, 0
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(begun, b"", text.bytes, _why(str(error), begun, text.number))
                continue
            if len(cells) != width:
                if not _is_blank(cells):
                    yield Row(begun, b"", text.bytes, _ragged(len(cells), width, begun, text.number))
                continue
            values = [cell or None for cell in cells]
            if not any(values):
                continue  # spreadsheets write such rows below their last one
            try:
                yield Row(begun, self._columns.row(values), text.bytes)
            except UnicodeEncodeError:
                yield Row(begun, b"", text.bytes, self._misread())

    def _misread(self) -> str:
        if self._form.encoding:
            return "bytes that are no text"
        return "bytes that are no UTF-8: name the file's encoding, as in --csv-encoding windows-1252"


def _said(row: list[str], delimiter: str) -> bytes:
    return (delimiter.join(row) + "\n").encode("utf-8", "replace")


def _is_blank(row: list[str]) -> bool:
    return not any(cell.strip() for cell in row)


def _lines(begun: int, ended: int) -> str:
    return f"; the row ends on line {ended}" if ended > begun else ""


def _ragged(cells: int, width: int, begun: int, ended: int) -> str:
    """Return what is wrong with a row that has too many or too few cells."""
    return (
        f"the row has {cells} cells where the header has {width} names: write a cell that holds the delimiter or a "
        f"line break between quotation marks{_lines(begun, ended)}"
    )


def _why(error: str, begun: int, ended: int) -> str:
    """Return what is wrong with a row that the reader refuses."""
    if error.startswith("longer"):
        return f"the row is {error}: is a quotation mark missing there?{_lines(begun, ended)}"
    if "new-line" in error:
        return "a carriage return stands alone in the row: end lines with a line feed"
    return (
        "a quotation mark stands where none may, or its other one is missing: within quotation marks write two for "
        f"one{_lines(begun, ended)}"
    )
