r"""Pictures as PNG in few colours: what a screenshot of Chromium needs, and no more of the format.

    8 bits of red, green and blue (and alpha) a pixel ─► rows ─► the most frequent colours ─► one byte a pixel

>>> row = b"\x00" + bytes((255, 0, 0)) * 2 + bytes((0, 0, 255))
>>> small = with_few_colours(_png(3, 1, TRUE_COLOUR, [], row))
>>> [kind for kind, _ in _chunks(small)], dict(_chunks(small))[b"PLTE"].hex()
([b'IHDR', b'PLTE', b'IDAT', b'IEND'], 'ff00000000ff')
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST: Final = 256
TRUE_COLOUR, PALETTE = 2, 3
_BYTES: Final = {TRUE_COLOUR: 3, 6: 4}
"""Bytes of a pixel by the type of its colour; 6 has alpha, which a screenshot does not use."""
Colour = tuple[int, int, int]


def with_few_colours(picture: bytes) -> bytes:
    """Return a picture in 256 colours at most, each pixel as near to what it was as that allows."""
    chunks = list(_chunks(picture))
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or kind not in _BYTES or interlaced:
        raise ValueError("not a picture as Chromium writes it")
    data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    rows = list(_rows(data, width, height, _BYTES[kind]))
    frequent = [colour for colour, _ in Counter(pixel for row in rows for pixel in row).most_common()]
    palette = next(found for apart in count() if len(found := _apart(frequent, apart)) <= MOST)
    places = {one: min(range(len(palette)), key=lambda n: _distance(one, palette[n])) for one in frequent}
    return _png(width, height, PALETTE, palette, b"".join(bytes((0, *(places[one] for one in row))) for row in rows))


def _apart(frequent: Sequence[Colour], apart: int) -> list[Colour]:
    """Return colours, the most frequent first, none of them as near to another one as that; too many are no use."""
    found: list[Colour] = []
    for colour in frequent:
        if all(_distance(colour, other) > apart**2 for other in found):
            found.append(colour)
        if len(found) > MOST:
            break
    return found


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(picture):
        (length,) = struct.unpack_from(">I", picture, place)
        yield picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        place += length + 12


def _rows(data: bytes, width: int, height: int, size: int) -> Iterator[list[Colour]]:
    """Yield the pixels of each row: a byte before it says how its bytes follow from those before and above."""
    above = bytearray(width * size)
    for number in range(height):
        start = number * (width * size + 1)
        row = bytearray(data[start + 1 : start + 1 + width * size])
        _restore(data[start], row, above, size)
        yield list(zip(row[0::size], row[1::size], row[2::size], strict=True))
        above = row


def _restore(how: int, row: bytearray, above: bytearray, size: int) -> None:
    if how == 0:
        return
    for place in range(len(row)):
        left, corner = (row[place - size], above[place - size]) if place >= size else (0, 0)
        guess = (left, above[place], (left + above[place]) // 2, _paeth(left, above[place], corner))[how - 1]
        row[place] = (row[place] + guess) & 255


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


def _png(width: int, height: int, kind: int, palette: Sequence[Colour], data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    colours = [(b"PLTE", b"".join(map(bytes, palette)))] if palette else []
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", header), *colours, (b"IDAT", zlib.compress(data, 9)), (b"IEND", b""))
    )
