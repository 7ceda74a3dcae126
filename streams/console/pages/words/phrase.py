"""A phrase: one text in each language of the console."""

from typing import NamedTuple

from retention.wording import Language


class Phrase(NamedTuple):
    """A text in each language; places for words stand in braces.

    >>> Phrase("{n} customers", "{n} clientes", "{n} clienti").of("it")
    '{n} clienti'
    """

    en: str
    es: str
    it: str

    def of(self, language: Language) -> str:
        """Return the text in one language."""
        text: str = getattr(self, language)
        return text


Register = dict[str, Phrase]
