"""Many lists of records in one temporary file: each is appended to, and read from its beginning.

    strand a     |--- portion ---|           |--- portion ---|
    strand b                     |- portion -|               |-- portion --|

What was put last waits in memory until it is a portion. So a log that is larger than memory can be sorted by topic and
partition, with a single open file however many those are.
"""

from tempfile import TemporaryFile
from typing import Any, Final, Generic, Self, TypeVar

import msgspec

from streams.errors import DiskFailed

T = TypeVar("T")

PORTION: Final = 500
"""Most records of a portion."""
PORTION_BYTES: Final = 131_072
"""Bytes after which a portion is written, however few records it has."""

_encode: Final = msgspec.msgpack.Encoder().encode


class Strands:
    """The temporary file. Use as a context manager."""

    def __init__(self) -> None:
        try:
            self._file: Any = TemporaryFile(prefix="backstay-", buffering=0)  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise disk_failed(error) from error
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, portion: bytes) -> tuple[int, int]:
        """Write a portion; return where it is. Raises `DiskFailed` if it cannot be written."""
        place = (self._end, len(portion))
        try:
            self._file.seek(self._end)
            left = memoryview(portion)
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise disk_failed(error) from error
        self._end += len(portion)
        return place

    def read(self, place: tuple[int, int]) -> bytes:
        """Return a portion."""
        at, size = place
        found = bytearray()
        self._file.seek(at)
        while len(found) < size:
            found += self._file.read(size - len(found))
        return bytes(found)


class Strand(Generic[T]):
    """One list of records, of a type that msgpack knows."""

    def __init__(self, strands: Strands, of: Any) -> None:  # noqa: ANN401 - any type
        self._strands = strands
        self._decode = msgspec.msgpack.Decoder(list[of]).decode
        self._portions: list[tuple[int, int]] = []
        self._last: list[T] = []
        self._size = 0

    def put(self, record: T, size: int) -> None:
        """Append a record of about so many bytes."""
        self._last.append(record)
        self._size += size
        if self._size >= PORTION_BYTES or len(self._last) >= PORTION:
            self._portions.append(self._strands.write(_encode(self._last)))
            self._last, self._size = [], 0

    def portion(self, number: int) -> list[T]:
        """Return a portion by its number; what waits is the last one. Beyond that there is none: an empty list."""
        if number < len(self._portions):
            return self._decode(self._strands.read(self._portions[number]))
        return self._last if number == len(self._portions) else []


def disk_failed(error: OSError) -> DiskFailed:
    """Return the error of a temporary file that cannot be written."""
    return DiskFailed(
        f"cannot write a temporary copy of the log: {error.strerror or error}. It needs as much space as the log, "
        "unpacked, and for `backstay replay` as much as its results, too: free some, or name another folder in the "
        "environment variable TMPDIR"
    )
