"""The exponential function, held against decimal arithmetic, and against the digits of the series that it replaced."""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from fractions import Fraction
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from retention.exponential import exp_minus
from retention.risk.arithmetic import LOG_ODDS

TAILS = "e19cffaa13f3d03ba99b87512f1df080f7d81cabd686101b425fd1d172937671"
"""Digest of what `retention/tails.py` had of its own series, in units of 2⁻⁵¹²."""
RISKS = "63bba4f4c4b4ca486d0424ad6bf58c8d713f52b31e61deb7b16fe7075f91b7bf"
"""Digest of what `retention/risk/arithmetic.py` had of its own, in units of 2⁻⁹⁶."""


def digest(found: Iterable[int]) -> str:
    """Return the digest of numbers, so that a register of long ones is one line."""
    return sha256(",".join(f"{one:x}" for one in found).encode()).hexdigest()


def test_tails_have_the_digits_that_they_always_had() -> None:
    powers = [Fraction(n, d) for n in range(0, 400, 7) for d in (1, 3, 7, 60)]

    found = [exp_minus(one.numerator, one.denominator, 512, 16 + int(one).bit_length()) for one in powers]

    assert digest(found) == TAILS


def test_risks_have_the_digits_that_they_always_had() -> None:
    log_odds = [number * LOG_ODDS // 97 for number in range(0, 60 * 97 + 1, 13)]

    found = [exp_minus(one, LOG_ODDS, 96, 7) for one in log_odds]

    assert digest(found) == RISKS


@given(st.fractions(min_value=0, max_value=60, max_denominator=10**9))
def test_it_is_the_exponential_function(power: Fraction) -> None:
    with localcontext() as context:
        context.prec = 60
        exact = (-Decimal(power.numerator) / Decimal(power.denominator)).exp()

        assert abs(exp_minus(power.numerator, power.denominator, 96, 7) - exact * 2**96) < 2**12
