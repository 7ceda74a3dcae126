"""Texts with places for words, and numbers, dates and reasons in the languages of a signal's explanation."""

from collections.abc import Mapping
from string import Formatter
from typing import Final, Literal

from retention.calendar import Calendar, Instant, LocalDay, local_date
from schemas.base import Reason
from schemas.visible import visible

Language = Literal["en", "es", "it"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "es", "it")

_MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "es": (
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
    "it": (
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ),
}
_DATE: Final[dict[Language, str]] = {
    "en": "{day} {month} {year}",
    "es": "{day} de {month} de {year}",
    "it": "{day} {month} {year}",
}

REASONS: Final[dict[Reason, dict[Language, str]]] = {
    "price": {"en": "price", "es": "precio", "it": "prezzo"},
    "missing_feature": {"en": "a missing feature", "es": "falta una función", "it": "manca una funzione"},
    "switched_service": {"en": "another service", "es": "otro servicio", "it": "un altro servizio"},
    "unused": {"en": "not used", "es": "sin uso", "it": "non usato"},
    "customer_service": {"en": "customer service", "es": "atención al cliente", "it": "assistenza clienti"},
    "too_complex": {"en": "too complex", "es": "demasiado complejo", "it": "troppo complesso"},
    "low_quality": {"en": "low quality", "es": "baja calidad", "it": "bassa qualità"},
    "other": {"en": "another reason", "es": "otro motivo", "it": "altro motivo"},
}


_DAYS: Final[dict[Language, tuple[str, str]]] = {
    "en": ("day", "days"),
    "es": ("día", "días"),
    "it": ("giorno", "giorni"),
}


class Text:
    """A text with places for words. It is split once, as signals are explained by the thousand.

    Raises `ValueError` for a place that is more than a name.

    >>> Text("{days} without a login").filled({"days": "9 days"})
    '9 days without a login'
    """

    def __init__(self, text: str) -> None:
        self._pieces: list[tuple[str, str]] = []
        """Each piece of plain text with the name of the word after it; without a name at the end of the text."""
        for plain, name, form, conversion in Formatter().parse(text):
            if form or conversion or not (name is None or name.isidentifier()):
                raise ValueError(f"{text!r}: a place for a word has a name only, as in {{days}}")
            self._pieces.append((visible(plain), name or ""))

    def filled(self, words: Mapping[str, object]) -> str:
        """Return the text with its words, which may come from producers and are made visible."""
        found: list[str] = []
        for plain, name in self._pieces:
            found.append(plain)
            if name:
                found.append(visible(str(words[name])))
        return "".join(found)


def days_text(number: int, language: Language) -> str:
    """Return a number of days as text.

    >>> days_text(1, "en"), days_text(9, "it")
    ('1 day', '9 giorni')
    """
    one, many = _DAYS[language]
    return f"{number} {one if number == 1 else many}"


def day_text(day: LocalDay, language: Language) -> str:
    """Return a local day as text.

    >>> [day_text(0, language) for language in LANGUAGES]
    ['1 January 1970', '1 de enero de 1970', '1 gennaio 1970']
    """
    date = local_date(day)
    return _DATE[language].format(day=date.day, month=_MONTHS[language][date.month - 1], year=date.year)


def date_text(at: Instant, calendar: Calendar, language: Language) -> str:
    """Return the local day of an instant as text."""
    return day_text(calendar.day(at), language)
