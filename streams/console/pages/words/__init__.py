"""Every word of the console, in each of its languages: a register, so that none is missing and none is left over."""

from typing import Final

from retention.wording import Language, Text
from streams.console.pages.words.at_risk import AT_RISK
from streams.console.pages.words.customer import CUSTOMER
from streams.console.pages.words.general import COUNTS, GENERAL
from streams.console.pages.words.phrase import Phrase, Register
from streams.console.pages.words.pipeline import PIPELINE
from streams.console.pages.words.retention import RETENTION
from streams.console.pages.words.signals import SIGNALS

WORDS: Final[Register] = {**GENERAL, **AT_RISK, **CUSTOMER, **RETENTION, **SIGNALS, **PIPELINE}
LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "es": "Español", "it": "Italiano"}

_TEXTS: Final = {
    (key, language): Text(phrase.of(language), language) for key, phrase in WORDS.items() for language in LANGUAGE_NAMES
}


def said(key: str, language: Language, /, **words: object) -> str:
    """Return a text of the register with its words.

    >>> said("at_risk.age", "it", days="8 giorni"), said("at_risk.age", "en", days="1 day")
    ('aperto da 8 giorni', 'raised 1 day ago')
    """
    return _TEXTS[key, language].filled(words)


def counted(what: str, number: int, written: str, language: Language) -> str:
    """Return how many there are of something; `written` is the number as it is shown.

    >>> counted("days", 1, "1", "es"), counted("days", 12, "12", "es")
    ('1 día', '12 días')
    """
    one, several = COUNTS[what]
    return (one if number == 1 else several).of(language).format(n=written)


__all__ = ["COUNTS", "LANGUAGE_NAMES", "WORDS", "Phrase", "Register", "counted", "said"]
