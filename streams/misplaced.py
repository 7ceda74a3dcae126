"""Records that stood away from home, put by on disk while a state is made anew: by home, in order of their times."""

import heapq
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from operator import attrgetter
from typing import IO, Final, NamedTuple, Self

import msgspec

from agents.record import Record
from agents.rekeyed import SentHome, sent_home
from retention.calendar import LAST, Instant
from schemas.base import Event
from streams.home import home_of
from streams.lanes import origin_of
from streams.named import judge_of, named_in

_LENGTH_BYTES: Final = 4


class Stray(NamedTuple):
    """A record that is put by, and when its turn was where it stood."""

    turn: Instant
    record: SentHome


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Stray).decode


class Strays:
    """An unnamed temporary file for each home, gone with this: it holds personal data."""

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

    def put(self, home: int, record: Stray) -> None:
        """Put a record by."""
        value = _encode(record)
        self._files[home].write(len(value).to_bytes(_LENGTH_BYTES, "big") + value)

    def end_run(self) -> None:
        """Take note that the records that follow may be older again."""
        for file, runs in zip(self._files, self._runs, strict=True):
            begin = runs[-1][1] if runs else 0
            if file.tell() > begin:
                runs.append((begin, file.tell()))

    def of(self, home: int) -> Iterator[Stray]:
        """Return what was put by for a home, in its turn."""
        runs = (_read(self._files[home], begin, end) for begin, end in self._runs[home])
        return heapq.merge(*runs, key=attrgetter("turn"))


def _read(file: IO[bytes], at: int, end: int) -> Iterator[Stray]:
    while at < end:
        file.seek(at)  # runs are read beside each other
        length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
        yield _decode(file.read(length))
        at += _LENGTH_BYTES + length


class Spotter:
    """A desk that applies nothing: what is not at home on its partition is put by, unless `bounds` says it is to come.

    `bounds` has for each home and origin (`origin_of`) the first offset that is still on its way there. Heartbeats of
    `narrow` topics are for every number. `leads` are the first of the families that share a topic.
    """

    def __init__(
        self,
        number: int,
        strays: Strays,
        bounds: Iterable[dict[str, int]],
        narrow: Collection[str],
        leads: Mapping[str, str],
    ) -> None:
        self.number, self.strays, self.bounds, self.narrow = number, strays, list(bounds), narrow
        self.leads = leads
        self.latest: Instant = LAST
        self.turn: Instant = 0
        """Of the record that is read next."""
        self.events = 0
        """How many events of customers there are."""
        self.requests: set[str] = set()
        """The ids of the requests to forget somebody."""

    def observe(self, event: Event, _at: Instant, topic: str, record: Record) -> None:
        """Put an event of somebody else's customer by."""
        self.events += 1
        self._put_by(home_of(event.customer_id.encode(), self.strays.partitions), topic, record)

    def _put_by(self, home: int, topic: str, record: Record, reason: str = "", detail: str = "") -> None:
        bound = self.bounds[home].get(origin_of(self.leads[topic], record.partition))
        if home != self.number and (bound is None or record.offset < bound):
            self.strays.put(home, Stray(self.turn, sent_home(topic, record, reason, detail)))

    def forget(self, event: Event, at: Instant, topic: str, record: Record) -> None:
        """Put a request by as any other record."""
        self.requests.add(event.event_id)
        self.observe(event, at, topic, record)

    def expect(self, _customer_id: str, _timestamp: int) -> None:
        """Belongs to the partition."""

    def promise(self, topic: str, _at: Instant, record: Record) -> None:
        """Put a heartbeat by for those who do not read its topic."""
        if topic in self.narrow:
            for home in range(self.strays.partitions):
                self._put_by(home, topic, record)

    def refuse(self, topic: str, record: Record, reason: str, detail: str) -> None:
        """Put a record by that only another partition can judge."""
        judge = judge_of(record, named_in(record.key, record.value), self.number, self.strays.partitions)
        if judge is not None:
            self._put_by(judge, topic, record, reason, detail)

    def drop(self, topic: str) -> None:
        """Belongs to the partition."""

    def leave_out(self, topic: str) -> None:
        """Belongs to the partition."""

    def hear(self, news: bytes) -> None:
        """Nobody tells anything meanwhile."""

    def arrives(self, _topic: str, _partition: int, _offset: int) -> bool:
        """Nothing arrives meanwhile."""
        return False
