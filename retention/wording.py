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


_ARTICLES: Final = (
    ("il ", "l'"),
    ("dal ", "dall'"),
    ("del ", "dell'"),
    ("al ", "all'"),
    ("nel ", "nell'"),
    ("sul ", "sull'"),
)
"""Italian articles, alone and in one with a preposition, and what they are before a vowel."""


class Text:
    """A text with places for words. It is split once, as signals are explained by the thousand.

    Raises `ValueError` for a place that is more than a name. An Italian article before a place is elided where a number
    follows that begins with a vowel.

    >>> Text("{days} without a login").filled({"days": "9 days"})
    '9 days without a login'
    >>> [Text("Scade il {on}", "it").filled({"on": on}) for on in ("7 maggio", "8 maggio", "11 maggio")]
    ['Scade il 7 maggio', "Scade l'8 maggio", "Scade l'11 maggio"]
    """

    def __init__(self, text: str, language: Language = "en") -> None:
        self._pieces: list[tuple[str, str]] = []
        """Each piece of plain text with the name of the word after it; without a name at the end of the text."""
        self._elides = language == "it"
        for plain, name, form, conversion in Formatter().parse(text):
            if form or conversion or not (name is None or name.isidentifier()):
                raise ValueError(f"{text!r}: a place for a word has a name only, as in {{days}}")
            self._pieces.append((visible(plain), name or ""))

    def filled(self, words: Mapping[str, object]) -> str:
        """Return the text with its words, which may come from producers and are made visible."""
        found: list[str] = []
        for plain, name in self._pieces:
            word = visible(str(words[name])) if name else ""
            found.append(_elided(plain) if self._elides and _begins_with_vowel(word) else plain)
            found.append(word)
        return "".join(found)


def _begins_with_vowel(number: str) -> bool:
    """Report whether a number is said in Italian with a vowel at its beginning: otto, ottanta, undici.

    >>> [_begins_with_vowel(number) for number in ("8", "83 %", "11 maggio", "110", "1 maggio", "otto")]
    [True, True, True, False, False, False]
    """
    return number.startswith("8") or (number.startswith("11") and not number[2:3].isdigit())


def _elided(plain: str) -> str:
    """Return a text with the article at its end elided, if there is one.

    >>> _elided("In pausa dal "), _elided("Scade (il "), _elided("Uso "), _elided("il ")
    ("In pausa dall'", "Scade (l'", 'Uso ', "l'")
    """
    for article, short in _ARTICLES:
        if plain.endswith(article) and not plain[: -len(article)][-1:].isalpha():
            return plain[: -len(article)] + short
    return plain


def days_text(number: int, language: Language) -> str:
    """Return a number of days as text.

    >>> days_text(1, "en"), days_text(9, "it")
    ('1 day', '9 giorni')
    """
    one, many = _DAYS[language]
    return f"{number} {one if number == 1 else many}"


def number_text(number: str, language: Language) -> str:
    """Return a number with decimals as the language writes it.

    >>> number_text("36.10", "en"), number_text("36.10", "es"), number_text("9", "it")
    ('36.10', '36,10', '9')
    """
    return number if language == "en" else number.replace(".", ",")


def day_text(day: LocalDay, language: Language) -> str:
    """Return a local day as text.

    >>> [day_text(0, language) for language in LANGUAGES]
    ['1 January 1970', '1 de enero de 1970', '1º gennaio 1970']
    """
    date = local_date(day)
    number = "1º" if language == "it" and date.day == 1 else str(date.day)
    return _DATE[language].format(day=number, month=_MONTHS[language][date.month - 1], year=date.year)


def date_text(at: Instant, calendar: Calendar, language: Language) -> str:
    """Return the local day of an instant as text."""
    return day_text(calendar.day(at), language)
