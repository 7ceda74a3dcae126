"""Exact money: order amounts are integers of minor units, MRR is a rational of major units. Only output is rounded."""

from fractions import Fraction
from typing import Final

from retention.errors import Rejected
from schemas.currencies import DECIMALS

LARGEST: Final = 2**63 - 1
"""Largest whole number that can be written: numerators and denominators, too."""


def minor_units(amount: str | int, currency: str) -> int:
    """Return an order amount in minor units; raise `Rejected` if the currency has no such decimals.

    >>> minor_units("29.3", "EUR"), minor_units(1000, "JPY")
    (2930, 1000)
    """
    decimals = DECIMALS[currency]
    if isinstance(amount, int):
        return amount * 10**decimals  # type: ignore[no-any-return]  # int ** int is Any to mypy
    whole, _, fraction = amount.partition(".")
    if len(fraction) != decimals:  # most are written with all decimals of their currency
        fraction = fraction.rstrip("0")
        if len(fraction) > decimals:
            raise Rejected("contract", f"amount: {currency} has {decimals} decimals")
        fraction = fraction.ljust(decimals, "0")
    return int(whole + fraction)


def decimal_text(value: Fraction | int, digits: int) -> str:
    """Return a rational with a number of decimals, rounded half-even.

    >>> decimal_text(Fraction(1, 8), 2), decimal_text(Fraction(3, 8), 2)
    ('0.12', '0.38')
    """
    return ratio_text(value.numerator, value.denominator, digits)


def ratio_text(numerator: int, denominator: int, digits: int) -> str:
    """Return the same of two whole numbers, the second above 0: no rational is made of them, nor reduced.

    >>> ratio_text(2, 16, 2), ratio_text(-2, 3, 1)
    ('0.12', '-0.7')
    """
    # Scaled integers, not Decimal: a context would round a second time beyond its precision.
    scaled, rest = divmod(abs(numerator) * 10**digits, denominator)
    if rest * 2 > denominator or (rest * 2 == denominator and scaled % 2):
        scaled += 1
    sign = "-" if numerator < 0 and scaled else ""
    text = str(scaled).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"


def money_text(value: Fraction | int, currency: str) -> str:
    """Return major units with the decimals of their currency.

    >>> money_text(Fraction(2000, 12), "EUR"), money_text(Fraction(1000), "JPY")
    ('166.67', '1000')
    """
    return decimal_text(value, DECIMALS[currency])
