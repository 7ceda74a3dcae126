"""A lexicon: what words and phrases of one language weigh, which topic they are about, and what turns them round."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from retention.text.words import plain

HUNDRED: Final = 100
MOST_WORDS: Final = 5
"""The longest phrase."""
_SHORTEST_STEM: Final = 3
_LONGEST_STEM: Final = 16


class Term(NamedTuple):
    """A word or a phrase and what it means. A word that ends with `*` stands for all that begin so."""

    words: tuple[str, ...]
    weight: int
    topic: str


class Lexicon:
    """The terms of one language, found by their first word.

    >>> found = Lexicon("en", "-3: awful, let down", "billing 2: invoice*", negators="not", stronger="very")
    >>> found.match(["we", "feel", "let", "down"], 2).words, found.match(["invoices"], 0).topic
    (('let', 'down'), 'billing')
    """

    def __init__(self, language: str, feelings: str, topics: str, negators: str, stronger: str) -> None:
        self.language = language
        self._whole: dict[str, list[Term]] = {}
        self._stems: dict[str, list[Term]] = {}
        self.negators = frozenset(plain(negators).split())
        self.stronger = frozenset(plain(stronger).split())
        for term in [*_terms(feelings), *_terms(topics)]:
            self._add(term)
        for terms in [*self._whole.values(), *self._stems.values()]:
            terms.sort(key=_by_length)
        self._longest = max([len(one) for one in self._stems], default=0)

    def _add(self, term: Term) -> None:
        first = term.words[0]
        if first.endswith("*"):
            self._stems.setdefault(first[:-1], []).append(term)
        else:
            self._whole.setdefault(first, []).append(term)

    def matches(self, words: list[str], place: int) -> list[Term]:
        """Return the longest term for a feeling, and the longest one for a topic, that begin at a place."""
        word = words[place]
        feeling: Term | None = None
        topic: Term | None = None
        for terms in self._beginning(word):
            for term in terms:
                if not _fits(term, words, place):
                    continue
                if term.topic:
                    if topic is None or len(term.words) > len(topic.words):
                        topic = term
                elif feeling is None or len(term.words) > len(feeling.words):
                    feeling = term
        return [one for one in (feeling, topic) if one is not None]

    def match(self, words: list[str], place: int) -> Term:
        """Return the first of the longest terms at a place; raise `IndexError` if there is none."""
        return self.matches(words, place)[0]

    def _beginning(self, word: str) -> list[list[Term]]:
        """Return the terms whose first word fits, whole words before stems, the longest stems first."""
        found: list[list[Term]] = []
        whole = self._whole.get(word)
        if whole is not None:
            found.append(whole)
        for length in range(min(len(word), self._longest), _SHORTEST_STEM - 1, -1):
            stems = self._stems.get(word[:length])
            if stems is not None:
                found.append(stems)
        return found


def _by_length(term: Term) -> int:
    return -len(term.words)


def _fits(term: Term, words: list[str], place: int) -> bool:
    """Report whether the other words of a term follow its first one."""
    if place + len(term.words) > len(words):
        return False
    for number in range(1, len(term.words)):
        wanted, word = term.words[number], words[place + number]
        if wanted.endswith("*"):
            if not word.startswith(wanted[:-1]):
                return False
        elif word != wanted:
            return False
    return True


def _terms(written: str) -> Iterator[Term]:
    """Yield the terms of entries such as `-3: awful, let down` and `billing 2: invoice*`, which may go on for lines."""
    entries: list[str] = []
    for line in written.splitlines():
        if ":" in line:
            entries.append(line)
        elif entries:
            entries[-1] += line
    for entry in entries:
        head, _, tail = entry.partition(":")
        topic, _, number = head.strip().rpartition(" ")
        weight = round(float(number) * HUNDRED)
        for one in tail.split(","):
            words = tuple(plain(one).replace("'", "").split())
            if words:
                yield _checked(Term(words, weight, topic))


def _checked(term: Term) -> Term:
    """Return a term; raise `ValueError` for one that could never be found, or would be found everywhere."""
    stems = [len(one) - 1 for one in term.words if one.endswith("*")]
    if len(term.words) > MOST_WORDS or (stems and not _SHORTEST_STEM <= min(stems) <= max(stems) <= _LONGEST_STEM):
        raise ValueError(
            f"{' '.join(term.words)}: at most {MOST_WORDS} words, stems of {_SHORTEST_STEM} to {_LONGEST_STEM} letters"
        )
    return term
