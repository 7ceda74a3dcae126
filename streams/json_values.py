"""Cuts a text of JSON into its values, one after another, without reading what is in them.

    text     [   { "a" : "}" } ,   { "b" : [ 1 ] } ,   oops   ]
    depth    1   2             1   2       3   2 1            0        brackets outside of strings
    values       item 1            item 2              item 3

Rule: brackets and quotation marks alone are counted. What stands between two values is handed on as it is, so nothing
is skipped; an array that does not end is an error, as nothing tells what is missing.

Reason: one broken value must not hide the others, and a file may be larger than memory.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from streams.errors import BadLog

LONGEST_VALUE: Final = 64 * 1_048_576
"""Bytes of one value of an array, or of one printed over many lines."""
CHUNK: Final = 1_048_576
_TOKENS: Final = re.compile(rb'["{}\[\]]')
_END_OF_STRING: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


class Stream(Protocol):
    """A file that is open for reading, as far as it is used here."""

    def peek(self, size: int = ..., /) -> bytes:
        """Return what comes next, without reading on."""

    def read(self, size: int = ..., /) -> bytes:
        """Read on."""

    def readline(self, size: int = ..., /) -> bytes:
        """Read up to the end of a line, or `size` bytes."""


class Value(NamedTuple):
    """One value of a text."""

    number: int
    """Its place in the array, counted from 1; without an array the line on which it begins."""
    text: bytes
    begins: int
    """The line on which an item of an array begins, else 0."""


class Unended(Exception):
    """Raised for a JSON array that has no end. Its message does not name the file."""


class Values:
    """Cuts a text into the JSON values at its top, or in the array at its top, by brackets and quotation marks alone.

    A text between two of them that is no object is returned on its own, so that nothing is skipped.
    """

    def __init__(self, stream: Stream, *, in_array: bool) -> None:
        self._stream, self._in_array = stream, in_array
        self._base = 1 if in_array else 0
        self._buffer = b""
        self._mark = 0
        """Start of the text that is not returned yet."""
        self._at = 0
        """Position up to which brackets were counted."""
        self._depth = 0
        self._values = self._newlines = self._line = 0

    def __iter__(self) -> Iterator[Value]:
        while (token := self._token()) is not None:
            opens = token[0] in b"{["
            if opens and self._depth == self._base:
                yield from self._cut(token.start())
            if opens:
                self._depth += 1
            elif self._depth == self._base:  # the end of the array, or a bracket too many
                yield from self._cut(token.start())
                self._mark, self._depth = token.end(), max(0, self._depth - 1)
            else:
                self._depth -= 1
                if self._depth == self._base:
                    yield from self._cut(token.end())
            if self._depth < self._base or (opens and self._in_array and self._depth == 1):
                self._mark = token.end()  # the brackets of an array are no part of an event
        yield from self._cut(len(self._buffer))
        if self._in_array and self._depth:
            raise Unended(
                "the closing bracket of its JSON array is missing, or one of its quotation marks or brackets. Its last "
                f"item is number {self._values}, from line {self._line} on: copy the file again if it should go on, "
                "else correct it there"
            )

    def _token(self) -> re.Match[bytes] | None:
        """Return the next bracket outside of strings; None at the end."""
        while True:
            token = _TOKENS.search(self._buffer, self._at)
            if token is None:
                self._at = len(self._buffer)
            elif token[0] != b'"':
                self._at = token.end()
                return token
            elif (end := _END_OF_STRING.match(self._buffer, token.end())) is not None:
                self._at = end.end()
                continue
            else:
                self._at = token.start()  # the string ends in a part that is not read yet
            if not self._read_on():
                return None

    def _read_on(self) -> bool:
        more = self._stream.read(CHUNK)
        if len(self._buffer) - self._mark > LONGEST_VALUE:
            raise BadLog(
                f"an event is longer than {LONGEST_VALUE:,} bytes (it begins on line {self._newlines + 1}): a "
                "bracket or a quotation mark is missing there. Correct the file, or write one event a line"
            )
        self._newlines += self._buffer.count(b"\n", 0, self._mark)
        self._buffer, self._at, self._mark = self._buffer[self._mark :] + more, self._at - self._mark, 0
        return bool(more)

    def _cut(self, end: int) -> Iterator[Value]:
        """Yield the text before a place, if there is any."""
        text = self._buffer[self._mark : end]
        whole = text.strip(b" \t\r\n,")
        if whole:
            self._values += 1
            begun = self._mark + text.index(whole)
            line = self._newlines + self._buffer.count(b"\n", 0, begun) + 1
            self._line = line
            number = self._values if self._in_array else line
            yield Value(number, whole, line if self._in_array else 0)
        self._mark = end
