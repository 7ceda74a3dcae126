"""Axes: round steps that hold all values, and places on a picture."""

import math
from collections.abc import Sequence
from typing import NamedTuple

LEAST = 1e-6
"""What is smaller is 0 on a picture."""


class Axis(NamedTuple):
    """The values of an axis from `low` to `high`, with a line at each of `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return how far a value lies between the ends, 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def step_of(span: float, most: int) -> float:
    """Return the least round step that divides a span into so many parts at most.

    >>> [step_of(span, 5) for span in (0.13, 1, 17, 840)]
    [0.05, 0.2, 5.0, 200.0]
    """
    size = 10.0 ** math.floor(math.log10(span / most))
    return next(round(size * by, 12) for by in (1, 2, 2.5, 5, 10, 20) if span / (size * by) <= most * (1 + 1e-9))


def axis(values: Sequence[float], most: int = 5) -> Axis:
    """Return an axis that holds all values; of equal ones, or none, with some room around them.

    >>> axis([0.91, 1.03]).ticks
    (0.9, 0.925, 0.95, 0.975, 1.0, 1.025, 1.05)
    >>> axis([5, 5]).low < 5 < axis([5, 5]).high, axis([]).low, axis([0.0, 0.0]).low
    (True, 0.0, 0.0)
    """
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    size = max(abs(low), abs(high))
    if high - low <= max(size * 1e-6, 1e-9):  # one value, as far as a picture shows
        low, high = (low - size / 10, high + size / 10) if size > LEAST else (0.0, 1.0)
    step = step_of(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(step * n, 12) for n in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def every(count: int, room: float, each: float) -> int:
    """Return of how many labels one is shown, if each takes some room.

    >>> every(12, 600, 60), every(12, 340, 60)
    (2, 3)
    """
    return max(1, math.ceil(count * each / max(room, 1)))
