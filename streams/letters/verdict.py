"""Judges whether a dead letter can be sent again: whole, of a topic that is read, and readable by today's contract.

What depends on the customer's state (`too_late`, `too_many`) is decided by the worker that reads it.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from agents.foreign import topic_of
from agents.reading import MAX_AHEAD, Reading
from retention.calendar import Instant
from schemas.decoding import Refused
from streams.app import readings_of
from streams.broker import Broker
from streams.clock import latest, now_of
from streams.letters.letter import Letter
from streams.letters.marks import Known

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
        self._of_sources = {broker.topic_named(topic_of(source.name)) for source, _ in broker.sources()}
        """A letter of these has one event of a record, and not the record, which alone its source can read."""
        self._latest: Instant = latest(now_of(broker.settings))

    def judge(self, letter: Letter) -> Verdict:
        """Return what can be done with a letter."""
        if self._known.names_erased(letter):
            return Verdict("erased")
        reading = self._readings.get(letter.topic)
        if reading is None or letter.topic in self._of_sources or not self._widths.get(letter.topic):
            return Verdict("unplaced", self._why_unplaced(letter))
        if letter.lacks:
            return Verdict("incomplete", f"the letter lacks {letter.lacks}; the record stands in {letter.stood}")
        return self._read(letter, reading)

    def _why_unplaced(self, letter: Letter) -> str:
        if letter.topic in self._of_sources:
            return f"{letter.topic} is the topic of a source: have the source send the record again"
        return f"{letter.topic or 'no topic'} is no input topic by these settings, or is missing"

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
