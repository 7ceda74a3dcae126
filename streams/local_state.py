"""A copy on disk of one partition's changelog up to a position, one write batch a commit.

It is only a copy. The changelog is the source of truth, so a doubtful copy is deleted, and what a crash loses is read
from the changelog again.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Final

import msgspec
from aiokafka.structs import ConsumerRecord

from streams.broker import Broker
from streams.partition_record import OWN_KEY, OWN_PREFIX, PartitionRecord
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


class _Meta(msgspec.Struct, array_like=True):
    """The changelog position of the copy, and the time as of which that is all (seconds since 1970)."""

    position: int = 0
    whole_at: float = 0.0


class LocalState:
    """The copy of one partition.

    A customer is stored under a digest of its id, and the id stands with the value: RocksDB notes the first and the
    last key of every file in places that are not rewritten when the key is deleted. The partition's own keys begin with
    a zero.
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
        """Report whether this copy cannot be used: too old, beyond the end, or of an unknown changelog."""
        return self.old() or self.position > end or (self.position > 0 and not self.log())

    def old(self) -> bool:
        """Report whether this copy may have missed a deletion since it was complete, or since it was begun."""
        return self.clock() - self._meta.whole_at > MAX_AGE

    def get(self, key: bytes) -> bytes | None:
        """Return the stored value of a customer, or of one of the partition's own keys."""
        value = self._table.get(_place(key))
        return _unnamed(value)[1] if value is not None and not key.startswith(OWN_PREFIX) else value

    def customers(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield every customer: its id, and its stored value."""
        return (_unnamed(value) for _, value in self._table.entries(_CUSTOMERS))

    def own(self) -> dict[bytes, bytes]:
        """Return the partition's own entries."""
        kept: dict[bytes, bytes] = {}
        for key, value in self._table.entries():
            if not key.startswith(OWN_PREFIX):
                break
            kept[key] = value
        kept.pop(_META, None)
        return kept

    def log(self) -> str:
        """Return the id of the changelog that this is a copy of; empty while it is unknown."""
        value = self._table.get(OWN_KEY)
        return _log_of(value) if value is not None else ""

    def write(self, entries: Iterable[Entry], position: int) -> None:
        """Write the entries of the changelog up to a position, atomically."""
        self._write(entries, _Meta(position, self._meta.whole_at))

    def _write(self, entries: Iterable[Entry], meta: _Meta) -> None:
        batch = [(_place(key), _named(key, value)) for key, value in entries]
        self._table.write([*batch, (_META, msgspec.msgpack.encode(meta))])
        self._meta = meta

    def write_whole(self, entries: Iterable[Entry], position: int, at: float) -> None:
        """Write the last entries that make the copy complete as of a moment."""
        self._write(entries, _Meta(position, max(self._meta.whole_at, at)))

    def clear(self) -> None:
        """Delete everything, and start empty."""
        self._table.clear()
        self._meta = _Meta(0, self.clock())

    def close(self) -> None:
        """Close the table."""
        self._table.close()


def _place(key: bytes) -> bytes:
    return key if key.startswith(OWN_PREFIX) else _CUSTOMERS + blake2b(key, digest_size=16).digest()


def _named(key: bytes, value: bytes | None) -> bytes | None:
    if value is None or key.startswith(OWN_PREFIX):
        return value
    return len(key).to_bytes(_LENGTH_BYTES, "big") + key + value


def _unnamed(value: bytes) -> tuple[bytes, bytes]:
    end = _LENGTH_BYTES + int.from_bytes(value[:_LENGTH_BYTES], "big")
    return value[_LENGTH_BYTES:end], value[end:]


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
    return msgspec.msgpack.decode(value, type=PartitionRecord).log
