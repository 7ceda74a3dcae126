"""Misplaced records: those that stand on a partition that is not their customer's home.

Rule: before a rebuild applies anything, it reads all inputs once and stores every misplaced record in a temporary file
of the partition number that is its home. When that number is rebuilt, they are merged back in the order of their turns.

    logins-0 (read by number 0)     a1      b1      a2          b's home is number 1
    logins-1 (read by number 1)         b2      b3

    stored for number 1                     b1                  at the turn it had on logins-0
    applied by number 1                 b2  b1      b3          b1 in its turn, between b2 and b3

Reason: a worker sends a misplaced record to its home through the topic `rekeyed`, but that topic is kept for a week
only. A rebuild reads the whole history, so it has to find these records in the inputs again.
"""

import heapq
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from operator import attrgetter
from typing import IO, Final, NamedTuple, Self

import msgspec

from agents.pieces import Piece, carried, stood_on
from agents.record import Record
from agents.rekeyed import SentHome, sent_home
from retention.calendar import LAST, Instant
from retention.merging import Merges, ids_of, kept_as
from schemas.base import Event
from schemas.reference import CompanyFact
from streams.home import home_of
from streams.named import judge_of, named_in
from streams.source_lanes import origin_of

_LENGTH_BYTES: Final = 4


class Misplaced(NamedTuple):
    """A misplaced record, and its turn (an event time) in the partition that it was read from."""

    turn: Instant
    record: SentHome


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Misplaced).decode


class MisplacedRecords:
    """The misplaced records of a rebuild: one temporary file for each home.

    The files have no name and are deleted when this is closed, because they hold personal data.
    """

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._open = ExitStack()
        self._files: list[IO[bytes]] = [
            self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
            for _ in range(partitions)
        ]
        self._runs: list[list[tuple[int, int]]] = [[] for _ in range(partitions)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def put(self, home: int, record: Misplaced) -> None:
        """Write a record to the file of its home."""
        value = _encode(record)
        self._files[home].write(len(value).to_bytes(_LENGTH_BYTES, "big") + value)

    def end_run(self) -> None:
        """End a run: the records put after this may be older than those before it."""
        for file, runs in zip(self._files, self._runs, strict=True):
            begin = runs[-1][1] if runs else 0
            if file.tell() > begin:
                runs.append((begin, file.tell()))

    def of(self, home: int) -> Iterator[Misplaced]:
        """Return the records of a home, merged from all runs, in the order of their turns."""
        runs = (_read(self._files[home], begin, end) for begin, end in self._runs[home])
        return heapq.merge(*runs, key=attrgetter("turn"))


def _read(file: IO[bytes], at: int, end: int) -> Iterator[Misplaced]:
    while at < end:
        file.seek(at)  # runs are read beside each other
        length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
        yield _decode(file.read(length))
        at += _LENGTH_BYTES + length


class MisplacedFinder:
    """Takes the records of one partition number as a processor does, applies none, and stores the misplaced ones.

    Those of a merged customer (`merges`, by id) belong to the home of the id under which it is kept.

    `bounds` has, for each home and origin (`origin_of`), the first offset whose record that home has not taken from
    `rekeyed` yet. A worker will do so after the rebuild, so records from that offset on are not stored. Heartbeats of
    `narrow` topics are stored for every number. `leads` maps each topic to the first of the families that share it.
    """

    def __init__(
        self,
        number: int,
        misplaced: MisplacedRecords,
        bounds: Iterable[dict[str, int]],
        narrow: Collection[str],
        leads: Mapping[str, str],
        merges: Mapping[str, Merges] | None = None,
    ) -> None:
        self.number, self.misplaced, self.bounds, self.narrow = number, misplaced, list(bounds), narrow
        self.leads, self.merges = leads, merges or {}
        self.latest: Instant = LAST
        self.turn: Instant = 0
        """The turn of the record that is read next."""
        self.events = 0
        """Number of customer events read."""
        self.requests: set[str] = set()
        """The ids of the erasure requests read."""
        self._put_before: dict[int, tuple[str, int, int]] = {}
        """The last foreign record of which an event was stored for a home: of its next one the origin tells nothing."""

    def observe(self, event: Event, _at: Instant, topic: str, record: Record) -> None:
        """Count a customer event; store its record if the customer's home is another partition number."""
        self.events += 1
        name = event.customer_id
        home, kept, stood = self._home_of(name), kept_as(self.merges.get(name, ()), name), stood_on(topic, record)
        if kept == name:
            self._store(home, stood, record)
        elif home == self.number or self._is_taken(home, stood, record):
            self._put(self._home_of(kept), stood, record, into=kept)

    def _home_of(self, name: str) -> int:
        return home_of(name.encode(), self.misplaced.partitions)

    def _store(self, home: int, topic: str, record: Record, reason: str = "", detail: str = "") -> None:
        if self._is_taken(home, topic, record):
            self._put(home, topic, record, reason, detail)

    def _is_taken(self, home: int, topic: str, record: Record) -> bool:
        """Report whether a home had taken a record from `rekeyed`, if it was sent there."""
        bound = self.bounds[home].get(origin_of(self.leads[topic], record.partition))
        return bound is None or record.offset < bound

    def _put(self, home: int, topic: str, record: Record, reason: str = "", detail: str = "", into: str = "") -> None:
        if home == self.number:
            return
        if isinstance(record, Piece):
            where = (record.topic, record.partition, record.offset)
            sent = carried(record, into, reason, detail)._replace(hops=self._put_before.get(home) == where)
            self._put_before[home] = where
        else:
            sent = sent_home(topic, record, reason, detail, into)
        self.misplaced.put(home, Misplaced(self.turn, sent))

    def forget(self, event: Event, _at: Instant, topic: str, record: Record) -> None:
        """Note an erasure request, and store its record for the homes of all ids of its customer."""
        self.requests.add(event.event_id)
        self.events += 1
        name = event.customer_id
        for home in sorted({self._home_of(one) for one in ids_of(self.merges.get(name, ()), name)}):
            self._store(home, stood_on(topic, record), record)

    def publish(self, _fact: CompanyFact, _at: Instant, topic: str, record: Record) -> bool:
        """Store a fact of the company for every other number; return False, as nothing is known of it here."""
        for home in range(self.misplaced.partitions):
            self._store(home, stood_on(topic, record), record)
        return False

    def merge(self, _event: Event, _at: Instant, _topic: str, _record: Record) -> None:
        """Count a merge: all of them are known before."""
        self.events += 1

    def learn(self, word: bytes, offset: int) -> None:
        """Do nothing: during a rebuild partitions tell each other of no merges."""

    def knows(self, _offset: int) -> bool:
        """Return False: during a rebuild no record arrives from another partition."""
        return False

    def expect(self, _customer_id: str, _timestamp: int) -> None:
        """Do nothing: only the processor of the partition needs this."""

    def promise(self, topic: str, _at: Instant, record: Record) -> None:
        """Store a heartbeat of a narrow topic for the numbers that read no partition of it."""
        if topic in self.narrow:
            for home in range(self.misplaced.partitions):
                self._store(home, topic, record)

    def refuse(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Store a rejected record whose verdict belongs to another partition number."""
        judge = judge_of(record, named_in(record.key, record.value), self.number, self.misplaced.partitions)
        if judge is not None:
            self._store(judge, topic, record, reason, detail)

    def note_access(self, _event: Event, _at: Instant) -> None:
        """Do nothing: a rebuild sends no outputs."""

    def refuse_unread(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Do nothing: only the processor of the partition needs this."""

    def split(self, topic: str, events: int) -> None:
        """Do nothing: only the processor of the partition needs this."""

    def drop(self, topic: str) -> None:
        """Do nothing: only the processor of the partition needs this."""

    def doubt(self, topic: str, name: str) -> None:
        """Do nothing: only the processor of the partition needs this."""

    def leave_out(self, topic: str) -> None:
        """Do nothing: only the processor of the partition needs this."""

    def hear(self, news: bytes) -> None:
        """Do nothing: during a rebuild partitions send each other no watermarks."""

    def arrives(self, _topic: str, _partition: int, _offset: int) -> bool:
        """Return False: during a rebuild no record arrives from another partition."""
        return False
