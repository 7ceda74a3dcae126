"""Tail tests: how probable it is that a customer is so quiet, or so busy, by chance alone, given its own rate.

Rule: a count is compared with the rate of the same customer before, and not with a fixed share of it: 2 where 4 are
usual happens one time in four, 20 where 40 are usual one time in two thousand.

    Poisson               events come singly, at a steady rate
    negative binomial     they come in bursts: their variance is `dispersion` times their mean

Everything is calculated with whole numbers, in units of 2⁻⁵¹², so every machine and every build has the same result to
the last digit. Probabilities are returned in units of `ONE`.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt
from typing import Final

from retention.company import CompanyDays
from retention.exponential import exp_minus
from retention.liveness import heard_between

ONE: Final = 10**12
"""The probability of what is certain."""
MOST_EXPECTED: Final = 300
"""A larger mean is scaled down, with what was seen: that makes a tail more probable, so it raises no more signals."""
_BITS: Final = 512
_UNIT: Final = 1 << _BITS
_HALVINGS: Final = 16
_WEEK: Final = 7
_STEADY: Final = Fraction(1)


def at_most(seen: int, mean: Fraction, dispersion: Fraction = _STEADY) -> int:
    """Return the probability that a count is `seen` or less.

    >>> at_most(0, Fraction(1)), at_most(2, Fraction(4)), at_most(20, Fraction(40))
    (367879441171, 238103305553, 368300556)
    >>> at_most(20, Fraction(40), Fraction(2))
    6744646865
    """
    if seen < 0:
        return 0
    if mean <= 0:
        return ONE
    scale = -(-mean // MOST_EXPECTED)
    return _at_most(-(-seen // scale), mean / scale, max(dispersion, _STEADY))


def at_least(seen: int, mean: Fraction, dispersion: Fraction = _STEADY) -> int:
    """Return the probability that a count is `seen` or more.

    >>> at_least(0, Fraction(1)), at_least(9, Fraction(3))
    (1000000000000, 3802992062)
    """
    if seen <= 0:
        return ONE
    if mean <= 0:
        return 0
    scale = -(-mean // MOST_EXPECTED)
    return ONE - _at_most(seen // scale - 1, mean / scale, max(dispersion, _STEADY))


def dispersion_of(counts: Sequence[int]) -> Fraction:
    """Return how many times its mean the variance of some counts is; 1 if it is less, or unknown.

    >>> dispersion_of([3, 3, 3]), dispersion_of([0, 9, 0]), dispersion_of([4])
    (Fraction(1, 1), Fraction(9, 1), Fraction(1, 1))
    """
    return Fraction(*_over_and_under(counts))


def _over_and_under(counts: Sequence[int]) -> tuple[int, int]:
    """Return the dispersion of counts as numerator and denominator in lowest terms: a `Fraction` takes too long."""
    number, total = len(counts), sum(counts)
    if number < 2 or not total:  # noqa: PLR2004 - one count has no variance
        return 1, 1
    over = number * sum(count * count for count in counts) - total * total
    under = (number - 1) * total
    if over <= under:
        return 1, 1
    common = gcd(over, under)
    return over // common, under // common


def days_of_silence(events: int, days: int, once_in: int, dispersion: Fraction = _STEADY) -> int:
    """Return after how many days without an event one silence in `once_in` is as long, at `events` in `days` days.

    >>> days_of_silence(12, 28, 300), days_of_silence(3, 28, 300), days_of_silence(12, 28, 300, Fraction(3))
    (14, 54, 25)
    """
    return _days_of_silence(events, days, once_in, dispersion.numerator, dispersion.denominator)


def by_week(days: Iterable[int], last: int, span: int) -> list[int]:
    """Return how many of some days lie in each week of a span up to its last day, the newest week first.

    >>> by_week([28, 27, 20], 28, 28)
    [2, 1, 0, 0]
    """
    weeks = [0] * (span // _WEEK)
    for day in days:
        weeks[(last - day) // _WEEK] += 1
    return weeks


def weighed_dispersion_of(counts: Sequence[int], weights: Sequence[int]) -> Fraction:
    """Return how many times its mean the variance of counts is, of spans that weigh differently; 1 if it is less.

    >>> weighed_dispersion_of([9, 3], [1_000, 333]), weighed_dispersion_of([0, 9, 0], [1, 1, 1])
    (Fraction(1, 1), Fraction(9, 1))
    """
    spans = [(count, weight) for count, weight in zip(counts, weights, strict=True) if weight > 0]
    number, total = len(spans), sum(count for count, _ in spans)
    if number < 2 or not total:  # noqa: PLR2004 - one count has no variance
        return _STEADY
    rate = Fraction(total, sum(weight for _, weight in spans))
    found = Fraction(0)
    for count, weight in spans:
        found += (count - rate * weight) ** 2 / (rate * weight)
    return max(_STEADY, found / (number - 1))


def silence_after(
    company: CompanyDays,
    days: Sequence[int],
    oldest: int,
    last: int,
    span: int,
    once_in: int,
    silent_days: Sequence[int] = (),
) -> int:
    """Return after how many local days without an event one silence in `once_in` is as long, after the last of some.

    The rate, and how bursty the events come, is that of the span up to the last day, in company days: in slow weeks
    fewer events are usual. If the oldest day that is known lies inside, the weeks before it say nothing about the rate.
    Silent days do not count, neither as days without an event nor in what is returned.
    """
    known = min(span, last - oldest + 1)
    weeks = by_week(days, last, span)[: known // _WEEK]
    if company.is_usual:
        return _days_of_silence(len(days), known, max(2, once_in), *_over_and_under(weeks))
    dispersion = weighed_dispersion_of(weeks, company.weeks_before(last + 1, len(weeks)))
    heard = max(1, company.between(last + 1 - known, last + 1))
    needed = days_of_silence(len(days), heard, max(2, once_in), dispersion)
    first = company.day_after(last + 1, needed, silent_days)
    return heard_between(last, first, silent_days) - 1


@lru_cache(maxsize=4_096)
def _days_of_silence(events: int, days: int, once_in: int, over: int, under: int) -> int:
    needed = _log(Fraction(once_in)) * days
    if over > under:  # the silence is as probable as one of Poisson events at a lower rate
        dispersion = Fraction(over, under)
        return -(-(needed * (dispersion - 1)) // (events * _log(dispersion)))
    return -(-needed // (events * _UNIT))


@lru_cache(maxsize=4_096)
def _at_most(seen: int, mean: Fraction, dispersion: Fraction) -> int:
    """Return the sum of the probabilities of 0 to `seen`, each of which follows from the one before."""
    if seen < 0:
        return 0
    if dispersion == 1:
        term, rises, times, shrinks = _exp_minus(mean), 0, mean.numerator, mean.denominator
    else:
        power, ratio = mean / (dispersion - 1), (dispersion - 1) / dispersion
        term = _exp_minus(power * _log(dispersion) / _UNIT)
        rises, times = power.denominator * ratio.numerator, power.numerator * ratio.numerator
        shrinks = power.denominator * ratio.denominator
    total = term
    for number in range(1, seen + 1):
        term = term * (times + (number - 1) * rises) // (number * shrinks)
        total += term
    return min(ONE, total * ONE // _UNIT)


def _exp_minus(power: Fraction) -> int:
    return exp_minus(power.numerator, power.denominator, _BITS, _HALVINGS + int(power).bit_length())


@lru_cache(maxsize=1_024)
def _log(value: Fraction) -> int:
    """Return the natural logarithm of a value from 1 on, in units: by its series for a high root of it."""
    root = value.numerator * _UNIT // value.denominator
    for _ in range(_HALVINGS):
        root = isqrt(root << _BITS)
    ratio = ((root - _UNIT) << _BITS) // (root + _UNIT)
    square, power, total, number = ratio * ratio >> _BITS, ratio, 0, 1
    while power:
        total += power // number
        power, number = power * square >> _BITS, number + 2
    return total << (_HALVINGS + 1)
