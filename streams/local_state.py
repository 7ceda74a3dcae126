"""A copy on disk of what one partition's changelog held at a position, a batch a commit.

It is only a copy. The changelog stays the truth, so whatever is doubtful here is thrown away and read again, and what a
crash takes away is read from there.
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
"""Gives seconds since 1970."""

MAX_AGE: Final = 3 * 3_600.0
"""Seconds after which a copy is not gone on with: tombstones stay in the changelog for six hours, then a deletion that
the copy has not seen would be missed. Counted from when the copy had all that there was, not from when it was last
written to: a process may be frozen between what it reads and what it writes."""
_META: Final = b"\x00\x00copy"
_CUSTOMERS: Final = b"\x01"
_LENGTH_BYTES: Final = 2


class _Meta(msgspec.Struct, array_like=True):
    """Up to where the changelog is copied, and for which moment that is all (seconds since 1970)."""

    position: int = 0
    whole_at: float = 0.0


class LocalState:
    """The copy of one partition.

    A customer is kept under a digest of its id, and the id stands with the value: RocksDB notes the first and the last
    key of every file in places that are not rewritten when the key is deleted. The partition's own keys begin with a
    zero.
    """

    def __init__(self, table: Table, clock: Clock = time.time) -> None:
        self._table, self.clock = table, clock
        value = table.get(_META)
        self._meta = msgspec.msgpack.decode(value, type=_Meta) if value is not None else _Meta()

    @property
    def position(self) -> int:
        """Where the changelog goes on behind what is copied."""
        return self._meta.position

    def outdated(self, end: int) -> bool:
        """Tell whether this is not to be gone on with: too old, beyond the end, or of who knows which changelog."""
        return self.old() or self.position > end or (self.position > 0 and not self.log())

    def old(self) -> bool:
        """Tell whether a deletion may have come and gone since this was whole, or since it was begun."""
        return self.clock() - self._meta.whole_at > MAX_AGE

    def get(self, key: bytes) -> bytes | None:
        """Give what is kept of a customer, or under one of the partition's own keys."""
        value = self._table.get(_place(key))
        return _unnamed(value)[1] if value is not None and not key.startswith(OWN_PREFIX) else value

    def customers(self) -> Iterator[tuple[bytes, bytes]]:
        """Give every customer: its id, and what is kept of it."""
        return (_unnamed(value) for _, value in self._table.entries(_CUSTOMERS))

    def own(self) -> dict[bytes, bytes]:
        """Give what the partition keeps of itself."""
        kept: dict[bytes, bytes] = {}
        for key, value in self._table.entries():
            if not key.startswith(OWN_PREFIX):
                break
            kept[key] = value
        kept.pop(_META, None)
        return kept

    def log(self) -> str:
        """Tell which changelog this is a copy of; nothing while that is not known."""
        value = self._table.get(OWN_KEY)
        return _log_of(value) if value is not None else ""

    def write(self, entries: Iterable[Entry], position: int) -> None:
        """Write what the changelog holds up to a position, all of it or nothing."""
        self._write(entries, _Meta(position, self._meta.whole_at))

    def _write(self, entries: Iterable[Entry], meta: _Meta) -> None:
        batch = [(_place(key), _named(key, value)) for key, value in entries]
        self._table.write([*batch, (_META, msgspec.msgpack.encode(meta))])
        self._meta = meta

    def write_whole(self, entries: Iterable[Entry], position: int, at: float) -> None:
        """Write the rest of what the changelog held at a moment."""
        self._write(entries, _Meta(position, max(self._meta.whole_at, at)))

    def clear(self) -> None:
        """Forget everything, and begin anew: what is here is no copy to go on with."""
        self._table.clear()
        self._meta = _Meta(0, self.clock())

    def close(self) -> None:
        """Let the table go."""
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
    """Bring a copy up to the end of the changelog, from its beginning where there is nothing to go on with."""
    asked_at = local.clock()
    if local.outdated(await broker.end(changelog, number)):
        local.clear()
    if not await _read(local, broker, changelog, number) or local.old():  # or we were frozen
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
    """Tell whether these are of another changelog than the one that is copied: deleted and made anew since, or rebuilt.

    To be asked before they are written: after a crash in between, nobody could tell any more.
    """
    own = (record.value for record in records if record.key == OWN_KEY and record.value is not None)
    return bool(log) and any(_log_of(value) != log for value in own)


def _log_of(value: bytes) -> str:
    return msgspec.msgpack.decode(value, type=PartitionRecord).log
