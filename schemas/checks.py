"""The checks of single fields that no type system can express: what pydantic and the fast decoder both ask."""

import re
from datetime import datetime
from typing import Final

from schemas.currencies import DECIMALS

_FIRST_YEAR: Final = 1970
_LARGEST: Final = 10**15
_DECIMAL: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def pseudonymous(value: str) -> str:
    """Refuse e-mail addresses and control characters: a customer id travels through topics, logs and keys of the state.

    It must name no person, and nothing but a customer.
    """
    if "@" in value:
        raise ValueError("a customer id must be a pseudonym, not an e-mail address")
    if not value.isprintable():
        raise ValueError("a customer id must be printable: keys that begin with a zero byte are our own")
    return value


def not_before_1970(value: datetime) -> datetime:
    """Refuse instants before the epoch: they are zero or negative clocks, not history."""
    if value.year < _FIRST_YEAR:
        raise ValueError("nothing here lies before 1970: it is a zero or negative clock")
    return value


def iso_4217(value: str) -> str:
    """Refuse what is no currency code."""
    if value not in DECIMALS:
        raise ValueError(f"{value!r} is not an ISO 4217 currency code")
    return value


def exact(value: str | int) -> str | int:
    """Refuse what is no plain, non-negative decimal: no sign, no exponent, no binary float, no NaN."""
    if isinstance(value, int):
        if not 0 <= value <= _LARGEST:
            raise ValueError(f"an amount lies between 0 and {_LARGEST:,}")
    elif not _DECIMAL.fullmatch(value):
        raise ValueError("an amount is a decimal string such as '29.90' or an integer, without sign or exponent")
    return value
