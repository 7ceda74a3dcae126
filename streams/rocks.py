"""A table of bytes in a folder: RocksDB, without a write-ahead log.

What was not yet written to a file is gone after a crash, the last first: whoever keeps something here knows up to where
he has it, and has the rest from elsewhere.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from streams.errors import BadSettings, DiskFailed

try:
    import rocksdict
except ImportError:  # an extra: states fit into memory for most
    rocksdict = None  # type: ignore[assignment]

Entry = tuple[bytes, bytes | None]
"""A key and what is to be under it; None for nothing."""

BUFFER_BYTES: Final = 16 * 1_048_576
"""What is in no file yet, at most."""


class Table(Protocol):
    """Bytes by key, in the order of the keys."""

    def get(self, key: bytes) -> bytes | None:
        """Give what is under a key."""

    def entries(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Give everything from a key on."""

    def write(self, entries: Iterable[Entry]) -> None:
        """Write all of it or nothing; what is deleted by it is gone from the files, too."""

    def clear(self) -> None:
        """Forget everything."""

    def close(self) -> None:
        """Write what is in memory to files, and let the folder go."""


def require_rocksdb() -> None:
    """Raise `BadSettings` if RocksDB is not installed."""
    if rocksdict is None:
        raise BadSettings(
            "state.dir needs RocksDB: run `pip install '.[rocksdb]'` in the folder of Backstay, or leave state.dir out"
        )


class RocksTable:
    """A table that this process alone may open; raises `DiskFailed` where the disk does not do its part."""

    def __init__(self, folder: Path) -> None:
        require_rocksdb()
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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

    def get(self, key: bytes) -> bytes | None:
        """Give what is under a key."""
        found: bytes | None = self._db.get(key)
        return found

    def entries(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Give everything from a key on."""
        found: Any = self._db.items(from_key=start)
        return iter(found)

    def write(self, entries: Iterable[Entry]) -> None:
        """Write all of it or nothing; what is deleted by it is gone from the files, too."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        gone = []
        for key, value in entries:
            if value is None:
                batch.delete(key)
                gone.append(key)
            else:
                batch.put(key, value)
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

    def clear(self) -> None:
        """Forget everything."""
        try:
            self._db.delete_range(b"", b"\xff" * 1_024)
        except Exception as error:  # rocksdict raises nothing more special
            raise self._failed(error) from error

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
