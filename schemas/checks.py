"""Checks of single fields that a type cannot express, shared by pydantic and the fast decoder.

The second half is for pydantic alone: it accepts other ways to write a value.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from schemas.currencies import DECIMALS

FIRST_YEAR: Final = 1970
LARGEST: Final = 10**15
"""The largest amount, in major units."""
WHOLE_PERCENT: Final = 100
PLAIN_AMOUNT: Final = r"[0-9]{1,15}(\.[0-9]{1,9})?"
PLAIN_PRICE: Final = r"[0-9]{1,15}(\.[0-9]{1,14})?"
PLAIN_RATE: Final = r"(?=[0.]*[1-9])" + PLAIN_PRICE
PLAIN_PERCENT: Final = r"(100(\.0{1,16})?|[0-9]{1,2}(\.[0-9]{1,16})?)"
YEAR_MONTH: Final = r"(197[0-9]|19[89][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])"
YEAR_MONTH_DAY: Final = YEAR_MONTH + r"-(0[1-9]|[12][0-9]|3[01])"
PLAIN_SENTIMENT: Final = r"-?(1(\.0{1,16})?|0(\.[0-9]{1,16})?)"
PLAIN_CONFIDENCE: Final = r"(1(\.0{1,16})?|0(\.[0-9]{1,16})?)"
MONTH_AND_DAY: Final = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))"
)
_AMOUNT: Final = re.compile(PLAIN_AMOUNT)
_MONTH_AND_DAY: Final = re.compile(MONTH_AND_DAY)
_PRICE: Final = re.compile(PLAIN_PRICE)
_RATE: Final = re.compile(PLAIN_RATE)
_PERCENT: Final = re.compile(PLAIN_PERCENT)
_SENTIMENT: Final = re.compile(PLAIN_SENTIMENT)
_CONFIDENCE: Final = re.compile(PLAIN_CONFIDENCE)
_YEAR_MONTH: Final = re.compile(YEAR_MONTH)
_YEAR_MONTH_DAY: Final = re.compile(YEAR_MONTH_DAY)
_LARGEST_ID: Final = 10**64
_LONGEST_TEXT: Final = 65_536
_LONGEST_NAME: Final = 128
_TOO_FINE: Final = re.compile(r"(\.[0-9]{6})[0-9]+")
_FINEST_PERCENT: Final = 16


def printable(value: str) -> str:
    """Return an id; raise `ValueError` for invisible characters: ids stand in topics, logs and keys of the state."""
    if not value.isprintable():
        raise ValueError("an id must be printable: no control characters, line breaks or characters without width")
    return value


def pseudonymous(value: str) -> str:
    """Return a customer id; raise `ValueError` for e-mail addresses and invisible characters."""
    if "@" in value:
        raise ValueError("a customer id must be a pseudonym, not an e-mail address")
    return printable(value)


def not_before_1970(value: datetime) -> datetime:
    """Return a time; raise `ValueError` before 1970: such times come from unset clocks."""
    if value.year < FIRST_YEAR:
        raise ValueError("a time before 1970: the producer's clock was not set")
    return value


def iso_4217(value: str) -> str:
    """Return a currency code; raise `ValueError` if ISO 4217 does not have it."""
    if value not in DECIMALS:
        raise ValueError("not an ISO 4217 currency code")
    return value


def exact(value: str | int) -> str | int:
    """Return an amount; raise `ValueError` unless it is a plain, non-negative decimal without sign or exponent."""
    if isinstance(value, int):
        if not 0 <= value <= LARGEST:
            raise ValueError(f"an amount lies between 0 and {LARGEST:,}")
    elif not _AMOUNT.fullmatch(value):
        raise ValueError("an amount is a decimal string such as '29.90' or an integer, without sign or exponent")
    return value


def rise(value: str | int) -> str | int:
    """Return a rise in percent; raise `ValueError` unless it is a plain, non-negative decimal."""
    if not (0 <= value <= LARGEST if isinstance(value, int) else _AMOUNT.fullmatch(value)):
        raise ValueError("a rise is a decimal of percent such as 12.5, from 0 on; a price that falls is not announced")
    return value


def exact_price(value: str | int) -> str | int:
    """Return a unit price, of up to 14 decimals; raise `ValueError` as for an amount."""
    return value if isinstance(value, str) and _PRICE.fullmatch(value) else exact(value)


def exact_rate(value: str | int) -> str | int:
    """Return an exchange rate; raise `ValueError` unless it is a plain decimal above 0."""
    if not (1 <= value <= LARGEST if isinstance(value, int) else _RATE.fullmatch(value)):
        raise ValueError("a rate is a decimal above 0 such as '1.0842', with at most 14 decimals")
    return value


def percent(value: str | int) -> str | int:
    """Return a percentage; raise `ValueError` unless it lies between 0 and 100."""
    if not (0 <= value <= WHOLE_PERCENT if isinstance(value, int) else _PERCENT.fullmatch(value)):
        raise ValueError("a percentage is a decimal from 0 to 100, such as 12.5, with at most 16 decimals")
    return value


def rating(value: str | int) -> str | int:
    """Return a rating; raise `ValueError` unless it lies between 0 and 100."""
    if not (0 <= value <= WHOLE_PERCENT if isinstance(value, int) else _PERCENT.fullmatch(value)):
        raise ValueError("a rating is a decimal from 0 to 100, such as 4.5, with at most 16 decimals")
    return value


def sentiment(value: str | int) -> str | int:
    """Return a sentiment; raise `ValueError` unless it lies between -1 and 1."""
    if not (-1 <= value <= 1 if isinstance(value, int) else _SENTIMENT.fullmatch(value)):
        raise ValueError("a sentiment is a decimal from -1 to 1, such as -0.62, with at most 16 decimals")
    return value


def confidence(value: str | int) -> str | int:
    """Return a confidence; raise `ValueError` unless it lies between 0 and 1."""
    if not (0 <= value <= 1 if isinstance(value, int) else _CONFIDENCE.fullmatch(value)):
        raise ValueError("a confidence is a decimal from 0 to 1, such as 0.85, with at most 16 decimals")
    return value


def month_or_day(value: str) -> str:
    """Return a month or a day, as `2026-06` or `2026-06-30`; raise `ValueError` for any other text."""
    if not _YEAR_MONTH.fullmatch(value) and not (_YEAR_MONTH_DAY.fullmatch(value) and _is_day(value)):
        raise ValueError("a month such as 2026-06, or a day such as 2026-06-30, not before 1970")
    return value


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def whole_day(value: str) -> str:
    """Return a day, as `2026-06-30`; raise `ValueError` for any other text."""
    if not (_YEAR_MONTH_DAY.fullmatch(value) and _is_day(value)):
        raise ValueError("a day such as 2026-06-30, not before 1970")
    return value


def birthday(value: str) -> str:
    """Return a birthday; raise `ValueError` unless it is a month and a day."""
    if not _MONTH_AND_DAY.fullmatch(value):
        raise ValueError("a birthday is a month and a day, such as 05-31, without a year")
    return value


# Other ways to write a value


def digits(value: object) -> object:
    """Return an integer as decimal text, for ids are integers in many databases; any other value unchanged."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def of_nobody(value: object) -> object:
    """Return None, which is what the field is; raise `ValueError` for a customer in a fact of the whole company."""
    if value is not None:
        raise ValueError(
            "it is a fact of the whole company, and names no customer: leave `customer_id` out, so that nothing of a "
            "customer is stored where no erasure would find it"
        )
    return value


def no_float(value: object) -> object:
    """Return a value that is no number with decimals; raise `ValueError` for one: a binary float is not exact."""
    if isinstance(value, Decimal | float):
        wrong = 'a number with decimals is not exact in JSON: write it as text, such as "5.50"'
        raise ValueError(wrong)  # noqa: TRY004 - pydantic reports a ValueError
    return value


def named(value: object) -> object:
    """Return a word; raise `ValueError` for an empty one, which no word of an open enumeration is."""
    if value == "":
        raise ValueError("it is empty: write what it is about")
    return value


def attribute_value(value: object) -> object:
    """Return a boolean or a number as text, and None for what is no value of a segment; other text unchanged.

    None stands for a list, an object, and what is too large. A record often has such attributes beside those by which
    figures are split, as a note or the id of another system. These must not be lost with it.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _LARGEST_ID else None
    if isinstance(value, Decimal):
        return str(value) if -LARGEST <= value <= LARGEST else None
    return None if isinstance(value, list | dict) or (isinstance(value, str) and len(value) > _LONGEST_TEXT) else value


def with_usable_names(value: object) -> object:
    """Return attributes without those whose name is empty or longer than any that a setting may have."""
    if not isinstance(value, dict) or all(0 < len(name) <= _LONGEST_NAME for name in value):
        return value
    return {name: one for name, one in value.items() if 0 < len(name) <= _LONGEST_NAME}


def cut_to_whole(value: object) -> object:
    """Return a number with decimals without them, for sources that measure in fractions; any other value unchanged."""
    return int(value) if isinstance(value, Decimal) and 0 <= value <= LARGEST else value


def in_upper_case(value: object) -> object:
    """Return a currency code in upper case. Only ASCII is changed: `ß` would become two letters."""
    return value.upper() if isinstance(value, str) and value.isascii() else value


def plain_percent(value: object) -> object:
    """Return a number with decimals as plain decimal text; any other value unchanged."""
    return _in_plain_text(value, least=0)


def plain_sentiment(value: object) -> object:
    """Return a number with decimals, which may be below zero, as plain decimal text; any other value unchanged."""
    return _in_plain_text(value, least=-1)


def _in_plain_text(value: object, *, least: int) -> object:
    if not isinstance(value, Decimal):
        return value
    exponent = value.as_tuple().exponent
    # Limit the digits written out: a number of a few characters (1e-999999) may have a million.
    if not isinstance(exponent, int) or not least <= value <= WHOLE_PERCENT or exponent < -4 * _FINEST_PERCENT:
        return str(value)
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if value else text.removeprefix("-")


def to_microseconds(value: str) -> str:
    """Return a time without digits finer than a microsecond.

    >>> to_microseconds("2024-01-31T23:59:59.999999999Z")
    '2024-01-31T23:59:59.999999Z'
    """
    return _TOO_FINE.sub(r"\1", value)
