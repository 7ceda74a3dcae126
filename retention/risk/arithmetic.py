"""Combines evidence into a risk, and the risk into what each piece of evidence contributes, in whole numbers.

    risk = 1 − Π (1 − w · 2^(−age / half-life))      (metrics.md, Health and risk of a customer)

What a signal contributes is the mean of what it adds to the risk, over all orders in which the signals could have come:
its Shapley value (docs/decisions/0051-one-customer-one-card.md). For this formula that is an integral that can be
solved: contributionᵢ = pᵢ ∫₀¹ Πⱼ≠ᵢ (1 − t pⱼ) dt. No logarithm and no power of the platform's is used, so that every
machine gets the same digits.

A fitted model (`retention/fitted.py`) adds up log-odds, and its risk is their logistic function. Of what that is above
or below the risk of a usual customer, each factor has the share that it has of the log-odds between the two: its
Aumann-Shapley value (docs/decisions/0057-the-risk-is-learned.md).
"""

from collections.abc import Sequence
from math import isqrt, lcm
from typing import Final

from retention.calendar import Instant
from retention.exponential import exp_minus

ONE: Final = 10**12
"""A probability of 1."""
DIGITS: Final = 4
STEPS: Final = 10**DIGITS
"""Steps between 0 and 1 of a risk as it is published."""
_MILLIONTHS: Final = 1_000_000
_BITS: Final = 48
_PARTS: Final = 12
"""A half-life is divided into 2¹² parts: of 14 days, into parts of 5 minutes."""
_MOST_HALVINGS: Final = 60
LOG_ODDS: Final = 10**9
"""Log-odds of 1."""
_FINE_BITS: Final = 96
_FINE: Final = 1 << _FINE_BITS
_MOST_LOG_ODDS: Final = 60 * LOG_ODDS
"""Beyond that, a risk is 0 or 1 to 26 digits."""
_SQUARES: Final = 7
"""e is raised to a 2⁻⁷th of the power, and that is squared so often."""


def _roots() -> tuple[int, ...]:
    """Return 2^(−1/2), 2^(−1/4) and so on, as multiples of 2^(−48)."""
    found, root = [], isqrt(1 << 2 * _BITS - 1)
    for _ in range(_PARTS):
        found.append(root)
        root = isqrt(root << _BITS)
    return tuple(found)


_ROOTS: Final = _roots()


def whole(weight: float) -> int:
    """Return a weight as a multiple of 1 / `ONE`; more than six decimals do not count.

    >>> whole(0.3) == ONE * 3 // 10
    True
    """
    return round(weight * _MILLIONTHS) * (ONE // _MILLIONTHS)


def decayed(weight: int, age: Instant, half_life: Instant) -> int:
    """Return what is left of a weight after an age; all of it where there is no half-life (0).

    >>> decayed(300, 14, 14), decayed(300, 28, 14), decayed(1000, 7, 14), decayed(300, 99, 0)
    (150, 75, 707, 300)
    """
    if not half_life or age <= 0:
        return weight
    halvings, rest = divmod(age, half_life)
    if halvings > _MOST_HALVINGS:
        return 0
    part, factor = (rest << _PARTS) // half_life, 1 << _BITS
    for place, root in enumerate(_ROOTS):
        if part >> (_PARTS - 1 - place) & 1:
            factor = factor * root >> _BITS
    return (weight * factor >> _BITS) >> halvings


def combined(parts: Sequence[int]) -> int:
    """Return the risk of independent pieces of evidence, in steps of `STEPS`, rounded half up.

    >>> combined([ONE * 3 // 10, ONE // 5, ONE // 2])
    7200
    """
    left = ONE
    for part in parts:
        left = left * (ONE - part) // ONE
    return ((ONE - left) * STEPS * 2 + ONE) // (2 * ONE)


def contributions(parts: Sequence[int]) -> list[int]:
    """Return what each piece of evidence contributes, in the same steps: they add up to the risk exactly.

    >>> contributions([ONE * 3 // 10, ONE // 5, ONE // 2]), contributions([ONE // 2, ONE // 2])
    ([2050, 1300, 3850], [3750, 3750])
    """
    exact = _shapley(parts)
    shares = [value * STEPS // ONE for value in exact]
    missing = combined(parts) - sum(shares)
    by_rest = sorted(range(len(parts)), key=lambda place: (-(exact[place] * STEPS % ONE), place))
    for place in by_rest[:missing]:
        shares[place] += 1
    return shares


def _shapley(parts: Sequence[int]) -> list[int]:
    """Return the Shapley value of each, as multiples of 1 / `ONE`."""
    if len(parts) == 1:
        return [parts[0]]
    number = len(parts)
    common = lcm(*range(1, number + 1))
    return [
        part
        * _integral([one for other, one in enumerate(parts) if other != place], common)
        // (common * ONE ** (number - 1))
        for place, part in enumerate(parts)
    ]


def _integral(parts: Sequence[int], common: int) -> int:
    """Return ∫₀¹ Π (1 − t p) dt, times `common` and a power of `ONE` for each part."""
    coefficients = [1]
    for part in parts:
        higher = [-one * part for one in coefficients]
        coefficients = [low * ONE + high for low, high in zip([*coefficients, 0], [0, *higher], strict=True)]
    return sum(one * (common // (power + 1)) for power, one in enumerate(coefficients))


def probability(log_odds: int) -> int:
    """Return the risk of log-odds, in steps of `STEPS`, rounded half up.

    >>> probability(0), probability(-LOG_ODDS), probability(2 * LOG_ODDS), probability(-99 * LOG_ODDS)
    (5000, 2689, 8808, 0)
    """
    return (2 * STEPS * _logistic(log_odds) + _FINE) // (2 * _FINE)


def _logistic(log_odds: int) -> int:
    """Return 1 / (1 + e^−x), as a multiple of 2^(−96)."""
    power = exp_minus(min(abs(log_odds), _MOST_LOG_ODDS), LOG_ODDS, _FINE_BITS, _SQUARES)
    return (power if log_odds < 0 else _FINE) * _FINE // (_FINE + power)


def shares(usual: int, parts: Sequence[int]) -> list[int]:
    """Return what parts of log-odds contribute beyond the risk of a usual customer, in steps: risk − usual risk in all.

    The risk changes along the straight way from the usual log-odds to all of them, and each part has its share of it.

    >>> shares(-2 * LOG_ODDS, [LOG_ODDS, LOG_ODDS, 0]), shares(0, [LOG_ODDS, -LOG_ODDS])
    ([1904, 1904, 0], [2500, -2500])
    """
    there = sum(parts)
    low, high = _logistic(usual), _logistic(usual + there)
    if there:
        exact = [part * (high - low) // there for part in parts]
    else:  # the limit: all parts together change nothing
        exact = [part * low * (_FINE - low) // (_FINE * LOG_ODDS) for part in parts]
    found = [value * STEPS // _FINE for value in exact]
    missing = probability(usual + there) - probability(usual) - sum(found)
    counted = [place for place, part in enumerate(parts) if part]
    by_rest = sorted(counted, key=lambda place: (-(exact[place] * STEPS % _FINE), place))
    for place in by_rest[:missing]:
        found[place] += 1
    return found
