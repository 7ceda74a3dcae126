"""Stripe's own rule of how many decimals an amount has. It is not ISO 4217's: an ISK is sent as hundredths."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from schemas.currencies import DECIMALS
from sources.document import Node

_WHOLE: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THOUSANDTHS: Final = "BHD JOD KWD OMR TND"
_HUNDREDTHS_ALL_THE_SAME: Final = "ISK UGX"
"""Without decimals in the world, and sent as hundredths for the sake of older programs."""
_DECIMALS: Final = {
    **dict.fromkeys(_WHOLE.split(), 0),
    **dict.fromkeys(_THOUSANDTHS.split(), 3),
    **dict.fromkeys(_HUNDREDTHS_ALL_THE_SAME.split(), 2),
}
_USUAL: Final = 2
_HUNDREDTHS: Final = 10**_USUAL
_UNITS: Final = {code: 10**decimals for code, decimals in _DECIMALS.items()}
"""The number of smallest units in a major one."""
_REMEDY: Final = "a currency is a code that Stripe lists, such as eur"


def currency_of(node: Node) -> str:
    """Return a currency in upper case; raise `Unreadable` for what Stripe does not list."""
    code = node.text(_REMEDY).upper()
    if code not in DECIMALS:
        raise node.wrong(_REMEDY, "no currency")
    if DECIMALS[code] != _USUAL and code not in _DECIMALS:
        raise node.wrong(_REMEDY, "a currency of which it is not known how Stripe counts it")
    return code


def major(smallest: Decimal | Fraction | int, currency: str) -> Fraction:
    """Return an amount of the smallest unit, as Stripe counts it, in major units.

    >>> major(150_000, "ISK"), major(45_000, "MGA"), major(12_500, "KWD")
    (Fraction(1500, 1), Fraction(45000, 1), Fraction(25, 2))
    """
    unit = _UNITS.get(currency, _HUNDREDTHS)
    numerator, denominator = smallest.as_integer_ratio()
    return Fraction(numerator, denominator * unit)
