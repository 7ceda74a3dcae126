"""Tail tests, held against exact fractions and sixty digits."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.tails import MOST_EXPECTED, ONE, at_least, at_most, days_of_silence, dispersion_of

means = st.fractions(min_value=Fraction(1, 50), max_value=80, max_denominator=60)
dispersions = st.fractions(min_value=1, max_value=12, max_denominator=20)


def exactly(seen: int, mean: Fraction, dispersion: Fraction) -> Decimal:
    """Return the same probability with Python's decimal logarithms, term by term."""
    with localcontext() as context:
        context.prec = 60
        expected, spread = (Decimal(one.numerator) / Decimal(one.denominator) for one in (mean, dispersion))
        total = Decimal(0)
        term = (-expected).exp() if spread == 1 else (-(expected / (spread - 1)) * spread.ln()).exp()
        for number in range(seen + 1):
            total += term
            step = expected if spread == 1 else (expected / (spread - 1) + number) * (spread - 1) / spread
            term = term * step / (number + 1)
        return total


@given(st.integers(0, 120), means, dispersions)
def test_a_probability_is_right_to_the_last_unit(seen: int, mean: Fraction, dispersion: Fraction) -> None:
    found = at_most(seen, mean, dispersion)

    assert abs(found - exactly(seen, mean, dispersion) * ONE) <= 1
    assert at_least(seen + 1, mean, dispersion) == ONE - found
    assert at_most(seen + 1, mean, dispersion) >= found


@given(st.integers(1, 28), st.integers(1, 100), st.integers(2, 5_000), dispersions)
def test_a_silence_is_the_first_that_is_as_rare(events: int, days: int, once_in: int, dispersion: Fraction) -> None:
    silence = days_of_silence(events, days, once_in, dispersion)

    rate = Fraction(events, days)
    assert exactly(0, rate * silence, dispersion) * once_in <= 1 + Decimal(10) ** -40
    assert exactly(0, rate * (silence - 1), dispersion) * once_in > 1 if silence > 1 else silence == 1


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [([], 1), ([7], 1), ([0, 0], 1), ([2, 2, 2], 1), ([1, 2, 3], 1), ([0, 10], 10), ([0, 9, 0], 9)],
)
def test_a_steady_rate_has_a_dispersion_of_one(counts: Sequence[int], wanted: int) -> None:
    assert dispersion_of(counts) == wanted


def test_nothing_is_surprising_without_a_rate_but_what_was_seen() -> None:
    assert (at_most(-1, Fraction(3)), at_most(0, Fraction(0)), at_least(0, Fraction(0))) == (0, ONE, ONE)
    assert at_least(1, Fraction(0)) == 0


def test_a_large_mean_is_scaled_down_and_surprises_less() -> None:
    many = at_most(2_400, Fraction(3_000))

    assert at_most(240, Fraction(MOST_EXPECTED)) == many > 10**7
    assert at_least(3_700, Fraction(3_000)) == at_least(370, Fraction(MOST_EXPECTED))
