"""The heads of MessagePack that are read and written without decoding their contents.

    map of up to 15 entries      80 + number
    map of more                  de, number in 2 bytes
    bytes up to 255              c4, length
    bytes up to 65,535           c5, length in 2 bytes
    bytes beyond that            c6, length in 4 bytes

One more order in a customer's bytes, or one replaced section, changes a head and leaves the rest as it is. The bounds
on the state keep every map below 65,536 entries.
"""

from typing import Final

_SHORT_MAP: Final = 0x80
_MOST_SHORT: Final = 15
_LONG_MAP: Final = 0xDE
_BIN_8: Final = 0xC4
_BIN_16: Final = 0xC5
_BIN_32: Final = 0xC6
_MOST_8: Final = 0xFF
_MOST_16: Final = 0xFFFF


def entries(packed: bytes, at: int) -> tuple[int, int]:
    """Return the number of entries of the map that begins at a place, and the place of the first one.

    >>> entries(bytes.fromhex("81a16101"), 0)
    (1, 1)
    """
    first = packed[at]
    if first == _LONG_MAP:
        return int.from_bytes(packed[at + 1 : at + 3], "big"), at + 3
    return first & 0x0F, at + 1


def map_head(number: int) -> bytes:
    """Return the head of a map of some number of entries."""
    return bytes([_SHORT_MAP | number]) if number <= _MOST_SHORT else bytes([_LONG_MAP]) + number.to_bytes(2, "big")


def content(packed: bytes, at: int) -> tuple[int, int]:
    """Return the start and the end of the byte string whose head is at a place.

    >>> content(bytes.fromhex("c4026162"), 0)
    (2, 4)
    """
    kind = packed[at]
    begin = at + (2 if kind == _BIN_8 else 3 if kind == _BIN_16 else 5)
    return begin, begin + int.from_bytes(packed[at + 1 : begin], "big")


def bytes_head(size: int) -> bytes:
    """Return the head of a byte string of some length."""
    if size <= _MOST_8:
        return bytes((_BIN_8, size))
    if size <= _MOST_16:
        return bytes((_BIN_16, size >> 8, size & _MOST_8))
    return bytes([_BIN_32]) + size.to_bytes(4, "big")
