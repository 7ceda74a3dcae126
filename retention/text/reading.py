"""Reads a text: its language, what it is about, and how it sounds. Whole numbers, so each machine reads it alike.

    The app is not bad, but your support is terrible.
               ── +½ ──                    ── −3 ──      before a `but`, half: P = ¼, N = 3

    sentiment    (P − N) ÷ √((P − N)² + 9)               −2 alone is −0.55
    confidence   the greater of both ÷ (P + N + 0.7)     −2 alone is 0.74, and 0.5 beside praise of the same weight

Reading takes time in proportion to the length of the text, of which only the beginning is read.
"""

from functools import cache
from math import isqrt
from typing import Final, NamedTuple

from retention.text import english, italian, others, spanish
from retention.text.lexicon import HUNDRED, Lexicon, Term
from retention.text.words import BREAK, MOST_CHARACTERS, PAUSE, joined, parted, words_of

REACH: Final = 3
"""So many words after a negation may be turned round by it."""
_CURVE: Final = 9 * HUNDRED * HUNDRED
_DOUBT: Final = 70
_LEAST_TOPIC: Final = 200
_TURNED_PRAISE: Final = -90
"""What is left of praise that is negated, in hundredths: `not good` is nearly as bad as `bad`."""
_TURNED_BLAME: Final = -50
"""What is left of blame that is negated: `not bad` is half as good as `good`."""
_STRONGER: Final = 130
_BY_LEXICON_ALONE: Final = 90
_SPANISH: Final = frozenset("\u00bf\u00a1\u00f1\u00d1")
"""Signs that no other of these languages has: ¿ ¡ ñ."""
LANGUAGES: Final = ("en", "es", "it")
_NAMES: Final = {
    **dict.fromkeys(("en", "eng", "english", "ingles", "inglese"), "en"),
    **dict.fromkeys(("es", "spa", "spanish", "espanol", "castellano", "spagnolo"), "es"),
    **dict.fromkeys(("it", "ita", "italian", "italiano"), "it"),
}


class Reading(NamedTuple):
    """The result of reading a text: nothing of the text itself."""

    language: str
    """`en`, `es`, `it`; empty if it is none of them, or cannot be told."""
    topic: str
    """One of `TOPICS`; empty if none stands out."""
    sentiment: int
    """From -100 to 100."""
    confidence: int
    """From 0, nothing was found, to 100."""


TOPICS: Final = (
    "cancellation",
    "billing",
    "access",
    "delivery",
    "technical",
    "missing_feature",
    "support",
    "how_to",
)
"""The topics, in the order in which one wins over others that are as strong."""
NOTHING: Final = Reading("", "", 0, 0)


def read(text: str, language: str | None = None) -> Reading:
    """Return what is found in a text. A stated language, such as `es` or `es-MX`, is not doubted.

    >>> read("Your support is terrible, I want to cancel.")
    Reading(language='en', topic='cancellation', sentiment=-70, confidence=81)
    >>> read("No funciona nada, es una vergüenza.").language, read("Nichts geht mehr.").language
    ('es', '')
    """
    words = words_of(text)
    if language is not None:
        code = stated(language)
        return _read(words, lexicon_of(code), HUNDRED) if code else NOTHING
    code = "es" if not _SPANISH.isdisjoint(text[:MOST_CHARACTERS]) else told(words)
    if not code:
        return _of_the_only(words)
    return _read(words, lexicon_of(code), HUNDRED) if code in LANGUAGES else NOTHING


def stated(language: str) -> str:
    """Return a language of ours by its name or code; empty for another one.

    >>> stated("es-MX"), stated("English"), stated("de")
    ('es', 'en', '')
    """
    words = words_of(language.replace("_", " ").replace("-", " "))
    return _NAMES.get(words[0], "") if words else ""


def told(words: list[str]) -> str:
    """Return the language with the most function words, ours or another one; empty if none has more than the others.

    >>> told(["donde", "esta", "mi", "pedido"]), told(["wo", "ist", "mein", "paket"])
    ('es', 'de')
    """
    found = parted(words)
    votes = [(_votes(found, _function_words(code)), code) for code in (*LANGUAGES, *others.FUNCTION_WORDS)]
    votes.sort()
    return votes[-1][1] if votes[-1][0] > votes[-2][0] else ""


@cache
def _function_words(language: str) -> frozenset[str]:
    if language == "en":
        return frozenset(english.FUNCTION_WORDS.split())
    if language == "es":
        return frozenset(spanish.FUNCTION_WORDS.split())
    if language == "it":
        return frozenset(italian.FUNCTION_WORDS.split())
    return frozenset(others.FUNCTION_WORDS[language].split())


def _votes(words: list[str], known: frozenset[str]) -> int:
    number = 0
    for one in words:
        if one in known:
            number += 1
    return number


def _of_the_only(words: list[str]) -> Reading:
    """Return the reading in the language whose lexicon finds the most, a little less sure; nothing if two do."""
    found = [_read(words, lexicon_of(code), _BY_LEXICON_ALONE) for code in LANGUAGES]
    found.sort(key=_certainty)
    return found[-1] if _certainty(found[-1]) > _certainty(found[-2]) else NOTHING


def _certainty(reading: Reading) -> tuple[int, bool]:
    return reading.confidence, bool(reading.topic)


@cache
def lexicon_of(language: str) -> Lexicon:
    """Return the lexicon of a language. It is made when the first text in it is read (some milliseconds)."""
    if language == "en":
        return Lexicon("en", english.FEELINGS, english.TOPICS, english.NEGATORS, english.STRONGER)
    if language == "es":
        return Lexicon("es", spanish.FEELINGS, spanish.TOPICS, spanish.NEGATORS, spanish.STRONGER)
    return Lexicon("it", italian.FEELINGS, italian.TOPICS, italian.NEGATORS, italian.STRONGER)


_BUT: Final = frozenset({"but", "however", "pero", "aunque", "sino", "ma", "tuttavia"})
_SIGNS: Final = frozenset({BREAK, PAUSE})
_IDIOM: Final = 3
"""So many words are an idiom, which no negation before it turns: `no tengo motivos de queja`."""


class _Tally:
    """Sums up the terms of a text, in hundredths."""

    def __init__(self) -> None:
        self.praise, self.blame = 0, 0
        self.topics: dict[str, int] = {}

    def add(self, weight: int) -> None:
        """Count a term."""
        if weight > 0:
            self.praise += weight
        else:
            self.blame -= weight

    def halve(self) -> None:
        """Count what stood before a `but` by half."""
        self.praise, self.blame = self.praise // 2, self.blame // 2


def _read(found: list[str], lexicon: Lexicon, certainty: int) -> Reading:
    words = joined(found) if lexicon.language == "en" else parted(found)
    tally, turning, stronger, taken = _Tally(), _Turning(lexicon.negators), False, 0
    about: dict[str, int] = {}
    for place in range(len(words)):
        word = words[place]
        if word in _SIGNS or (word in _BUT and place >= taken):
            turning.stop()
            if word in _BUT and place and words[place - 1] != BREAK:
                tally.halve()
            continue
        turning.go_on()
        for term in lexicon.matches(words, place):
            end = place + len(term.words)
            if term.topic:
                if place >= about.get(term.topic, 0):
                    tally.topics[term.topic] = tally.topics.get(term.topic, 0) + term.weight
                    about[term.topic] = end
            elif place >= taken:
                weight = term.weight * _STRONGER // HUNDRED if stronger else term.weight
                tally.add(turning.turned(term, weight))
                turning.pass_by(term)
                taken = end
        if place >= taken and word in lexicon.negators:
            turning.begin()
        stronger = word in lexicon.stronger
    return _summed(tally, lexicon.language, certainty)


class _Turning:
    """Follows a negation as far as it reaches. One that is part of a term turns praise after it, and no blame."""

    def __init__(self, negators: frozenset[str]) -> None:
        self._negators = negators
        self._words, self._praise_only = 0, 0

    def begin(self) -> None:
        """Note a negation."""
        self._words = REACH + 1

    def pass_by(self, term: Term) -> None:
        """Note the negation that is part of a term."""
        if term.weight < 0 and self._has_negation(term):
            self._praise_only = len(term.words) + REACH

    def go_on(self) -> None:
        """Advance by a word."""
        self._words -= self._words > 0
        self._praise_only -= self._praise_only > 0

    def stop(self) -> None:
        """Stop at the end of a clause."""
        self._words = self._praise_only = 0

    def turned(self, term: Term, weight: int) -> int:
        """Return what a term weighs here. `Nessuno risponde` is no less blame after a `non`."""
        if len(term.words) >= _IDIOM:
            return weight
        if weight > 0:
            return weight * _TURNED_PRAISE // HUNDRED if self._words or self._praise_only else weight
        return weight * _TURNED_BLAME // HUNDRED if self._words and not self._has_negation(term) else weight

    def _has_negation(self, term: Term) -> bool:
        return not self._negators.isdisjoint(term.words)


def _summed(tally: _Tally, language: str, certainty: int) -> Reading:
    topic, most = "", _LEAST_TOPIC - 1
    for name in TOPICS:
        strength = tally.topics.get(name, 0)
        if strength > most:
            topic, most = name, strength
    praise, blame = tally.praise, tally.blame
    if not praise and not blame:
        return Reading(language, topic, 0, 0)
    rest = praise - blame
    sentiment = abs(rest) * HUNDRED // max(1, isqrt(rest * rest + _CURVE))
    confidence = max(praise, blame) * certainty // (praise + blame + _DOUBT)
    return Reading(language, topic, sentiment if rest >= 0 else -sentiment, confidence)
