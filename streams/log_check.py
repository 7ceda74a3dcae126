"""Looks through a sample of a log or a topic: how it is read, what would be refused, and what looks like a mistake.

    a line ─┬─ no source ───────────────────────► decoder of its type ─┬─ an event      what it is read as, and doubts
            └─ a source: Translation ─► events ─►                      └─ refused       reason, remedy, the first five

Rule: a line is judged by the decoders and sources that workers have, so what passes here is read there; a record of a
topic by the agent of that topic, with its key, headers and timestamp. What no single line shows is asked of all of them
together (`log_doubts.py`), and is a doubt, and no error.

What the lines seem to be of which no event comes is another question (`eventless.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, NamedTuple

from agents.foreign import Said, Translating, as_it_came, chosen_of
from agents.reading import MAX_AHEAD, Reading
from agents.readings import decoder_of
from retention.calendar import Instant, rfc3339
from schemas import cloud_events
from schemas.decoding import MAX_BYTES, Refused
from schemas.foreign import CLOUD_EVENT, shape_of
from sources.base import Fields, Foreign, Translation, Unreadable
from sources.exact import encoded
from streams.clock import latest
from streams.eventless import Eventless
from streams.foreign_logs import UNREAD, LogReader
from streams.likely import HEARTBEAT
from streams.log_doubts import Doubts
from streams.logfile import COLUMN, Line
from streams.looked import Looked, Place, Refusal, Row
from streams.record_kinds import UNTYPED, kind_of
from streams.records import LogRecord
from streams.refusals import MAX_ERROR, SHOWN
from streams.rejected import TOO_LARGE
from streams.settings import Settings

_AHEAD: Final = "is more than 5 minutes after the record's own timestamp: a wrong clock"
ROWS: Final = 20
"""Rows of what is read as what; the rest is counted together."""
A_ROW: Final = "a row of the table"
_BYTE: Final = "(byte "
"""Stands before the place of a mistake in JSON."""


class At(NamedTuple):
    """The place of a line or a record that is looked at."""

    place: int | Place
    begins: int = 0
    """The line on which an item of an array begins; 0 where the place says it."""
    timestamp: int | None = None
    """Of a record, in milliseconds since 1970; a line has none."""

    @property
    def lane(self) -> int:
        """Return the number of what is in order: the partition; a file is one."""
        return self.place.partition if isinstance(self.place, Place) else 0


class Check:
    """Takes the lines or records of a sample, one after another."""

    def __init__(
        self, settings: Settings, reader: LogReader | None, now: Instant | None, field: str = "field", topic: str = ""
    ) -> None:
        """Prepare to check by these settings; `field` is what a field of a record is called in its file."""
        self.looked = Looked("record" if topic else "line", topic)
        self._reader, self._latest = reader, latest(now)
        self._settings = settings
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], int | Place] = {}
        self._is_table = field == COLUMN
        self._eventless = Eventless(reader, settings.metrics.zone, field)
        self._doubts = Doubts(on_topic=bool(topic))
        sampled = reader.source.sampled if reader is not None else None
        self._sampling = sampled(reader.options) if sampled is not None and reader is not None else None

    def take(self, line: Line) -> None:
        """Check one line."""
        self.looked.records += 1
        at, came, text = At(line.number, line.begins), Foreign(line.text), line.text
        if line.wrong:
            self._refuse(at, A_ROW, UNREAD, line.wrong)
        elif max(line.size, len(text)) > MAX_BYTES:
            self._refuse_size(at, line.size)
        elif self._reader is None:
            self._take_event(at, came, self._kind(came), lambda: decoder_of(text).read(text))
        else:
            self._take_foreign(at, came, self._reader)

    def take_record(self, record: LogRecord, reading: Reading | None) -> None:
        """Check one record as the agent of its topic reads it; without one, as an event of any family."""
        self.looked.records += 1
        at, came = At(Place(record.partition, record.offset), 0, record.timestamp), as_it_came(record)
        if len(record.value or b"") > MAX_BYTES:
            self._refuse_size(at, len(record.value or b""))
        elif isinstance(reading, Translating) and self._reader is not None:
            self._take_translated(at, came, record, reading)
        elif reading is not None:
            self._take_event(at, came, self._kind(came), lambda: reading.event_of(record))
        else:
            self._take_event(at, came, self._kind(came), lambda: _of_any_family(record))

    def _kind(self, came: Foreign) -> str:
        """Return the kind of a record; a row of a table has a type seldom, and misses none."""
        found = kind_of(came)
        return A_ROW if self._is_table and found == UNTYPED else found

    def _take_foreign(self, at: At, came: Foreign, reader: LogReader) -> None:
        if self._sampling is not None:
            self._sampling.take(came)
        try:
            found = reader.source.read(came, reader.options)
        except Unreadable as error:
            self._eventless.refused.take(came)
            self._refuse(at, self._kind(came), UNREAD, str(error))
            return
        self._note_translation(at, came, found, found.events)
        for event in found.events:
            text = encoded(event)
            self._take_event(at, Foreign(text), "", partial(decoder_of(text).read, text))

    def _take_translated(self, at: At, came: Foreign, record: LogRecord, reading: Translating) -> None:
        """Check a record of a source's topic: what its agent makes of it counts, and the source says why."""
        content, reader = reading.meaning(record), self._reader
        if self._sampling is not None and content.heartbeat is None:
            self._sampling.take(came)
        if content.heartbeat is not None:
            self.looked.events, self._eventless.heartbeats = self.looked.events + 1, self._eventless.heartbeats + 1
            self._note(self._kind(came), HEARTBEAT, at)
        elif content.refusal is not None:
            self._eventless.refused.take(came)
            self._refuse(at, self._kind(came), content.refusal.reason, content.refusal.detail)
        elif reader is not None:
            found = reader.source.read(came, reader.options)
            self._note_translation(at, came, found, chosen_of(record, found.events))
            for said in content.said:
                self._take_event(at, Foreign(said.piece.value), "", partial(_event_of, said))

    def _note_translation(self, at: At, came: Foreign, found: Translation, events: Sequence[Fields]) -> None:
        """Note what a source has made of a record."""
        if not events:
            self._eventless.passed.take(came)
            self.looked.skipped[found.skipped] += 1
            self._note(self._kind(came), f"nothing: {found.skipped}", at)
            return
        if found.skipped:
            self.looked.doubted[found.skipped] += 1
        self._eventless.read += 1
        kinds = Counter(str(event["type"]) for event in events)
        becomes = ", ".join(f"{n} {kind}" if n > 1 else kind for kind, n in kinds.items())
        self._note(self._kind(came), becomes, at)

    def _take_event(self, at: At, came: Foreign, label: str, read: Callable[[], tuple[Any, Instant]]) -> None:
        """Check one event by its contract; without a label its record is noted already."""
        try:
            event, when = read()
            if when > self._latest:
                raise Refused("future", "occurred_at: it is more than 5 minutes after now")
            if at.timestamp is not None and (when - 1) // 1_000 >= at.timestamp + MAX_AHEAD:
                raise Refused("future", f"occurred_at: {rfc3339(when)} {_AHEAD}")
        except Refused as refused:
            shape = shape_of(came.value, came.headers)
            is_foreign = refused.reason in {"contract", "not_json", "unknown_type"} and shape != CLOUD_EVENT
            if self._reader is None and is_foreign:
                self._eventless.refused.take(came)
            detail = _placed(refused.detail, at.begins)
            self._refuse(at, label, refused.reason, f"{detail}; {shape}" if shape else detail)
            return
        self.looked.events += 1
        self._doubts.take(event, when, at.lane)
        if event.type == HEARTBEAT:
            self._eventless.heartbeats += 1
        elif label:
            self._eventless.read += 1
        if label:
            self._note(label, event.type, at)

    def _note(self, label: str, becomes: str, at: At) -> None:
        self._kinds[label, becomes] += 1
        first = self._first.setdefault((label, becomes), at.place)
        if isinstance(at.place, Place) and isinstance(first, Place):  # partitions are read in turns
            self._first[label, becomes] = min(first, at.place)

    def _refuse_size(self, at: At, size: int) -> None:
        self._refuse(at, "too large", TOO_LARGE, f"{size:,} bytes; at most {MAX_BYTES:,} are read")

    def _refuse(self, at: At, label: str, reason: str, error: str) -> None:
        self.looked.refused[reason] += 1
        if label:
            self._note(label, f"refused: {reason}", at)
        self.looked.errors.take(reason, at.place, error)
        first = self.looked.first.setdefault(reason, [])
        if len(first) < SHOWN:
            first.append(Refusal(at.place, error[:MAX_ERROR]))

    def end(self) -> Looked:
        """Return what was found."""
        rows = [Row(*kind, number, self._first[kind]) for kind, number in self._kinds.most_common()]
        self.looked.rows, self.looked.more_rows = rows[:ROWS], len(rows[ROWS:])
        doubts = [f"{why}: {number:,}" for why, number in self.looked.doubted.most_common()]
        self.looked.doubts = [*doubts, *self._doubts.said(self._settings)]
        if self._sampling is not None:
            self.looked.unmatched = list(self._sampling.unmatched())
            self.looked.doubts += self._sampling.doubts()
        self._eventless.advise(self.looked)
        return self.looked


def _event_of(said: Said) -> tuple[Any, Instant]:
    """Return an event that an agent has read, and its time; raise `Refused` if its contract refuses it."""
    if said.event is None and said.refusal is not None:
        raise said.refusal
    return said.event, said.at


def _of_any_family(record: LogRecord) -> tuple[Any, Instant]:
    """Return the event of a record whose topic no family has, and its time; raise `Refused` if it is none."""
    value = record.value
    if value is not None and cloud_events.concerns(record.headers):
        try:
            value = cloud_events.plain(value, record.headers)
        except cloud_events.Unusable as error:
            raise Refused("contract", str(error)) from error
    return decoder_of(value or b"").read(value)


def _placed(detail: str, begins: int) -> str:
    """Return what is wrong with an item of an array, whose bytes are counted from the line on which it begins.

    >>> _placed("JSON is malformed: expected ':' (byte 25)", 7)
    "JSON is malformed: expected ':' (byte 25 of the item, which begins on line 7)"
    """
    if not begins or _BYTE not in detail:
        return detail
    return f"{detail.removesuffix(')')} of the item, which begins on line {begins:,})"


def look(
    lines: Iterable[Line],
    settings: Settings,
    reader: LogReader | None,
    sample: int,
    now: Instant | None,
    field: str = "field",
) -> Looked:
    """Check the first lines of a log: so many, or all for 0. `field` is what a field is called in such a file."""
    check = Check(settings, reader, now, field)
    for line in islice(lines, sample or None):
        check.take(line)
    return check.end()


def nothing_read(source: str) -> str:
    """Return what to say of a log of which the chosen source makes no event."""
    return f"the source {source} made no event of its records"
