"""Numbers, money, shares and times as each language writes them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from retention.wording import Language
from schemas.currencies import DECIMALS

NONE: Final = "–"
"""What stands where there is no value."""
NARROW: Final = "\u202f"
SPACE: Final = "\u00a0"
MINUS: Final = "−"

_MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
    "it": ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
}
_GROUP: Final[dict[Language, str]] = {"en": ",", "es": ".", "it": "."}
_POINT: Final[dict[Language, str]] = {"en": ".", "es": ",", "it": ","}
_LEAST_GROUPED: Final[dict[Language, int]] = {"en": 4, "es": 5, "it": 4}
"""Digits from which on thousands are set apart: Spanish leaves numbers of four digits as they are."""
_PERCENT: Final[dict[Language, str]] = {"en": "%", "es": f"{SPACE}%", "it": "%"}
_SIGNS: Final = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$", "KRW": "₩"}
_SPANS: Final[dict[Language, tuple[str, str, str, str]]] = {
    "en": ("{} s", "{} min", "{} h", "{} d"),
    "es": ("{} s", "{} min", "{} h", "{} d"),
    "it": ("{} s", "{} min", "{} h", "{} g"),
}

Number = int | float | str | Decimal


def number(value: Number | None, language: Language, places: int | None = None) -> str:
    """Return a number as a language writes it, rounded to some places; without them as exact as it is.

    >>> [number("12345.50", language) for language in ("en", "es", "it")]
    ['12,345.50', '12.345,50', '12.345,50']
    >>> number(1234, "es"), number(1234, "it"), number(-3, "en"), number(0.12, "it"), number(None, "en")
    ('1234', '1.234', '−3', '0,12', '–')
    """
    if value is None:
        return NONE
    exact = Decimal(str(value))  # a weight is a float: as short as it was written
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, rest = f"{abs(exact):f}".partition(".")
    digits = _grouped(whole, language) + (_POINT[language] + rest if rest else "")
    return MINUS + digits if exact < 0 else digits


def _grouped(whole: str, language: Language) -> str:
    if len(whole) < _LEAST_GROUPED[language]:
        return whole
    return f"{int(whole):,}".replace(",", _GROUP[language])


def percent(share: Number | None, language: Language, places: int = 1) -> str:
    """Return a share as percent.

    >>> [percent("0.95555", language) for language in ("en", "es", "it")]
    ['95.6%', '95,6\\xa0%', '95,6%']
    """
    return NONE if share is None else number(Decimal(share) * 100, language, places) + _PERCENT[language]


def points(change: Number | None, language: Language) -> str:
    """Return the change of a share in percentage points, with its sign.

    >>> points("-0.0312", "es"), points("0.004", "en"), points("0.0001", "en")
    ('−3,1', '+0.4', '±0.0')
    """
    return NONE if change is None else signed(Decimal(change) * 100, language, 1)


def signed(value: Number, language: Language, places: int | None = None) -> str:
    """Return a number with its sign, also if it is positive."""
    exact = Decimal(value)
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = number(abs(exact), language, places)
    return ("±" if exact == 0 else MINUS if exact < 0 else "+") + text


def money(amount: Number | None, currency: str | None, language: Language, *, whole: bool = False) -> str:
    """Return an amount in major units with its currency; `whole` leaves out what is less than one.

    >>> money("1234.5", "EUR", "en"), money("1234.5", "EUR", "it"), money("0.6", "USD", "en", whole=True)
    ('€1,234.50', '1.234,50\\xa0€', '$1')
    >>> money("80", "SEK", "en"), money("-80", "EUR", "en", whole=True), money("80", "JPY", "es")
    ('80.00\\xa0SEK', '−€80', '80\\xa0¥')
    """
    if amount is None or currency is None:
        return NONE
    places = 0 if whole else DECIMALS.get(currency, 2)
    digits, sign = number(abs(Decimal(amount)), language, places), _SIGNS.get(currency)
    text = sign + digits if sign and language == "en" else f"{digits}{SPACE}{sign or currency}"
    return MINUS + text if Decimal(amount) < 0 and any(digit in "123456789" for digit in digits) else text


def day(value: date | None, language: Language) -> str:
    """Return a day, short.

    >>> day(date(2026, 9, 3), "en"), day(date(2026, 9, 3), "es")
    ('3 Sep 2026', '3 sept 2026')
    """
    return NONE if value is None else f"{value.day} {_MONTHS[language][value.month - 1]} {value.year}"


def day_of_year(value: date, language: Language) -> str:
    """Return a day without its year.

    >>> day_of_year(date(2026, 9, 3), "it")
    '3 set'
    """
    return f"{value.day} {_MONTHS[language][value.month - 1]}"


def month(value: date, language: Language) -> str:
    """Return the month of a day.

    >>> month(date(2026, 9, 1), "it")
    'set 2026'
    """
    return f"{_MONTHS[language][value.month - 1]} {value.year}"


def month_name(value: date, language: Language) -> str:
    """Return the month of a day without its year, and with it in January, where a year begins.

    >>> month_name(date(2026, 9, 1), "en"), month_name(date(2026, 1, 1), "en")
    ('Sep', 'Jan 26')
    """
    name = _MONTHS[language][value.month - 1]
    return f"{name} {value.year % 100:02}" if value.month == 1 else name


def moment(value: datetime | None, language: Language) -> str:
    """Return a day with its time of day, in the zone that it has.

    >>> moment(datetime(2026, 9, 3, 7, 5), "en")
    '3 Sep 2026, 07:05'
    """
    return NONE if value is None else f"{day(value.date(), language)}, {value:%H:%M}"


def span(length: timedelta | None, language: Language) -> str:
    """Return how long something lasts, in its largest unit.

    >>> [span(timedelta(seconds=s), "it") for s in (0.2, 75, 4000, 400000)]
    ['0\\xa0s', '1\\xa0min', '1\\xa0h', '4\\xa0g']
    """
    if length is None:
        return NONE
    seconds = max(0, int(length.total_seconds()))
    forms = _SPANS[language]
    for size, form in ((86_400, forms[3]), (3_600, forms[2]), (60, forms[1])):
        if seconds >= size:
            return form.format(number(seconds // size, language)).replace(" ", SPACE)
    return forms[0].format(seconds).replace(" ", SPACE)


class Formats:
    """The formats of one language, as templates use them."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.filters: dict[str, Callable[..., str]] = {
            "number": lambda value, places=None: number(value, language, places),
            "percent": lambda value, places=1: percent(value, language, places),
            "points": lambda value: points(value, language),
            "signed": lambda value, places=None: signed(value, language, places),
            "money": lambda value, currency, whole=False: money(value, currency, language, whole=whole),
            "day": lambda value: day(value, language),
            "month": lambda value: month(value, language),
            "moment": lambda value: moment(value, language),
            "span": lambda value: span(value, language),
        }
        """Filters by their name in a template."""
