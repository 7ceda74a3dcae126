"""The reading of texts, held against labelled sentences: precision and recall of what sounds bad, and of topics.

    python -m benchmarks.texts [--set judging] [--misses] [--time]

The lexicon was made with the sentences of the set `tuning`. It is judged by those of `judging`, whose misses were not
looked at while it was made: `--misses` shows those of `tuning` only. `--time` says how long a long text takes.
"""

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from time import process_time
from typing import Final, NamedTuple

from retention.text.reading import LANGUAGES, Reading, read
from retention.text.words import MOST_CHARACTERS

SENTENCES: Final = Path(__file__).resolve().parents[1] / "tests" / "texts"
LEAST_SENTIMENT: Final = -50
LEAST_CONFIDENCE: Final = 70
NEGATIVE: Final = "neg"
NO_TOPIC: Final = "other"


class Sentence(NamedTuple):
    """One labelled sentence: `neg`, `neu` or `pos`, its topic, and its text."""

    tone: str
    topic: str
    text: str


class Score(NamedTuple):
    """Counts what was found, what of it rightly, and what there was to find."""

    found: int
    right: int
    there: int

    @property
    def precision(self) -> Fraction:
        """Return the share of what was found that is right."""
        return Fraction(self.right, self.found) if self.found else Fraction(0)

    @property
    def recall(self) -> Fraction:
        """Return the share of what there was that was found."""
        return Fraction(self.right, self.there) if self.there else Fraction(0)


def sentences(name: str, language: str) -> list[Sentence]:
    """Return the labelled sentences of a set in a language."""
    lines = (SENTENCES / f"{name}.{language}.tsv").read_text(encoding="utf-8").splitlines()
    return [Sentence(*line.split("\t")) for line in lines]


def sounds_bad(reading: Reading) -> bool:
    """Report whether a reading raises `negative-sentiment`, with its thresholds as they are by default."""
    return reading.sentiment <= LEAST_SENTIMENT and reading.confidence >= LEAST_CONFIDENCE


def scores(name: str, language: str) -> dict[str, Score]:
    """Return the scores of a set in a language, whose language is not stated: of what sounds bad, topics, language."""
    read_as = [(sentence, read(sentence.text)) for sentence in sentences(name, language)]
    bad = [sounds_bad(reading) for _, reading in read_as]
    meant = [sentence.tone == NEGATIVE for sentence, _ in read_as]
    topics = [(sentence.topic, reading.topic) for sentence, reading in read_as]
    right = sum(one == other for one, other in topics if other)
    languages = [reading.language for _, reading in read_as]
    return {
        "negative": Score(sum(bad), sum(one and other for one, other in zip(bad, meant, strict=True)), sum(meant)),
        "topic": Score(sum(bool(other) for _, other in topics), right, sum(one != NO_TOPIC for one, _ in topics)),
        "language": Score(sum(map(bool, languages)), languages.count(language), len(languages)),
    }


def table(name: str) -> Iterator[str]:
    """Yield the rows of a table of the scores, as the documentation has it."""
    yield "| language | sentences | negative: precision | recall | topic: precision | recall | language told |"
    yield "|---|---|---|---|---|---|---|"
    for language in LANGUAGES:
        found = scores(name, language)
        bad, topic, told = found["negative"], found["topic"], found["language"]
        shown = [bad.precision, bad.recall, topic.precision, topic.recall, told.recall]
        cells = [language, str(told.there), *(f"{float(one):.2f}" for one in shown)]
        yield f"| {' | '.join(cells)} |"


def misses(name: str) -> Iterator[str]:
    """Yield the sentences of a set that are read otherwise than they are labelled."""
    for language in LANGUAGES:
        for sentence in sentences(name, language):
            reading = read(sentence.text)
            tone = sounds_bad(reading) == (sentence.tone == NEGATIVE)
            if not tone or (reading.topic or NO_TOPIC) != sentence.topic or reading.language != language:
                yield f"{language} {sentence.tone} {sentence.topic:<16}{reading} {sentence.text}"


def milliseconds(language: str, times: int = 100) -> float:
    """Return how long a text takes of which as much is read as ever is, made of the sentences to tune on."""
    text = " ".join(sentence.text for sentence in sentences("tuning", language))[:MOST_CHARACTERS]
    read(text)
    began = process_time()
    for _ in range(times):
        read(text)
    return (process_time() - began) / times * 1_000


def main() -> None:
    """Print the table, and what was missed of the set to tune on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="judging", choices=("judging", "tuning"))
    parser.add_argument("--misses", action="store_true", help="also print what was missed of the set `tuning`")
    parser.add_argument("--time", action="store_true", help="print how long texts take, and nothing else")
    chosen = parser.parse_args()
    if chosen.time:
        print({language: f"{milliseconds(language):.2f} ms" for language in LANGUAGES}, MOST_CHARACTERS, "characters")
        return
    print("\n".join(table(chosen.set)))
    if chosen.misses:
        print("\n".join(misses("tuning")))


if __name__ == "__main__":
    main()
