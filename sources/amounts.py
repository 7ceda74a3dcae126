"""Writes exact amounts as the contracts read them: plain decimal text in major units."""

from fractions import Fraction
from typing import Final

FINEST_PRICE: Final = 14
"""Decimals of a price in the contract of items."""
FINEST_AMOUNT: Final = 9
"""Decimals of an amount in the contract of discounts and orders."""
_DIGITS: Final = 15
"""Digits of a quotient that has no end: more of them could not be stored as a numerator in every billing interval."""


def plain(value: Fraction, finest: int) -> str:
    """Return an amount as decimal text: exactly if it has that many decimals, else rounded half-even to fewer.

    >>> plain(Fraction(121, 8), 9), plain(Fraction(100, 121) * 100, 14)
    ('15.125', '82.6446280991736')
    """
    if value.denominator == 1:
        return str(value.numerator)
    digits, rest = divmod(value.numerator * 10**finest, value.denominator)
    if rest:
        finest = max(0, min(finest, _DIGITS - len(str(int(value)))))
        digits = round(value * 10**finest)
    text = str(digits).rjust(finest + 1, "0")
    text = f"{text[:-finest]}.{text[-finest:]}" if finest else text
    return text.rstrip("0").rstrip(".") if "." in text else text
