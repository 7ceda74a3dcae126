"""Judges whether a dead letter can be sent again: whole, of a topic that is read, and readable by today's contract.

What depends on the customer's state (`too_late`, `too_many`) is decided by the worker that reads it.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from agents.foreign import Translating
from agents.reading import MAX_AHEAD, Reading
from agents.record import FIRST_TIMESTAMP
from retention.calendar import Instant
from schemas.decoding import Refused
from streams.broker import Broker
from streams.clock import latest, now_of
from streams.letters.letter import Letter
from streams.letters.marks import Known
from streams.readers import readings_of
from streams.records import LogRecord

Fate = Literal["sendable", "refused", "incomplete", "unplaced", "erased"]
LEFT: Final[tuple[Fate, ...]] = ("refused", "incomplete", "unplaced")
"""Letters that cannot be sent again now; they stay."""


class Verdict(NamedTuple):
    """The fate of a letter, and why; `reason` if it would be refused again."""

    fate: Fate
    why: str = ""
    reason: str = ""


class Judge:
    """Judges letters as workers would read them now.

    The record that is sent again has a new timestamp, by which a worker would believe an event that was ahead of its
    record. So the judge compares it with the timestamp that the first record had, unless the operator knows that it
    was the timestamps that were wrong (`believes_events`).
    """

    def __init__(
        self, broker: Broker, known: Known, widths: Mapping[str, int], *, believes_events: bool = False
    ) -> None:
        self._known, self._widths, self._believes = known, widths, believes_events
        self._readings: Mapping[str, Reading] = {
            broker.topic_named(family): reading for family, reading in readings_of(broker).items()
        }
        self._latest: Instant = latest(now_of(broker.settings))

    def names_erased(self, letter: Letter) -> bool:
        """Report whether a letter names an erased customer."""
        return self._known.names_erased(letter)

    def width_of_source(self, letter: Letter) -> int:
        """Return the number of partitions of the source's topic that a letter is about; 0 if it is about none."""
        is_of_source = isinstance(self._readings.get(letter.topic), Translating)
        return self._widths.get(letter.topic, 0) if is_of_source else 0

    def judge(self, letter: Letter) -> Verdict:
        """Return what can be done with a letter of a topic of events."""
        if self._known.names_erased(letter):
            return Verdict("erased")
        reading = self._readings.get(letter.topic)
        if reading is None or not self._widths.get(letter.topic):
            return Verdict(
                "unplaced", f"{letter.topic or 'no topic'} is no input topic by these settings, or is missing"
            )
        if letter.lacks:
            return Verdict("incomplete", f"the letter lacks {letter.lacks}; the record stands in {letter.stood}")
        return self._read(letter, reading)

    def judge_foreign(self, letter: Letter) -> Verdict:
        """Return what can be done with a letter of a source that has its record: whether any event of it is of use.

        An event that is refused again becomes a letter of its own, and an erased customer's is dropped by the worker.
        """
        reading = self._readings[letter.topic]
        if not isinstance(reading, Translating):
            raise TypeError(f"{letter.topic} is no topic of a source")
        timestamp = self._latest // 1_000 if self._believes else letter.timestamp
        headers = [(name, value) for name, value in letter.headers if name != FIRST_TIMESTAMP]
        headers.append((FIRST_TIMESTAMP, str(letter.timestamp).encode()))
        content = reading.meaning(
            LogRecord(letter.topic, letter.partition, letter.position, timestamp, letter.key, letter.value, headers)
        )
        if content.refusal is not None:
            return Verdict("refused", content.refusal.detail, content.refusal.reason)
        if content.said and all(self._known.names_erased_in(one.piece.key, one.piece.value) for one in content.said):
            return Verdict("erased")
        refusals = [one.refusal or self._ahead_of_now(one.at) for one in content.said]
        if refusals and None not in refusals:
            first = next(one for one in refusals if one is not None)
            return Verdict("refused", first.detail, first.reason)
        return Verdict("sendable")

    def _ahead_of_now(self, at: Instant) -> Refused | None:
        return Refused("future", "more than 5 minutes after now: a wrong clock") if at > self._latest else None

    def _read(self, letter: Letter, reading: Reading) -> Verdict:
        """Return whether the contract of today reads a letter, and believes its time."""
        try:
            at = reading.decoder.read_record(letter.value, letter.headers)[1]
        except Refused as refused:
            return Verdict("refused", refused.detail, refused.reason)
        ahead = (at - 1) // 1_000 >= letter.timestamp + MAX_AHEAD and not self._believes
        if ahead or at > self._latest:
            of = "the record's first timestamp" if ahead else "now"
            return Verdict("refused", f"more than 5 minutes after {of}: a wrong clock", "future")
        return Verdict("sendable")
