"""A copy on disk of what one partition's changelog held at a position: RocksDB, a batch a commit.

It is only a copy. The changelog stays the truth, so whatever is doubtful here is thrown away and read again. There is
no write-ahead log: what was not yet written to a file is in the changelog, and is read from there after a crash.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgspec

from streams.broker import Broker
from streams.errors import BadSettings, DiskFailed
from streams.partition_record import OWN_KEY, OWN_PREFIX, PartitionRecord

try:
    import rocksdict
except ImportError:  # an extra: states fit into memory for most
    rocksdict = None  # type: ignore[assignment]

Entry = tuple[bytes, bytes | None]

MAX_AGE: Final = 3 * 3_600.0
"""Seconds after which a copy is not gone on with: tombstones stay in the changelog for six hours, then a deletion that
the copy has not seen would be missed."""
BUFFER_BYTES: Final = 16 * 1_048_576
"""What is read again from the changelog after a crash, at most: what no file holds yet."""
_META: Final = b"\x00\x00copy"
_CUSTOMERS: Final = b"\x01"
_LENGTH_BYTES: Final = 2


class _Meta(msgspec.Struct, array_like=True):
    """Up to where the changelog is copied, and when that was written (seconds since 1970)."""

    position: int = 0
    written_at: float = 0.0


class LocalState:
    """The copy of one partition.

    A customer is kept under a digest of its id, and the id stands with the value: RocksDB notes the first and the last
    key of every file in places that are not rewritten when the key is deleted. The partition's own keys begin with a
    zero.
    """

    def __init__(self, folder: Path) -> None:
        if rocksdict is None:
            raise BadSettings("state.dir needs RocksDB: pip install 'backstay[rocksdb]', or leave state.dir out")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        options = rocksdict.Options(raw_mode=True)
        options.set_write_buffer_size(BUFFER_BYTES)
        unlogged: Any = rocksdict.WriteOptions()  # whose stub takes a property for a method
        unlogged.disable_wal = True
        self._unlogged = unlogged
        try:
            self._db = rocksdict.Rdict(str(folder), options)
        except Exception as error:  # rocksdict raises nothing more special
            raise DiskFailed(
                f"the copy of states in {folder} cannot be opened: {error}. No other worker may use this folder; a "
                "broken copy may be deleted, it is read again from the changelog"
            ) from error
        self._meta = self._read_meta()

    def _read_meta(self) -> _Meta:
        value = self._db.get(_META)
        return msgspec.msgpack.decode(value, type=_Meta) if value is not None else _Meta()

    @property
    def position(self) -> int:
        """Where the changelog goes on behind what is copied."""
        return self._meta.position

    @property
    def written_at(self) -> float:
        """When that was, in seconds since 1970."""
        return self._meta.written_at

    def get(self, key: bytes) -> bytes | None:
        """Give what is kept of a customer, or under one of the partition's own keys."""
        value = self._db.get(_place(key))
        return _unnamed(value)[1] if value is not None and not key.startswith(OWN_PREFIX) else value

    def customers(self) -> Iterator[tuple[bytes, bytes]]:
        """Give every customer: its id, and what is kept of it."""
        found: Any = self._db.values(from_key=_CUSTOMERS)
        return map(_unnamed, found)

    def own(self) -> dict[bytes, bytes]:
        """Give what the partition keeps of itself."""
        kept: dict[bytes, bytes] = {}
        found: Any = self._db.items()
        for key, value in found:
            if not key.startswith(OWN_PREFIX):
                break
            kept[key] = value
        kept.pop(_META, None)
        return kept

    def log(self) -> str:
        """Tell which changelog this is a copy of; nothing while that is not known."""
        value = self._db.get(OWN_KEY)
        return msgspec.msgpack.decode(value, type=PartitionRecord).log if value is not None else ""

    def write(self, entries: Iterable[Entry], position: int, now: float) -> None:
        """Write what the changelog holds up to a position, all of it or nothing."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        gone = []
        for key, value in entries:
            if value is None:
                batch.delete(_place(key))
                gone.append(_place(key))
            else:
                batch.put(_place(key), value if key.startswith(OWN_PREFIX) else _named(key, value))
        self._meta = _Meta(position, now)
        batch.put(_META, msgspec.msgpack.encode(self._meta))
        try:
            self._db.write(batch, self._unlogged)
            for key in gone:
                self._scrub(key)
        except Exception as error:  # rocksdict raises nothing more special
            raise self._failed(error) from error

    def _scrub(self, key: bytes) -> None:
        """Have the bytes of a deleted key removed from the files now, and not when RocksDB comes round to it."""
        if self._db.get(key) is None:
            self._db.flush()
            compacting = rocksdict.CompactOptions()
            compacting.set_bottommost_level_compaction(rocksdict.BottommostLevelCompaction.force())
            self._db.compact_range(key, key + b"\x00", compacting)

    def seen(self, now: float) -> None:
        """Take note that nothing new has come."""
        self.write((), self.position, now)

    def clear(self) -> None:
        """Forget everything: what is here is no copy to go on with."""
        self._db.delete_range(b"", b"\xff" * 1_024)
        self._meta = _Meta()

    def close(self) -> None:
        """Write what is in memory to files, and let the folder go."""
        try:
            self._db.close()
        except Exception as error:  # rocksdict raises nothing more special
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> DiskFailed:
        return DiskFailed(
            f"cannot write to {self.folder}: {error}. Nothing is lost, the changelog has it all; make room on the disk "
            "and start again"
        )


def _place(key: bytes) -> bytes:
    return key if key.startswith(OWN_PREFIX) else _CUSTOMERS + blake2b(key, digest_size=16).digest()


def _named(name: bytes, value: bytes) -> bytes:
    return len(name).to_bytes(_LENGTH_BYTES, "big") + name + value


def _unnamed(value: bytes) -> tuple[bytes, bytes]:
    end = _LENGTH_BYTES + int.from_bytes(value[:_LENGTH_BYTES], "big")
    return value[_LENGTH_BYTES:end], value[end:]


def outdated(local: LocalState, end: int, now: float) -> bool:
    """Tell whether a copy is not to be gone on with: too old, or beyond the end of the changelog."""
    return now - local.written_at > MAX_AGE or local.position > end


async def catch_up(local: LocalState, broker: Broker, changelog: str, number: int, now: float) -> None:
    """Bring a copy up to the end of the changelog, from its beginning where there is nothing to go on with."""
    if outdated(local, await broker.end(changelog, number), now):
        local.clear()
    log = local.log()
    await _read(local, broker, changelog, number, now)
    if log and local.log() != log:  # deleted and made anew since, or rebuilt
        local.clear()
        await _read(local, broker, changelog, number, now)


async def _read(local: LocalState, broker: Broker, changelog: str, number: int, now: float) -> None:
    async for records in broker.read(changelog, number, start=local.position):
        local.write([(record.key, record.value) for record in records], records[-1].offset + 1, now)


def hold(folder: Path) -> int:
    """Hold a folder for this process, until it ends; raise `BadSettings` if another one has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BadSettings(f"state.dir = {folder} cannot be used: {error.strerror or error}") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        raise BadSettings(f"state.dir = {folder} is used by another worker: give each a folder of its own") from error
    return held
