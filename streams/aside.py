"""Records that a partition does not apply: its commit sends them to another partition or to the dead letters.

A record that is sent to another partition carries its origin (topic, partition, offset). The receiver stores the last
offset of each origin, so that a record that is sent twice is applied once.
"""

from agents.pieces import Bundle, Piece, sent_here
from agents.record import Record
from agents.rekeyed import (
    HOP_HEADER,
    INTO_HEADER,
    MERGED_KEY,
    NEWS_KEY,
    NO_KEY_HEADER,
    ORIGIN_OFFSET,
    ORIGIN_PARTITION,
    ORIGIN_TOPIC,
    REFUSED_HEADERS,
    TIMESTAMP_HEADER,
)
from streams.broker import Broker
from streams.dead_letters import MAX_DETAIL, dead_letter
from streams.outgoing import Outgoing, headers_of_event
from streams.source_lanes import origin_of
from streams.topics import DEAD_LETTERS, REKEYED

SEVERAL_INTO = b"*"
"""Stands for the ids of merged customers, where a record carries events of several: each event has its own."""


class Aside:
    """The records that one partition number sends with its next commit, and the origins that it has received from."""

    def __init__(self, number: int, partitions: int, broker: Broker) -> None:
        self.number = number
        self.waiting: list[Outgoing] = []
        """Records to send with the next commit."""
        self.origins: dict[str, int] = {}
        """The last offset received from each origin."""
        self.words = 0
        """The number of the last word about merges (`streams/merging.py`) that was sent from here."""
        self.heard: dict[str, int] = {}
        """The number of the last word that was heard from each partition."""
        self._told: dict[int, int] = {}
        self._others = [other for other in range(partitions) if other != number]
        self._sent: dict[int, dict[str, int]] = {}
        self._at: tuple[str, int, int] = ("", -1, -1)
        """The origin of the foreign record whose events were sent last: topic, partition and offset."""
        self._bundles: dict[tuple[int, bool], tuple[Bundle, Outgoing]] = {}
        """Records that carry events of that one, by their target, and whether they are merged."""
        self._leads = broker.leads
        self._names = {topic.name: broker.topic(topic) for topic in broker.consumed}
        self._rekeyed, self._dead_letters = broker.topic(REKEYED), broker.topic(DEAD_LETTERS)

    def send_on(self, key: bytes, topic: str, record: Record, number: int, *, noted: bool = True) -> Outgoing:
        """Send a record to another partition, with its origin (../design/events.md)."""
        if isinstance(record, Piece):
            return self._carry(record, number)
        if noted:
            self._sent.setdefault(number, {})[origin_of(self._leads[topic], record.partition)] = record.offset
        came = record.headers
        headers = [*(headers_of_event(came) if came else came), *_origin(topic, record)]
        sent = Outgoing(self._rekeyed, key, record.value, headers, number)
        self.waiting.append(sent)
        return sent

    def send_into(self, into: str, topic: str, record: Record, number: int) -> None:
        """Send a record of a merged id to the partition where its customer is kept.

        If it was sent here by another partition, its origin has no place among the records sent from here.
        """
        if isinstance(record, Piece):
            self._carry(record, number, into=into)
            return
        hops = sent_here(record)
        sent = self.send_on(into.encode(), topic, record, number, noted=not hops)
        sent.headers = [*sent.headers, (INTO_HEADER, into.encode()), *([(HOP_HEADER, b"true")] if hops else [])]

    def tell(self, word: bytes, number: int) -> None:
        """Send another partition a message about a merge."""
        self.waiting.append(Outgoing(self._rekeyed, MERGED_KEY, word, partition=number))

    def count_word(self, number: int) -> int:
        """Return the number of the next message about merges for another partition, a `Word`."""
        self.words += 1
        self._told[number] = self.words
        return self.words

    def send_to_all(self, topic: str, record: Record) -> None:
        """Send a record that concerns every partition to all others."""
        for number in self._others:
            self.send_on(topic.encode(), topic, record, number)

    def refer(self, topic: str, record: Record, judge: int, reason: str, detail: str) -> None:
        """Send a refused record to the partition that can decide whether it may become a dead letter."""
        if isinstance(record, Piece):
            self._carry(record, judge, reason=reason, detail=detail[:MAX_DETAIL])
            return
        sent = self.send_on(record.key or b"", topic, record, judge)
        headers = [*sent.headers, *zip(REFUSED_HEADERS, (reason.encode(), detail[:MAX_DETAIL].encode()), strict=True)]
        sent.headers = headers if record.key is not None else [*headers, (NO_KEY_HEADER, b"true")]

    def _carry(self, piece: Piece, number: int, *, into: str = "", reason: str = "", detail: str = "") -> Outgoing:
        """Send an event of a foreign record to another partition, in one record with the others that go there.

        Events of merged customers travel apart, as what hops: a rebuild passes over them (`Processor.knows`).
        """
        if piece.offset != self._at[2] or (piece.topic, piece.partition, piece.offset) != self._at:
            self._at = (piece.topic, piece.partition, piece.offset)
            self._bundles.clear()
        where = (number, bool(into))
        found = self._bundles.get(where)
        if found is None:
            found = self._bundles[where] = (Bundle(), self._begun(piece, number, merged=bool(into)))
        bundle, sent = found
        sent.value = bundle.add(piece, into, reason, detail)
        return sent

    def _begun(self, piece: Piece, number: int, *, merged: bool) -> Outgoing:
        if not merged:
            self._sent.setdefault(number, {})[origin_of(piece.topic, piece.partition)] = piece.offset
        headers = [*piece.headers, *_origin(piece.topic, piece)]
        if merged:
            headers += [(INTO_HEADER, SEVERAL_INTO), (HOP_HEADER, b"true")]
        sent = Outgoing(self._rekeyed, piece.key or b"", None, headers, number)
        self.waiting.append(sent)
        return sent

    def bury(self, topic: str, record: Record, reason: str, detail: str, *, whole: bool = True) -> None:
        """Send a record to the dead letters."""
        self.waiting.append(dead_letter(self._dead_letters, self._names[topic], record, reason, detail, whole=whole))

    def arrives(self, topic: str, partition: int, offset: int) -> bool:
        """Note a record that another partition has sent here; return False if it arrived before."""
        origin = origin_of(self._leads[topic], partition)
        if offset <= self.origins.get(origin, -1):
            return False
        self.origins[origin] = offset
        return True

    def has_words(self) -> bool:
        """Report whether records for other partitions wait; dead letters do not count."""
        return any(one.topic == self._rekeyed for one in self.waiting)

    def has_reached(self, other: "Aside") -> bool:
        """Report whether another partition has received every record that was sent to it from here."""
        sent = self._sent.get(other.number, {})
        if other.heard.get(str(self.number), 0) < self._told.get(other.number, 0):
            return False
        return all(other.origins.get(origin, -1) >= offset for origin, offset in sent.items())

    def told(self, news: bytes | None) -> list[Outgoing]:
        """Return the watermarks of this partition as records for all others; none if they have not changed."""
        others = self._others if news is not None else []
        return [Outgoing(self._rekeyed, NEWS_KEY, news, partition=number) for number in others]

    def take(self) -> list[Outgoing]:
        """Return the records to send, and clear them."""
        waiting, self.waiting = self.waiting, []
        self._bundles.clear()
        return waiting


def _origin(topic: str, record: Record) -> list[tuple[str, bytes]]:
    """Return the headers that say where a record stood, and its timestamp."""
    return [
        (ORIGIN_TOPIC, topic.encode()),
        (ORIGIN_PARTITION, str(record.partition).encode()),
        (ORIGIN_OFFSET, str(record.offset).encode()),
        (TIMESTAMP_HEADER, str(record.timestamp).encode()),
    ]
