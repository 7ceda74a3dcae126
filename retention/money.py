"""Exact money: order amounts are integers of minor units, MRR is a rational of major units. Rounding is for output."""

from fractions import Fraction
from typing import Final

from retention.errors import Rejected
from schemas.currencies import DECIMALS
from schemas.subscriptions import Discount, Terms

PERIODS_PER_MONTH: Final = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "year": Fraction(1, 12),
}
_MIN_RECURRING_PERIODS: Final = 2
LARGEST: Final = 2**63 - 1
"""Of the whole numbers that are written: numerators and denominators, too."""


def minor_units(amount: str | int, currency: str) -> int:
    """Give an order amount in minor units; raise `Rejected` where the currency has no such decimals.

    >>> minor_units("29.3", "EUR"), minor_units(1000, "JPY")
    (2930, 1000)
    """
    decimals = DECIMALS[currency]
    if isinstance(amount, int):
        return amount * 10**decimals  # type: ignore[no-any-return]  # int ** int is Any to mypy
    whole, _, fraction = amount.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > decimals:
        raise Rejected("contract", f"amount: {currency} has {decimals} decimals")
    return int(whole + fraction.ljust(decimals, "0"))


def monthly(terms: Terms) -> Fraction | None:
    """Give the MRR, in major units, that a start or a change states; None where it says nothing of money.

    Σ unit price × quantity × periods per month − recurring discounts; metered lines do not count (metrics.md).
    Raises `Rejected` for an amount that cannot be kept exactly: it would take more than 18 digits.
    """
    amount = _stated(terms)
    if amount is not None and max(amount.numerator, amount.denominator) > LARGEST:
        raise Rejected("contract", "mrr: so large, and so fine at once, that it cannot be kept exactly")
    return amount


def _stated(terms: Terms) -> Fraction | None:
    if terms.mrr is not None:
        return Fraction(terms.mrr)
    if terms.items is None or terms.interval is None:
        return None
    lines = sum((Fraction(item.price) * item.quantity for item in terms.items if not item.metered), Fraction())
    for discount in terms.discounts or ():
        lines = max(Fraction(), lines - _rebate(discount, lines))
    return lines * PERIODS_PER_MONTH[terms.interval] / (terms.interval_count or 1)


def _rebate(discount: Discount, lines: Fraction) -> Fraction:
    recurring = discount.duration == "forever" or (
        discount.duration == "repeating" and discount.periods >= _MIN_RECURRING_PERIODS
    )
    if not recurring:
        return Fraction()
    if discount.percent is not None:
        return lines * Fraction(discount.percent) / 100
    return Fraction(discount.amount or 0)


def decimal_text(value: Fraction | int, digits: int) -> str:
    """Write a rational with so many decimals, rounded half-even.

    >>> decimal_text(Fraction(1, 8), 2), decimal_text(Fraction(3, 8), 2)
    ('0.12', '0.38')
    """
    # Scaled integers, not Decimal: a context would round a second time beyond its precision.
    scaled, rest = divmod(abs(value.numerator) * 10**digits, value.denominator)
    if rest * 2 > value.denominator or (rest * 2 == value.denominator and scaled % 2):
        scaled += 1
    sign = "-" if value < 0 and scaled else ""
    text = str(scaled).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"


def money_text(value: Fraction | int, currency: str) -> str:
    """Write major units with the decimals of their currency.

    >>> money_text(Fraction(2000, 12), "EUR"), money_text(Fraction(1000), "JPY")
    ('166.67', '1000')
    """
    return decimal_text(value, DECIMALS[currency])
