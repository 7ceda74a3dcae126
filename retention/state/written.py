"""Keeps what is written of a state: a base, which is the whole state, and beside it its difference from that base.

    commit      1        2        3        4        5        6
    written     base     ≠ 1      ≠ 1      ≠ 1      base     ≠ 5        each difference replaces the one before

A difference begins with the first bytes of the state as they are: its version, and when time may next change the
customer (`codec.py`). A checksum of the rest follows, and the rest itself, deflated with the base as the dictionary:
11 µs a state, and fewer bytes than by a list of edits in Python, which took 32 µs.
"""

import zlib
from typing import Final

from retention.errors import NotItsBase

HEAD: Final = 9
"""The first bytes of a state, which a difference has as they are."""
_CHECKED: Final = HEAD + 4
_BESIDE: Final = 7
"""Bytes that the key of a difference is longer than that of its base."""
_SMALL: Final = 7_900
"""Most bytes of a base and a state for which deflate needs no more than a window of 8 KiB."""
_LONGEST: Final = 32_000
"""Most bytes of a base of which differences are made. Deflate looks back 32 KiB: what a longer one has in common with a
state lies farther back, and to look for it in vain takes milliseconds."""


def difference(base: bytes, value: bytes) -> bytes:
    """Return the difference of a value from a base."""
    rest = value[HEAD:]
    bits, memory = (-13, 6) if len(base) + len(value) <= _SMALL else (-15, 8)
    deflate = zlib.compressobj(3, zlib.DEFLATED, bits, memory, zlib.Z_DEFAULT_STRATEGY, base[HEAD:])
    return value[:HEAD] + zlib.crc32(rest).to_bytes(4, "big") + deflate.compress(rest) + deflate.flush()


def put_together(base: bytes, found: bytes) -> bytes:
    """Return the value of a difference from a base; raise `NotItsBase` if it is the difference from another one."""
    try:
        rest = zlib.decompressobj(-15, base[HEAD:]).decompress(found[_CHECKED:])
    except zlib.error as error:
        raise NotItsBase(f"a difference cannot be read: {error}") from error
    if zlib.crc32(rest) != int.from_bytes(found[HEAD:_CHECKED], "big"):
        raise NotItsBase("a difference is not from the base that is there")
    return found[:HEAD] + rest


class Written:
    """The base of one state, and its last difference from it; the length is the bytes of both."""

    def __init__(self) -> None:
        self.base, self.difference = b"", b""
        self._cost, self._times = 0, 1

    def __len__(self) -> int:
        return len(self.base) + len(self.difference)

    def as_base(self, value: bytes) -> None:
        """Note that a value is written whole."""
        self.base, self.difference = value, b""
        self._cost, self._times = len(value), 1

    def shorter(self, value: bytes) -> bytes | None:
        """Return the difference to write instead of a value, and note it; None if the value is to be a new base.

        One is due when the difference costs more than a write has cost on average since the base. Differences grow with
        each event, so that is where the average is least.
        """
        if len(self.base) > _LONGEST:
            return None
        found = difference(self.base, value)
        cost = len(found) + _BESIDE
        if cost * self._times > self._cost:
            return None
        self.difference = found
        self._cost, self._times = self._cost + cost, self._times + 1
        return found

    def value(self) -> bytes:
        """Return the value that was last written."""
        return put_together(self.base, self.difference) if self.difference else self.base


NEVER_WRITTEN: Final = Written()
"""That of every state that was not written since it was decoded. Never changed."""
