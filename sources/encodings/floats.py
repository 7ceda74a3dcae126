"""Writes floats of 32 bits as they were meant: 29.9, and not the 29.899999618530273 that a double makes of it."""

import math
import struct


def shortest(value: float) -> float:
    """Return the number with the fewest digits that is the same float of 32 bits.

    >>> shortest(29.899999618530273), shortest(0.5)
    (29.9, 0.5)
    """
    if not math.isfinite(value):
        return value
    for digits in range(6, 9):
        found = float(f"{value:.{digits}g}")
        try:
            if struct.pack("<f", found) == struct.pack("<f", value):
                return found
        except OverflowError:
            continue
    return value
