"""Logarithmic buckets: the number of values in each range. Their counts add and subtract, and yield any quantile.

    bounds   0   1   2   …   49   50   52   54   …        below 51 each whole number has a bucket of its own
    error    0   0   0   …    0   1 % at most

A bucket contains the whole numbers from its bound to the one before the next bound. A bound is the last one at which
the bucket before it has a number within 1 % of all numbers in it. Bounds are whole numbers computed from exact
fractions, and a value finds its bucket by bisection: no logarithm, which two machines could round differently.

Counts of buckets are numbers like all others in the sums of partitions. So a late event takes a value out of one bucket
and puts it into another, and the quantile is what it would be if the event had been in time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

RELATIVE_ERROR: Final = Fraction(1, 100)
_WIDTH: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
"""Largest ratio of the last number of a bucket to its first one."""
_LARGEST: Final = 10**24
"""Larger values are counted in the last bucket, without a bound on the error. No amount of a contract is larger."""


def _made() -> tuple[int, ...]:
    bounds = [0]
    bound = 1
    while bound <= _LARGEST:
        bounds.append(bound)
        bound = bound * _WIDTH.numerator // _WIDTH.denominator + 1
    return tuple(bounds)


BOUNDS: Final = _made()
"""The first number of each bucket. They name the buckets in `metric-partials`, so they are never changed."""


def bound_of(value: int) -> int:
    """Return the bound of the bucket of a whole number; raise `ValueError` for a negative one.

    >>> bound_of(0), bound_of(7), bound_of(1_000_000)
    (0, 7, 999981)
    """
    if value < 0:
        raise ValueError(f"{value} is below zero: a quantile is of amounts")
    return BOUNDS[bisect_right(BOUNDS, value) - 1]


def estimate(bound: int) -> Fraction:
    """Return the number that stands for all numbers in a bucket: within 1 % of each of them.

    >>> estimate(7), estimate(50) * 101
    (Fraction(7, 1), Fraction(5100, 1))
    """
    place = bisect_right(BOUNDS, bound)
    last = BOUNDS[place] - 1 if place < len(BOUNDS) else bound
    return Fraction(2 * bound * last, bound + last) if bound else Fraction()


def field_of(name: str, value: int) -> str:
    """Return the field under which a value is counted in the sums, such as `resolved@86400`."""
    return f"{name}@{bound_of(value)}"


def is_bucket(field: str) -> bool:
    """Report whether a field of sums is the count of a bucket."""
    return "@" in field


def counts_of(sums: Mapping[str, int | Fraction], name: str) -> dict[int, int]:
    """Return the counts in some sums under a name, by bound, ascending."""
    head = f"{name}@"
    found = {int(field[len(head) :]): int(number) for field, number in sums.items() if field.startswith(head)}
    return dict(sorted(found.items()))


def place_of(share: Fraction, number: int) -> int:
    """Return the place of a quantile among so many values, ascending: the first with at least that share up to it.

    >>> place_of(Fraction(1, 2), 4), place_of(Fraction(1, 2), 5), place_of(Fraction(9, 10), 5)
    (2, 3, 5)
    """
    return max(1, -(-share.numerator * number // share.denominator))


def quantile(counts: Iterable[tuple[int, int]], place: int) -> Fraction | None:
    """Return the estimate of the value at a place, of counts by bound, ascending; None if there is none."""
    seen = 0
    for bound, number in counts:
        seen += number
        if seen >= place:
            return estimate(bound)
    return None
