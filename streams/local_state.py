"""A copy on disk of one partition's changelog up to a position, one write batch a commit.

It is only a copy. The changelog is the source of truth, so a doubtful copy is deleted, and what a crash loses is read
from the changelog again.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec
from aiokafka.structs import ConsumerRecord

from retention.calendar import Instant
from retention.state.codec import due_of, with_due
from retention.state.written import put_together
from streams.broker import Broker
from streams.differences import OWN_BASES, key_of_base, key_of_difference
from streams.partition_record import DIFFERENCE_PREFIX, OWN_KEY, OWN_PREFIX, read_own
from streams.rocks import Entry, Table

Clock = Callable[[], float]
"""Returns seconds since 1970."""

MAX_AGE: Final = 3 * 3_600.0
"""Seconds after which a copy is not continued: tombstones stay in the changelog for six hours, then the copy would
miss a deletion. Counted from when the copy was complete, not from when it was last written: a process may be frozen
between reading and writing."""
_META: Final = b"\x00\x00copy"
_CUSTOMERS: Final = b"\x01"
_LENGTH_BYTES: Final = 2
_HAS_DIFFERENCE: Final = 0x8000
"""The bit of an id's length that says that the length of a base, the base, and a difference from it follow the id."""
_BASE_LENGTH_BYTES: Final = 4


class _Meta(msgspec.Struct, array_like=True):
    """The changelog position of the copy, and the time as of which that is all (seconds since 1970)."""

    position: int = 0
    whole_at: float = 0.0
    knows_differences: bool = False
    """Whether differences stand with their bases. An earlier build, which writes no third field, has put those that it
    met among the partition's own keys, and may have ended before it saw that the changelog is not for it."""


class LocalState:
    """The copy of one partition.

    A customer is stored under a digest of its id, and the id stands with the value: RocksDB notes the first and the
    last key of every file in places that are not rewritten when the key is deleted. The partition's own keys begin with
    a zero. The difference of a customer stands with its base, in one value: so one look-up finds both, a new base takes
    the old difference away, and whatever removes the customer removes both.
    """

    def __init__(self, table: Table, clock: Clock = time.time) -> None:
        self._table, self.clock = table, clock
        value = table.get(_META)
        self._meta = msgspec.msgpack.decode(value, type=_Meta) if value is not None else _Meta()

    @property
    def position(self) -> int:
        """Return the changelog position to continue from."""
        return self._meta.position

    def outdated(self, end: int) -> bool:
        """Report whether this copy cannot be used: too old, beyond the end, misread, or of an unknown changelog."""
        if self.old() or self.position > end:
            return True
        return self.position > 0 and (self._has_misread() or not self.log())

    def _has_misread(self) -> bool:
        """Report whether an earlier build has copied differences: their customers stand here as they were before."""
        found = None if self._meta.knows_differences else next(self._table.entries(DIFFERENCE_PREFIX), None)
        return found is not None and found[0].startswith(DIFFERENCE_PREFIX)

    def old(self) -> bool:
        """Report whether this copy may have missed a deletion since it was complete, or since it was begun."""
        return self.clock() - self._meta.whole_at > MAX_AGE

    def get(self, key: bytes) -> bytes | None:
        """Return the stored value of a customer, or of one of the partition's own keys."""
        value = self._table.get(_place(key))
        return _unpacked(value).state() if value is not None and not key.startswith(OWN_PREFIX) else value

    def customers(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every customer: its id, and its state."""
        return ((one.name, one.state()) for one in self._every())

    def dues(self) -> Iterator[tuple[bytes, Instant]]:
        """Yield the id and the due instant of every customer."""
        return ((one.name, due_of(one.difference or one.base)) for one in self._every())

    def _every(self) -> "Iterator[_Stored]":
        return (_unpacked(value) for _, value in self._table.entries(_CUSTOMERS))

    def own(self) -> dict[bytes, bytes]:
        """Return the partition's own entries."""
        kept: dict[bytes, bytes] = {}
        for key, value in self._table.entries():
            if not key.startswith(OWN_PREFIX):
                break
            kept[key] = value
        kept.pop(_META, None)
        for base in OWN_BASES:
            difference = kept.pop(key_of_difference(base), b"")
            if difference:
                kept[base] = put_together(kept.get(base, b""), difference)
        return kept

    def log(self) -> str:
        """Return the id of the changelog that this is a copy of; empty while it is unknown."""
        value = self._table.get(OWN_KEY)
        return _log_of(value) if value is not None else ""

    def write(self, entries: Iterable[Entry], position: int) -> None:
        """Write the entries of the changelog up to a position, atomically."""
        self._write(entries, _Meta(position, self._meta.whole_at, knows_differences=True))

    def _write(self, entries: Iterable[Entry], meta: _Meta, dues: Iterable[tuple[bytes, Instant]] = ()) -> None:
        batch = _Batch(self._table)
        for key, value in entries:
            batch.add(key, value)
        for key, due in dues:
            batch.rearm(key, due)
        self._table.write([*batch.entries.items(), (_META, msgspec.msgpack.encode(meta))])
        self._meta = meta

    def write_whole(
        self, entries: Iterable[Entry], position: int, at: float, dues: Iterable[tuple[bytes, Instant]] = ()
    ) -> None:
        """Write the last entries that make the copy complete as of a moment, and then the due instants of customers."""
        self._write(entries, _Meta(position, max(self._meta.whole_at, at), knows_differences=True), dues)

    def clear(self) -> None:
        """Delete everything, and start empty."""
        self._table.clear()
        self._meta = _Meta(0, self.clock())

    def close(self) -> None:
        """Close the table."""
        self._table.close()


class _Batch:
    """Entries to write as one. What it has of a customer comes before what the table has."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.entries: dict[bytes, bytes | None] = {}

    def add(self, key: bytes, value: bytes | None) -> None:
        """Add a record of the changelog."""
        if key.startswith(DIFFERENCE_PREFIX):
            self._add_difference(key, value)
        elif key.startswith(OWN_PREFIX):
            self.entries[key] = value
            if key in OWN_BASES:
                self.entries[key_of_difference(key)] = b""
        else:
            self.entries[_place(key)] = _packed(_Stored(key, value)) if value is not None else None

    def _add_difference(self, key: bytes, value: bytes | None) -> None:
        name = key_of_base(key)
        if name in OWN_BASES:
            self.entries[key] = value
            return
        found = self._find(name)
        if value is not None:
            # Its base may not be there: one that came later has made a compaction remove it, and is read soon.
            self.entries[_place(name)] = _packed(_Stored(name, found.base if found is not None else b"", value))
        elif found is not None:
            self.entries[_place(name)] = _packed(_Stored(name, found.base)) if found.base else None

    def rearm(self, key: bytes, due: Instant) -> None:
        """Set the due instant of a customer."""
        found = self._find(key)
        if found is not None and found.difference:
            self.entries[_place(key)] = _packed(found._replace(difference=with_due(found.difference, due)))
        elif found is not None:
            self.entries[_place(key)] = _packed(found._replace(base=with_due(found.base, due)))

    def _find(self, name: bytes) -> "_Stored | None":
        place = _place(name)
        value = self.entries[place] if place in self.entries else self._table.get(place)
        return _unpacked(value) if value is not None else None


class _Stored(NamedTuple):
    """A customer as it is stored: its id, its base, and the difference from that, if there is one."""

    name: bytes
    base: bytes
    difference: bytes = b""

    def state(self) -> bytes:
        """Return its state."""
        return put_together(self.base, self.difference) if self.difference else self.base


def _place(key: bytes) -> bytes:
    return key if key.startswith(OWN_PREFIX) else _CUSTOMERS + blake2b(key, digest_size=16).digest()


def _packed(one: _Stored) -> bytes:
    length = len(one.name)
    if not one.difference:
        return length.to_bytes(_LENGTH_BYTES, "big") + one.name + one.base
    head = (length | _HAS_DIFFERENCE).to_bytes(_LENGTH_BYTES, "big") + one.name
    return head + len(one.base).to_bytes(_BASE_LENGTH_BYTES, "big") + one.base + one.difference


def _unpacked(value: bytes) -> _Stored:
    length = int.from_bytes(value[:_LENGTH_BYTES], "big")
    end = _LENGTH_BYTES + (length & ~_HAS_DIFFERENCE)
    name = value[_LENGTH_BYTES:end]
    if not length & _HAS_DIFFERENCE:
        return _Stored(name, value[end:])
    begin = end + _BASE_LENGTH_BYTES
    end = begin + int.from_bytes(value[end:begin], "big")
    return _Stored(name, value[begin:end], value[end:])


async def catch_up(local: LocalState, broker: Broker, changelog: str, number: int) -> None:
    """Bring a copy up to the end of the changelog, from the beginning if it cannot be continued."""
    asked_at = local.clock()
    if local.outdated(await broker.end(changelog, number)):
        local.clear()
    if not await _read(local, broker, changelog, number) or local.old():  # or this process was frozen
        local.clear()
        asked_at = local.clock()
        await _read(local, broker, changelog, number)
    local.write_whole((), local.position, asked_at)


async def _read(local: LocalState, broker: Broker, changelog: str, number: int) -> bool:
    log = local.log()
    async for records in broker.read(changelog, number, start=local.position):
        if is_another(log, records):
            return False
        local.write([(record.key, record.value) for record in records], records[-1].offset + 1)
    return True


def is_another(log: str, records: Iterable[ConsumerRecord]) -> bool:
    """Report whether records are of another changelog than the copied one: deleted and created again, or rebuilt.

    To be called before they are written: after a crash in between, it could not be detected any more.
    """
    own = (record.value for record in records if record.key == OWN_KEY and record.value is not None)
    return bool(log) and any(_log_of(value) != log for value in own)


def _log_of(value: bytes) -> str:
    return read_own(value).log
