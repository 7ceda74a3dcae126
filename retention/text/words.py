"""Words of a text, in clauses, without case and accents. Of a long text only the beginning is read."""

import re
import unicodedata
from typing import Final

MOST_CHARACTERS: Final = 2_000
"""So much of a text is read: what a customer wants is said by then, and below it mails quote what was said before."""
LONGEST_WORD: Final = 40
"""A longer word is none."""
_TOKENS: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.!?;:,()\n]").findall
_ENDS: Final = frozenset(".!?\n")
_PAUSES: Final = frozenset(";:,()")
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u02bc": "'", "`": "'", "\u00b4": "'", "\u2018": "'"})
BREAK: Final = ""
"""In place of a word: a sentence ends here."""
PAUSE: Final = ","
"""In place of a word: a clause ends here."""


def plain(text: str) -> str:
    """Return a text in lower case and without accents.

    >>> plain("¡Pésima ATENCIÓN!"), plain("C’è")
    ('¡pesima atencion!', "c'e")
    """
    lowered = text.translate(_APOSTROPHES).lower()
    if lowered.isascii():
        return lowered
    return "".join([one for one in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(one)])


def words_of(text: str) -> list[str]:
    """Return the words of the beginning of a text; `BREAK` stands between sentences, and `PAUSE` between their clauses.

    >>> words_of("Can't log in, again!")
    ["can't", 'log', 'in', ',', 'again', '']
    """
    found = _TOKENS(plain(text[:MOST_CHARACTERS]))
    return [_sign(one) for one in found if len(one) <= LONGEST_WORD]


def _sign(token: str) -> str:
    return BREAK if token in _ENDS else PAUSE if token in _PAUSES else token


def joined(words: list[str]) -> list[str]:
    """Return words without their apostrophes, as English is read: `can't` is one word.

    >>> joined(["can't", "", "log"])
    ['cant', '', 'log']
    """
    return [one.replace("'", "") for one in words]


def parted(words: list[str]) -> list[str]:
    """Return words parted at their apostrophes, as Italian is read: in `l'app` there are two.

    >>> parted(["l'app", "", "va"])
    ['l', 'app', '', 'va']
    """
    found: list[str] = []
    for one in words:
        if "'" in one:
            found += one.split("'")
        else:
            found.append(one)
    return found
