"""The rejected records of a log: by reason, with their line numbers and the remedy."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.decoding import MAX_BYTES
from schemas.visible import visible
from streams.dead_letters import CLOCK, PREFIX, REASONS, dead_letter
from streams.foreign_logs import UNREAD
from streams.logfile import Noun
from streams.outgoing import Outgoing
from streams.player import Sent, TooLarge
from streams.records import LogRecord
from streams.refusals import MAX_ERROR, SHOWN, Kinds
from streams.topics import DEAD_LETTERS

TOO_LARGE: Final = "too_large"
_IN_FILES: Final = {
    "future": CLOCK,
    "not_json": "correct the file at the place that is named: each record is one JSON object, in UTF-8",
}
"""Remedies that are others in a file than on a topic."""


class Rejected:
    """Takes dead letters as they were written; keeps the first records, and the first errors, of each reason."""

    def __init__(self, sent: Sent, noun: Noun) -> None:
        self._sent, self._noun = sent, noun
        self._first: dict[str, list[tuple[int, str]]] = {}
        self._kinds = Kinds[int]()
        for line in sent.too_large:
            self._keep(TOO_LARGE, line.number, _why(line))
        for unread in sent.unread:
            self._keep(UNREAD, *unread)

    def take(self, line: dict[str, Any]) -> None:
        """Take one line of the dead letters."""
        about = line["headers"]
        partition, offset = int(about[f"{PREFIX}partition"]), int(about[f"{PREFIX}offset"])
        number = self._sent.places.line(about[f"{PREFIX}topic"], partition, offset)
        self._keep(about[f"{PREFIX}reason"], number or 0, about[f"{PREFIX}error"])

    def _keep(self, reason: str, number: int, error: str) -> None:
        first, shown = self._first.setdefault(reason, []), visible(error)
        first.append((number, shown[:MAX_ERROR]))
        self._kinds.take(reason, number, shown)
        if len(first) > SHOWN * 20:
            first[:] = sorted(first)[:SHOWN]

    def first(self) -> dict[str, list[dict[str, Any]]]:
        """Return the lines of the first records of each reason, and what is wrong with them."""
        found = ((reason, sorted(self._first[reason])[:SHOWN]) for reason in sorted(self._first))
        return {
            reason: [{self._noun: number or None, "error": error} for number, error in first] for reason, first in found
        }

    def errors(self) -> dict[str, list[dict[str, Any]]]:
        """Return the different errors of each reason that came first: the first line of each, and how often it came."""
        return {
            reason: [
                {self._noun: one.place or None, "error": one.error, "number": one.number}
                for one in self._kinds.first(reason)
            ]
            for reason in sorted(self._first)
        }

    def unsent(self) -> Iterator[dict[str, Any]]:
        """Yield dead letters of the lines that could not be sent: no topic has them."""
        for line in self._sent.too_large:
            record = LogRecord("", -1, -1, 0, None, line.text, ())
            yield _as_json(dead_letter(DEAD_LETTERS.name, "", record, TOO_LARGE, _why(line)), self._noun, line.number)
        for number, error in self._sent.unread:  # without its content, which may name an erased customer
            record = LogRecord("", -1, -1, 0, None, b"", ())
            yield _as_json(dead_letter(DEAD_LETTERS.name, "", record, UNREAD, error, whole=False), self._noun, number)


def _why(line: TooLarge) -> str:
    if line.size > MAX_BYTES:
        return f"{line.size:,} bytes; at most {MAX_BYTES:,} are read"
    return f"{line.size:,} bytes; the broker takes fewer (max.message.bytes of the topic)"


def _as_json(letter: Outgoing, noun: Noun, number: int) -> dict[str, Any]:
    headers = {name: (value or b"").decode(errors="replace") for name, value in letter.headers}
    value = {"text": (letter.value or b"").decode(errors="replace")}
    return {"topic": letter.topic, "key": None, "headers": headers | {f"{PREFIX}{noun}": str(number)}, "value": value}


def remedy(reason: str) -> str:
    """Return the remedy for a reason."""
    return REASONS.get(reason, "nothing is to be done")


def remedy_in_file(reason: str) -> str:
    """Return the remedy for a reason for which a record of a file is rejected."""
    return _IN_FILES.get(reason) or remedy(reason)
