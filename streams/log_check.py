"""Looks through a sample of a log: how its lines are read, which would be refused, and what looks like a mistake.

    a line ─┬─ no source ───────────────────────► decoder of its type ─┬─ an event      what it is read as, and doubts
            └─ a source: Translation ─► events ─►                      └─ refused       reason, remedy, the first five

Rule: a line is judged by the decoders and sources that workers have, so what passes here is read there. What no single
line shows is asked of all of them together (`log_doubts.py`), and is a doubt, and no error.

Some of the lines of which no event comes are tried with every source (`likely.py`); if none knows them, a rule is
proposed to begin with (`first_rule.py`). They are spread over the whole log: another system's records may come first.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple

from agents.readings import decoder_of
from retention.calendar import SECOND, Instant, rfc3339
from schemas.decoding import MAX_BYTES, Refused
from schemas.foreign import CLOUD_EVENT, shape_of
from schemas.visible import label
from sources.base import Foreign, Unreadable
from sources.exact import encoded
from sources.mapping.options import MappingOptions
from streams import first_rule
from streams.foreign_logs import UNREAD, LogReader
from streams.likely import OWN, likely_instead, likely_source, mixed, systems_of, unnamed
from streams.log_doubts import Doubts
from streams.logfile import Line
from streams.refusals import MAX_ERROR, SHOWN, Kinds
from streams.rejected import TOO_LARGE, remedy_in_file
from streams.settings import Settings

ROWS: Final = 20
"""Rows of what is read as what; the rest is counted together."""
_BYTE: Final = "(byte "
"""Stands before the place of a mistake in JSON."""
AHEAD: Final = 300 * SECOND
_LOOKED_AT: Final = 200
"""Lines of which no event comes that are tried with every source; up to twice as many of a long log."""


class Row(NamedTuple):
    """One kind of record, and what it is read as."""

    record: str
    becomes: str
    number: int
    first: int
    """The first line of the kind."""


class Refusal(NamedTuple):
    """A line that would be refused, or an event of it."""

    line: int
    error: str


@dataclass
class Looked:
    """The findings in a sample."""

    noun: str = "line"
    records: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Refusal]] = field(default_factory=dict)
    errors: Kinds[int] = field(default_factory=Kinds)
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

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON document."""
        return {
            "records": self.records,
            "events": self.events,
            "read_as": [row._asdict() for row in self.rows],
            "further_kinds": self.more_rows,
            "skipped": dict(self.skipped.most_common()),
            "refused": [
                {
                    "reason": reason,
                    "number": number,
                    "remedy": remedy_in_file(reason),
                    "first": [{self.noun: one.line, "error": one.error} for one in self.first[reason]],
                    "errors": [
                        {self.noun: one.place, "error": one.error, "number": one.number}
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


class Check:
    """Takes the lines of a sample, one after another."""

    def __init__(self, settings: Settings, reader: LogReader | None, now: Instant, field: str = "field") -> None:
        """Prepare to check by these settings; `field` is what a field of a record is called in its file."""
        self.looked = Looked()
        self._field = field
        self._reader, self._now = reader, now
        self._settings = settings
        self._kinds: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], int] = {}
        self._unread, self._passed = _Sample(), _Sample()
        """Lines that are refused, and those of which the source makes nothing."""
        self._read = 0
        """Lines of which events come."""
        self._doubts = Doubts()
        sampled = reader.source.sampled if reader is not None else None
        self._sampling = sampled(reader.options) if sampled is not None and reader is not None else None

    def take(self, line: Line) -> None:
        """Check one line."""
        self.looked.records += 1
        if line.wrong:
            self._refuse(line, "a row of a table", UNREAD, line.wrong)
        elif max(line.size, len(line.text)) > MAX_BYTES:
            self._refuse(line, "too large", TOO_LARGE, f"{line.size:,} bytes; at most {MAX_BYTES:,} are read")
        elif self._reader is None:
            self._take_event(line, line.text, kind_of_record(line.text))
        else:
            self._take_foreign(line, self._reader)

    def _take_foreign(self, line: Line, reader: LogReader) -> None:
        label = kind_of_record(line.text)
        if self._sampling is not None:
            self._sampling.take(Foreign(line.text))
        try:
            found = reader.source.read(Foreign(line.text), reader.options)
        except Unreadable as error:
            self._unread.take(line.text)
            self._refuse(line, label, UNREAD, str(error))
            return
        if not found.events:
            self._passed.take(line.text)
            self.looked.skipped[found.skipped] += 1
            self._note(label, f"nothing: {found.skipped}", line)
            return
        if found.skipped:
            self.looked.doubted[found.skipped] += 1
        self._read += 1
        kinds = Counter(str(event["type"]) for event in found.events)
        self._note(label, ", ".join(f"{n} {kind}" if n > 1 else kind for kind, n in kinds.items()), line)
        for event in found.events:
            self._take_event(line, encoded(event), "")

    def _take_event(self, line: Line, text: bytes, label: str) -> None:
        """Check one event by its contract; without a label its line is noted already."""
        try:
            event, at = decoder_of(text).read(text)
            if at > self._now + AHEAD:
                raise Refused("future", f"occurred_at: {rfc3339(at)} lies in the future")
        except Refused as refused:
            shape = shape_of(text, ())
            is_foreign = refused.reason in {"contract", "not_json", "unknown_type"} and shape != CLOUD_EVENT
            if self._reader is None and is_foreign:
                self._unread.take(text)
            detail = _placed(refused.detail, line.begins)
            self._refuse(line, label, refused.reason, f"{detail}; {shape}" if shape else detail)
            return
        self.looked.events += 1
        self._doubts.take(event, at)
        if label:
            self._read += 1
            self._note(label, event.type, line)

    def _note(self, label: str, becomes: str, line: Line) -> None:
        self._kinds[label, becomes] += 1
        self._first.setdefault((label, becomes), line.number)

    def _refuse(self, line: Line, label: str, reason: str, error: str) -> None:
        self.looked.refused[reason] += 1
        if label:
            self._note(label, f"refused: {reason}", line)
        self.looked.errors.take(reason, line.number, error)
        first = self.looked.first.setdefault(reason, [])
        if len(first) < SHOWN:
            first.append(Refusal(line.number, error[:MAX_ERROR]))

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
            looked.hints = [several]
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
        return mixed(+shares, self.looked.records)


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

    def take(self, text: bytes) -> None:
        """Keep a record, or pass it over: with each doubling of the log, half of those that are kept."""
        if self.number % self._every == 0:
            self.records.append(Foreign(text))
        self.number += 1
        if len(self.records) >= 2 * _LOOKED_AT:
            self.records, self._every = self.records[::2], 2 * self._every


def look(
    lines: Iterable[Line],
    settings: Settings,
    reader: LogReader | None,
    sample: int,
    now: Instant,
    field: str = "field",
) -> Looked:
    """Check the first lines of a log: so many, or all for 0. `field` is what a field is called in such a file."""
    check = Check(settings, reader, now, field)
    for line in islice(lines, sample or None):
        check.take(line)
    return check.end()


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
