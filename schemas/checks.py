"""The checks of single fields that no type system can express: what pydantic and the fast decoder both ask.

And what pydantic alone asks first: how else a value may be written.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

from schemas.currencies import DECIMALS

FIRST_YEAR: Final = 1970
LARGEST: Final = 10**15
"""Of amounts, in major units."""
WHOLE_PERCENT: Final = 100
PLAIN_AMOUNT: Final = r"[0-9]{1,15}(\.[0-9]{1,9})?"
PLAIN_PRICE: Final = r"[0-9]{1,15}(\.[0-9]{1,14})?"
PLAIN_PERCENT: Final = r"(100(\.0{1,16})?|[0-9]{1,2}(\.[0-9]{1,16})?)"
_AMOUNT: Final = re.compile(PLAIN_AMOUNT)
_PRICE: Final = re.compile(PLAIN_PRICE)
_PERCENT: Final = re.compile(PLAIN_PERCENT)
_TOO_FINE: Final = re.compile(r"(\.[0-9]{6})[0-9]+")
_FINEST_PERCENT: Final = 16


def printable(value: str) -> str:
    """Refuse characters that cannot be seen: an id travels through topics, logs and keys of the state."""
    if not value.isprintable():
        raise ValueError("an id must be printable: no control characters, line breaks or characters without width")
    return value


def pseudonymous(value: str) -> str:
    """Refuse e-mail addresses, and what cannot be printed: a customer id must name no person."""
    if "@" in value:
        raise ValueError("a customer id must be a pseudonym, not an e-mail address")
    return printable(value)


def not_before_1970(value: datetime) -> datetime:
    """Refuse instants before the epoch: they are zero or negative clocks, not history."""
    if value.year < FIRST_YEAR:
        raise ValueError("nothing here lies before 1970: it is a zero or negative clock")
    return value


def iso_4217(value: str) -> str:
    """Refuse what is no currency code."""
    if value not in DECIMALS:
        raise ValueError("not an ISO 4217 currency code")
    return value


def exact(value: str | int) -> str | int:
    """Refuse what is no plain, non-negative decimal: no sign, no exponent, no binary float, no NaN."""
    if isinstance(value, int):
        if not 0 <= value <= LARGEST:
            raise ValueError(f"an amount lies between 0 and {LARGEST:,}")
    elif not _AMOUNT.fullmatch(value):
        raise ValueError("an amount is a decimal string such as '29.90' or an integer, without sign or exponent")
    return value


def exact_price(value: str | int) -> str | int:
    """Refuse what is no amount, but allow fourteen decimals: prices of single units are that fine."""
    return value if isinstance(value, str) and _PRICE.fullmatch(value) else exact(value)


def percent(value: str | int) -> str | int:
    """Refuse what is no share in percent."""
    if not (0 <= value <= WHOLE_PERCENT if isinstance(value, int) else _PERCENT.fullmatch(value)):
        raise ValueError("a percentage is a decimal from 0 to 100, such as 12.5, with at most 16 decimals")
    return value


# How else a value may be written


def digits(value: object) -> object:
    """Read an integer as its decimal text: ids are integers in many databases."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def in_upper_case(value: object) -> object:
    """Read a currency in any case. Only ASCII has cases here: `ß` would become two letters."""
    return value.upper() if isinstance(value, str) and value.isascii() else value


def plain_percent(value: object) -> object:
    """Read a number with decimals as its plain decimal text."""
    if not isinstance(value, Decimal):
        return value
    exponent = value.as_tuple().exponent
    # Only so much is written out: a number of a few characters may have a million digits.
    if not isinstance(exponent, int) or not 0 <= value <= WHOLE_PERCENT or exponent < -4 * _FINEST_PERCENT:
        return str(value)
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).removeprefix("-")


def to_microseconds(value: str) -> str:
    """Cut a fraction of a second beyond microseconds.

    >>> to_microseconds("2024-01-31T23:59:59.999999999Z")
    '2024-01-31T23:59:59.999999Z'
    """
    return _TOO_FINE.sub(r"\1", value)
