"""Looks through a sample of a log or a topic: how it is read, what would be refused, and what looks like a mistake.

    a line ─┬─ no source ───────────────────────► decoder of its type ─┬─ an event      what it is read as, and doubts
            └─ a source: Translation ─► events ─►                      └─ refused       reason, remedy, the first five

Rule: a line is judged by the decoders and sources that workers have, so what passes here is read there; a record of a
topic by the agent of that topic, with its key, headers and timestamp. What no single line shows is asked of all of them
together (`log_doubts.py`), and is a doubt, and no error.

Some of the lines of which no event comes are tried with every source (`likely.py`); if none knows them, a rule is
proposed to begin with (`first_rule.py`). They are spread over the whole log: another system's records may come first.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
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
from schemas.visible import label
from sources.base import Fields, Foreign, Translation, Unreadable
from sources.encodings.framing import framed
from sources.exact import encoded
from sources.mapping.options import MappingOptions
from streams import first_rule
from streams.clock import latest
from streams.foreign_logs import UNREAD, LogReader
from streams.likely import OWN, likely_instead, likely_source, mixed, systems_of, unnamed
from streams.log_doubts import Doubts
from streams.logfile import Line
from streams.records import LogRecord
from streams.refusals import MAX_ERROR, SHOWN, Kinds
from streams.rejected import TOO_LARGE, remedy, remedy_in_file
from streams.settings import Settings

HEARTBEAT: Final = "source.heartbeat"
_AHEAD: Final = "is more than 5 minutes after the record's own timestamp: a wrong clock"
ROWS: Final = 20
"""Rows of what is read as what; the rest is counted together."""
_BYTE: Final = "(byte "
"""Stands before the place of a mistake in JSON."""
_LOOKED_AT: Final = 200
"""Lines of which no event comes that are tried with every source; up to twice as many of a long log."""


class Place(NamedTuple):
    """The place of a record on its topic."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}/{self.offset}"


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


class Row(NamedTuple):
    """One kind of record, and what it is read as."""

    record: str
    becomes: str
    number: int
    first: int | Place
    """The first line or record of the kind."""


class Refusal(NamedTuple):
    """A line or a record that would be refused, or an event of it."""

    line: int | Place
    error: str


@dataclass
class Looked:
    """The findings in a sample."""

    noun: str = "line"
    topic: str = ""
    """The topic that the sample is of; empty for a file."""
    records: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Refusal]] = field(default_factory=dict)
    errors: Kinds[int | Place] = field(default_factory=Kinds)
    rows: list[Row] = field(default_factory=list)
    more_rows: int = 0
    """Kinds of records that are not among the rows."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Why no event follows from records."""
    doubted: Counter[str] = field(default_factory=Counter)
    """What a source doubts of records of which events follow."""
    doubts: list[str] = field(default_factory=list)
    """What looks like a mistake, in sentences; none of it is an error by itself."""
    unmatched: list[str] = field(default_factory=list)
    """Options of the source that match nothing in the sample, such as paths: errors."""
    likely: str = ""
    """The source that the lines of which no event comes seem to be of; `OWN` for events of ours."""
    hints: list[str] = field(default_factory=list)
    """What the records seem to be instead, and what to set, in sentences."""
    first_rule: list[str] = field(default_factory=list)
    """Settings by which a mapping begins to read records of a company's own, as lines of TOML."""
    is_mixed: bool = False
    """Whether its records are of several systems."""
    unnamed: bool = False
    """Whether it is of a topic that no setting names: no worker reads it."""
    settings: list[str] = field(default_factory=list)
    """Settings by which a worker would read a topic that no setting names, as lines of TOML."""

    def remedy(self, reason: str) -> str:
        """Return the remedy for a reason, in a file or on a topic."""
        return remedy(reason) if self.topic else remedy_in_file(reason)

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON document."""
        of_topic = {"topic": self.topic, "named": not self.unnamed, "settings": self.settings} if self.topic else {}
        return of_topic | {
            "records": self.records,
            "events": self.events,
            "read_as": [row._asdict() | {"first": _as_json(row.first)} for row in self.rows],
            "further_kinds": self.more_rows,
            "skipped": dict(self.skipped.most_common()),
            "refused": [
                {
                    "reason": reason,
                    "number": number,
                    "remedy": self.remedy(reason),
                    "first": [{self.noun: _as_json(one.line), "error": one.error} for one in self.first[reason]],
                    "errors": [
                        {self.noun: _as_json(one.place), "error": one.error, "number": one.number}
                        for one in self.errors.first(reason)
                    ],
                }
                for reason, number in sorted(self.refused.items())
            ],
            "doubts": self.doubts,
            "unmatched": self.unmatched,
            "likely_source": self.likely or None,
            "hints": self.hints,
            "first_rule": self.first_rule,
        }


def _as_json(place: int | Place) -> int | str:
    return str(place) if isinstance(place, Place) else place


class Check:
    """Takes the lines or records of a sample, one after another."""

    def __init__(
        self, settings: Settings, reader: LogReader | None, now: Instant | None, field: str = "field", topic: str = ""
    ) -> None:
        """Prepare to check by these settings; `field` is what a field of a record is called in its file."""
        self.looked = Looked("record" if topic else "line", topic)
        self._field = field
        self._reader, self._latest = reader, latest(now)
        self._settings = settings
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], int | Place] = {}
        self._unread, self._passed = _Sample(), _Sample()
        """Records that are refused, and those of which the source makes nothing."""
        self._read = 0
        """Records of which events come."""
        self._doubts = Doubts(on_topic=bool(topic))
        sampled = reader.source.sampled if reader is not None else None
        self._sampling = sampled(reader.options) if sampled is not None and reader is not None else None

    def take(self, line: Line) -> None:
        """Check one line."""
        self.looked.records += 1
        at, came, text = At(line.number, line.begins), Foreign(line.text), line.text
        if line.wrong:
            self._refuse(at, "a row of a table", UNREAD, line.wrong)
        elif max(line.size, len(text)) > MAX_BYTES:
            self._refuse_size(at, line.size)
        elif self._reader is None:
            self._take_event(at, came, kind_of(came), lambda: decoder_of(text).read(text))
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
            self._take_event(at, came, kind_of(came), lambda: reading.event_of(record))
        else:
            self._take_event(at, came, kind_of(came), lambda: _of_any_family(record))

    def _take_foreign(self, at: At, came: Foreign, reader: LogReader) -> None:
        if self._sampling is not None:
            self._sampling.take(came)
        try:
            found = reader.source.read(came, reader.options)
        except Unreadable as error:
            self._unread.take(came)
            self._refuse(at, kind_of(came), UNREAD, str(error))
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
            self.looked.events, self._read = self.looked.events + 1, self._read + 1
            self._note(kind_of(came), HEARTBEAT, at)
        elif content.refusal is not None:
            self._unread.take(came)
            self._refuse(at, kind_of(came), content.refusal.reason, content.refusal.detail)
        elif reader is not None:
            found = reader.source.read(came, reader.options)
            self._note_translation(at, came, found, chosen_of(record, found.events))
            for said in content.said:
                self._take_event(at, Foreign(said.piece.value), "", partial(_event_of, said))

    def _note_translation(self, at: At, came: Foreign, found: Translation, events: Sequence[Fields]) -> None:
        """Note what a source has made of a record."""
        if not events:
            self._passed.take(came)
            self.looked.skipped[found.skipped] += 1
            self._note(kind_of(came), f"nothing: {found.skipped}", at)
            return
        if found.skipped:
            self.looked.doubted[found.skipped] += 1
        self._read += 1
        kinds = Counter(str(event["type"]) for event in events)
        becomes = ", ".join(f"{n} {kind}" if n > 1 else kind for kind, n in kinds.items())
        self._note(kind_of(came), becomes, at)

    def _take_event(self, at: At, came: Foreign, label: str, read: Callable[[], tuple[Any, Instant]]) -> None:
        """Check one event by its contract; without a label its record is noted already."""
        try:
            event, when = read()
            if when > self._latest:
                raise Refused("future", f"occurred_at: {rfc3339(when)} lies in the future")
            if at.timestamp is not None and (when - 1) // 1_000 >= at.timestamp + MAX_AHEAD:
                raise Refused("future", f"occurred_at: {rfc3339(when)} {_AHEAD}")
        except Refused as refused:
            shape = shape_of(came.value, came.headers)
            is_foreign = refused.reason in {"contract", "not_json", "unknown_type"} and shape != CLOUD_EVENT
            if self._reader is None and is_foreign:
                self._unread.take(came)
            detail = _placed(refused.detail, at.begins)
            self._refuse(at, label, refused.reason, f"{detail}; {shape}" if shape else detail)
            return
        self.looked.events += 1
        self._doubts.take(event, when, at.lane)
        if label:
            self._read += 1
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
        self._advise(self._unread.records, self._passed.records)
        return self.looked

    def _advise(self, unread: list[Foreign], passed: list[Foreign]) -> None:
        """Note what the records seem to be, where no event comes of them."""
        looked, reader = self.looked, self._reader
        if several := self._several(unread, passed):
            looked.hints, looked.is_mixed = [several], True
        elif reader is None:
            looked.likely = likely_source(unread)
        elif not looked.events:
            looked.likely = likely_instead([*unread, *passed], reader.source)
        if reader is not None and not looked.likely:
            looked.hints += unnamed(reader.source, reader.options, passed)
        if not looked.hints and not looked.likely and self._unread.number * 2 >= looked.records:
            self._begin(unread)
        if reader is not None and isinstance(reader.options, MappingOptions) and not reader.options.events:
            looked.first_rule = first_rule.rule_of(first_rule.objects(passed), self._settings.metrics.zone)

    def _begin(self, unread: list[Foreign]) -> None:
        """Note what the fields of records of no known system are, and the rule to begin with."""
        found = first_rule.objects([one for one in unread if shape_of(one.value, ()) is None])
        strange = [record for record in found if first_rule.is_strange(record)]
        if self._reader is None and strange and len(strange) * 2 > len(unread):
            self.looked.hints = list(first_rule.said(strange, self._field))
            self.looked.first_rule = first_rule.rule_of(strange, self._settings.metrics.zone)

    def _several(self, unread: list[Foreign], passed: list[Foreign]) -> str:
        """Return what to do if the records are of several systems, of which a file is read by one."""
        reader = self._reader
        if reader is not None and isinstance(reader.options, MappingOptions):
            return ""  # its rules may pass over whatever they want
        own = reader.source.name if reader is not None else OWN
        shares = Counter({own: self._read})
        for found, number, sample in (
            (systems_of(unread, own), self._unread.number, len(unread)),
            (systems_of(passed, own, surely=True), self._passed.number, len(passed)),
        ):
            shares.update({name: times * number // sample for name, times in found.items()})
        return mixed(+shares, self.looked.records, on_topic=bool(self.looked.topic))


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


class _Sample:
    """Some of the records of a log, spread over the whole of it: what a file begins with may be of another system."""

    def __init__(self) -> None:
        self.records: list[Foreign] = []
        self.number = 0
        self._every = 1

    def take(self, came: Foreign) -> None:
        """Keep a record, or pass it over: with each doubling of the log, half of those that are kept."""
        if self.number % self._every == 0:
            # Without its timestamp, which some sources take for the time of anything, and would know it by.
            self.records.append(Foreign(came.value, came.headers, came.key))
        self.number += 1
        if len(self.records) >= 2 * _LOOKED_AT:
            self.records, self._every = self.records[::2], 2 * self._every


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


def kind_of(came: Foreign) -> str:
    """Return the kind of a record as its headers name it, or as it does itself.

    >>> kind_of(Foreign(b"{}", [("ce_type", b"login.succeeded")])), kind_of(Foreign(None))
    ('login.succeeded', 'no value')
    """
    named = [text for name, text in came.headers if text and (name == "ce_type" or name.lower().endswith("-topic"))]
    if named:
        return " ".join(dict.fromkeys(label(text.decode(errors="replace")) for text in named))
    if came.value is None:
        return "no value"
    found = framed(came.value, came.headers, is_key=False)
    if found is None:
        return kind_of_record(came.value)
    return f"bytes of schema {found.ident}" if isinstance(found.ident, int) else "bytes of a schema"


def kind_of_record(text: bytes) -> str:
    """Return the kind of a record as it names it itself: its type and the name of its event, or a webhook's topic.

    >>> kind_of_record(b'{"type": "track", "event": "Signed In"}'), kind_of_record(b"[]")
    ('track Signed In', 'no JSON object')
    >>> kind_of_record(b'{"headers": {"X-Shopify-Topic": "orders/paid"}, "body": {"id": 1}}')
    'orders/paid'
    >>> kind_of_record(b'{"type": "track", "event": "Invite sent to ana@shop.example"}')
    'track another name'
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "no JSON object"
    if not isinstance(document, dict):
        return "no JSON object"
    if isinstance(inner := document.get("event"), dict):  # a webhook has the event beside its person
        document = {**document, "event": inner.get("event")}
    named = [document.get(name) for name in ("type", "event_type", "topic", "event", "kind")]
    headers, body = document.get("headers"), document.get("body")
    if isinstance(headers, dict):
        named += [value for name, value in headers.items() if name.lower().endswith("-topic")]
        named += [body.get("type")] if isinstance(body, dict) else []
    named = [one for one in named if isinstance(one, str) and one] or [document.get("object")]
    return " ".join(dict.fromkeys(label(one) for one in named if isinstance(one, str))) or "a record without type"


def nothing_read(source: str) -> str:
    """Return what to say of a log of which the chosen source makes no event."""
    return f"the source {source} made no event of its records"
