"""The agent of a source's topic: a record of another system becomes events, each applied as one of its own topic.

    billing-3    invoice   ─► source ─►  event of a   home is here: applied
                                         event of b ┐ home is 5: one record on `rekeyed`, with the origin billing-3
                                         event of c ┘            and the events, never the invoice
    rekeyed-5    [b, c]    ─────────►    both applied, once: `Processor.arrives` knows the origin

The foreign record itself goes nowhere: it may hold personal data under any name, so nothing could say whether it names
an erased customer. Of one that cannot be read the dead letter has the place, and what is wrong with it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from agents.pieces import Piece, pieces_of
from agents.processor import Processor
from agents.reading import APPLIED, MAX_AHEAD, Reading
from agents.record import FIRST_TIMESTAMP, ONLY_EVENT, Record
from agents.rekeyed import SentHome
from retention.calendar import LAST, NEVER, Instant
from retention.errors import Rejected
from schemas.base import Event
from schemas.decoding import MAX_BYTES, Refused
from schemas.family import Family, type_of
from sources.base import Fields, Foreign, Made, Options, Source, Unreadable
from sources.doubts import names_of
from sources.exact import encoded
from sources.structs import Found

PREFIX: Final = "sources."
AHEAD: Final = 128
"""Records of a partition that are translated one after another, before the first of them is applied."""
MOST: Final = 1_000
"""Most events of one record."""
_LONGEST_NUMBER: Final = 16
"""Characters that no timestamp in milliseconds has."""
_HEARTBEAT: Final = b"source.heartbeat"
_FUTURE: Final = "more than 5 minutes after the record's own timestamp: a wrong clock"
_NO_SUCH_EVENT: Final = (
    "no event of the record has the id of the one that was refused and is sent again: the settings have changed how "
    "ids are made, and the others of the record have been read under theirs"
)
_FUTURE_OF_BOTH: Final = "more than 5 minutes after now: event and record share a wrong clock"


def topic_of(source: str) -> str:
    """Return the name under which the topic of a source is known to workers, whatever it is called on the broker.

    >>> topic_of("stripe")
    'sources.stripe'
    """
    return PREFIX + source


class Said(Found, frozen=True):
    """One event of a record: what is applied, or why it is refused."""

    piece: Piece
    event: Event | None
    at: Instant
    refusal: Refused | None


class Content(Found, frozen=True):
    """The meaning of one record: events, the heartbeat of its source, nothing, or why it cannot be read."""

    said: list[Said]
    heartbeat: Instant | None = None
    refusal: Refused | None = None
    doubts: tuple[str, ...] = ()
    """What the source doubts about the events that it makes, by name."""


class _Ahead:
    """Records of one partition that are translated, of which those before `next` are applied."""

    def __init__(self, records: Sequence[Record], contents: list[Content]) -> None:
        self.records, self.contents, self.next = records, contents, 0

    def knows(self, record: Record) -> bool:
        """Report whether a record is the next one."""
        return self.next < len(self.contents) and self.records[self.next] is record

    def step(self) -> None:
        """Count the next record as applied; keep nothing of records that all are."""
        self.next += 1
        if self.next == len(self.contents):
            self.records, self.contents, self.next = (), [], 0


class Translating(Reading):
    """Reads the records of one source for the processors of all partitions, which take turns in a backlog."""

    def __init__(self, source: Source, options: Options, readings: Mapping[str, Reading]) -> None:
        agents = list(dict.fromkeys(readings.values()))
        contracts = tuple(contract for one in agents for contract in one.decoder.family.contracts)
        super().__init__(Family(topic_of(source.name), contracts))
        self.name = source.name
        self._read: Callable[[Foreign, Options], Any] = source.read
        self._usual: Callable[[Foreign, Options], Any] | None = source.usual if source.unusual is not None else None
        self._unusual: Callable[[Foreign, Options], Any] = source.unusual or source.read
        self._options = options
        self._of = {type_of(contract): one for one in agents for contract in one.decoder.family.contracts}
        self._ahead: dict[int, _Ahead] = {}
        """By partition: partitions take turns at each step of a backlog.

        With one for all, most records were translated again at each turn (docs/decisions/0097).
        """

    def until(self, records: Sequence[Record], start: int, processor: Processor, end: Instant) -> tuple[int, Instant]:
        """Apply records as any agent does. Several records are translated ahead, before the first of them is applied.

        If translating and applying took turns, each would find the caches of the processor filled by the other, and
        translating would take up to twice as long.
        """
        for place in range(start, len(records)):
            record = records[place]
            ahead = self._ahead.get(record.partition)
            if ahead is None or not ahead.knows(record):
                ahead = self._translated(_next_of(records, place))
            at = self._take(record, ahead, processor, end)
            if at != APPLIED:
                return place, at
        return len(records), NEVER

    def read(self, record: Record, processor: Processor, end: Instant = LAST) -> Instant:
        """Apply one record; for one whose newest event is at `end` or later, return that instant and do nothing."""
        if isinstance(record, SentHome):
            self._take_home(record, processor)
            return APPLIED
        return self._take(record, self._ahead_of(record), processor, end)

    def _take(self, record: Record, ahead: _Ahead, processor: Processor, end: Instant) -> Instant:
        """Apply the next of the records that are translated, as `read` does."""
        content = ahead.contents[ahead.next]
        if end != LAST:  # in a backlog
            at = _turn(content, processor.latest)
            if at is not None and at >= end:
                return at
        ahead.step()
        self._apply_all(content, record, processor)
        return APPLIED

    def happened(self, record: Record) -> Instant | None:
        """Return the time of the newest event of a record; None if it has none that can be used."""
        ahead = self._ahead_of(record)
        return _turn(ahead.contents[ahead.next], LAST)

    def _ahead_of(self, record: Record) -> _Ahead:
        """Return the translated records that begin with this one, which is asked for its turn before it is applied."""
        ahead = self._ahead.get(record.partition)
        return ahead if ahead is not None and ahead.knows(record) else self._translated([record])

    def _translated(self, records: Sequence[Record]) -> _Ahead:
        """Return records of one partition translated; they are kept until they are applied."""
        found = self._ahead[records[0].partition] = _Ahead(records, [self.meaning(one) for one in records])
        return found

    def meaning(self, record: Record) -> Content:
        """Return what a record says, by the source and its options."""
        value, headers, options = record.value, record.headers, self._options
        came = as_it_came(record) if headers else Foreign(value, headers, record.key, record.timestamp)
        try:
            found = self._usual(came, options) if self._usual is not None and not headers else None
            if found is None:
                if value is not None and value.find(_HEARTBEAT) >= 0 and (beat := self._heartbeat(record)) is not None:
                    return beat
                found = self._read(came, options) if headers else self._unusual(came, options)
        except Unreadable as error:
            return Content([], None, Refused("source", str(error)))
        chosen = chosen_of(record, found.events) if headers else found.events
        if found.events and not chosen:
            return Content([], None, Refused("source", f"{self.name}: {_NO_SUCH_EVENT}"))
        if len(chosen) == 1 and isinstance(chosen[0], Made):  # its contract has taken it: it is not too large
            only = [self._of_fields(chosen[0], record, chosen[0])]
            return Content(only, doubts=names_of(found.skipped) if len(found.events) == 1 else ())
        said, size = list[Said](), 0
        for fields in chosen:
            text = encoded(fields)
            size += len(text)
            if len(said) == MOST or size > MAX_BYTES:
                wrong = f"{self.name}: its events are more than {MOST:,}, or longer than {MAX_BYTES:,} bytes together"
                return Content([], None, Refused("too_large", wrong))
            said.append(self._of_fields(fields, record, text))
        return Content(said, doubts=names_of(found.skipped) if len(said) == len(found.events) else ())

    def _of_fields(self, fields: Fields, record: Record, text: bytes | Fields) -> Said:
        """Return what is said by one event of a source. One that its contract has taken already is not read again."""
        piece = Piece(self.topic, record, str(fields.get("customer_id", "")), text)
        if isinstance(fields, Made) and fields["type"] in self._of:
            return _judged(piece, fields.event, fields.at)
        return self._said(piece)

    def _heartbeat(self, record: Record) -> Content | None:
        try:
            event, at = self.decoder.read(record.value)
        except Refused:
            return None
        if event.type != "source.heartbeat":
            return None
        if _is_future(at, record.timestamp):
            return Content([], None, Refused("future", _FUTURE))
        return Content([], at)

    def _said(self, piece: Piece) -> Said:
        """Return what is said by one event, judged by its contract and the timestamp of its record."""
        try:
            event, at = self.decoder.read(piece.value)
        except Refused as refusal:
            return Said(piece, None, NEVER, refusal)
        return _judged(piece, event, at)

    def _apply_all(self, content: Content, record: Record, processor: Processor) -> None:
        if content.refusal is not None:
            processor.refuse_unread(self.topic, record, content.refusal.reason, content.refusal.detail)
        elif content.heartbeat is not None:
            self._promise(content.heartbeat, record, processor)
        else:
            if len(content.said) != 1:
                processor.split(self.topic, len(content.said))
            for doubt in content.doubts if content.said else ():
                processor.doubt(self.topic, doubt)
            for said in content.said:
                self._apply(said, processor)

    def _promise(self, at: Instant, record: Record, processor: Processor) -> None:
        if at > processor.latest:
            processor.refuse_unread(self.topic, record, "future", _FUTURE_OF_BOTH)
        else:
            processor.promise(self.topic, at, record)

    def _apply(self, said: Said, processor: Processor) -> None:
        """Hand one event to the agent of its family. The other events of the record do not depend on it."""
        event, piece = said.event, said.piece
        try:
            if said.refusal is not None:
                raise said.refusal
            if said.at > processor.latest:
                raise Refused("future", _FUTURE_OF_BOTH)
            if event is None or event.synthetic:
                processor.leave_out(self.topic)
            else:
                self._of[event.type].apply(event, said.at, piece, processor)
        except (Refused, Rejected) as refusal:
            processor.refuse(self.topic, piece, refusal.reason, refusal.detail)

    def _take_home(self, record: SentHome, processor: Processor) -> None:
        """Apply the events of a record that another partition has sent here, or its heartbeat."""
        pieces = pieces_of(record)
        if pieces is None:
            heartbeat = self._heartbeat(record)
            if heartbeat is not None and heartbeat.heartbeat is not None:
                self._promise(heartbeat.heartbeat, record, processor)
            return
        for piece in pieces:
            if piece.reason:
                processor.refuse(self.topic, piece, piece.reason, piece.detail)
            else:
                self._apply(self._said(piece), processor)


def _next_of(records: Sequence[Record], place: int) -> Sequence[Record]:
    """Return the records to translate ahead: fewer of large ones, as each partition keeps its own."""
    end, size = place, 0
    while end < len(records) and end - place < AHEAD and size < MAX_BYTES:
        size += len(records[end].value or b"")
        end += 1
    return records[place:end]


def as_it_came(record: Record) -> Foreign:
    """Return a record as its source reads it. One that was sent again has the timestamp that it first had."""
    first = said_of(record, FIRST_TIMESTAMP)
    timestamp = int(first) if first.isdecimal() and len(first) < _LONGEST_NUMBER else record.timestamp
    return Foreign(record.value, record.headers, record.key, timestamp)


def chosen_of(record: Record, events: Sequence[Fields]) -> Sequence[Fields]:
    """Return the events of a record that are to be applied: all, or the only one that is sent again."""
    only = said_of(record, ONLY_EVENT)
    return [one for one in events if one.get("event_id") == only] if only else events


def said_of(record: Record, name: str) -> str:
    """Return what a header says as text; empty without it."""
    for one, value in record.headers:
        if one == name:
            return (value or b"").decode(errors="replace")
    return ""


def _judged(piece: Piece, event: Event, at: Instant) -> Said:
    return Said(piece, event, at, Refused("future", _FUTURE) if _is_future(at, piece.timestamp) else None)


def _is_future(at: Instant, timestamp: int) -> bool:
    return (at - 1) // 1_000 >= timestamp + MAX_AHEAD


def _turn(content: Content, latest: Instant) -> Instant | None:
    """Return the instant at which a record is applied in a backlog: that of its newest event.

    An older event of the record is late by as much as its source was. If the oldest one decided, a source that repeats
    old facts, such as when a subscription began, would run ahead of all other topics.
    """
    if content.heartbeat is not None:
        return content.heartbeat if content.heartbeat <= latest else None
    newest: Instant | None = None
    for one in content.said:
        if one.refusal is None and one.at <= latest and (newest is None or one.at > newest):
            newest = one.at
    return newest
