"""A table of bytes in a folder: RocksDB, without a write-ahead log.

A crash loses the latest writes that are in no file yet: the user of a table stores its position with the data, and has
the rest elsewhere.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from streams.errors import BadSettings, DiskFailed
from streams.extras import missing

try:
    import rocksdict
except ImportError:  # an extra: most states fit into memory
    rocksdict = None  # type: ignore[assignment]

Entry = tuple[bytes, bytes | None]
"""A key and its new value; None deletes it."""

BUFFER_BYTES: Final = 16 * 1_048_576
"""Most bytes that are in no file yet."""


class Table(Protocol):
    """Bytes by key, in the order of the keys."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key."""

    def entries(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries from a key on."""

    def write(self, entries: Iterable[Entry]) -> None:
        """Write all entries atomically; deleted ones are removed from the files, too."""

    def clear(self) -> None:
        """Delete everything."""

    def close(self) -> None:
        """Write what is in memory to files, and release the folder."""


def require_rocksdb() -> None:
    """Raise `BadSettings` if RocksDB is not installed."""
    if rocksdict is None:
        raise BadSettings(missing("state.dir", "rocksdb", "leave state.dir out"))


class RocksTable:
    """A table that only this process may open; raises `DiskFailed` if the disk fails."""

    def __init__(self, folder: Path) -> None:
        require_rocksdb()
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        options = rocksdict.Options(raw_mode=True)
        options.set_write_buffer_size(BUFFER_BYTES)
        unlogged: Any = rocksdict.WriteOptions()  # its stub declares a property as a method
        unlogged.disable_wal = True
        self._unlogged = unlogged
        try:
            self._db = rocksdict.Rdict(str(folder), options)
        except Exception as error:  # rocksdict raises no narrower class
            raise DiskFailed(
                f"the copy of states in {folder} cannot be opened: {error}. No other worker may use this folder; a "
                "broken copy may be deleted, it is read again from the changelog"
            ) from error

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key."""
        found: bytes | None = self._db.get(key)
        return found

    def entries(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries from a key on."""
        found: Any = self._db.items(from_key=start)
        return iter(found)

    def write(self, entries: Iterable[Entry]) -> None:
        """Write all entries atomically; deleted ones are removed from the files, too."""
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
        except Exception as error:  # rocksdict raises no narrower class
            raise self._failed(error) from error

    def _scrub(self, key: bytes) -> None:
        """Remove the bytes of a deleted key from the files now, instead of at RocksDB's next compaction."""
        if self._db.get(key) is None:
            self._db.flush()
            compacting = rocksdict.CompactOptions()
            compacting.set_bottommost_level_compaction(rocksdict.BottommostLevelCompaction.force())
            self._db.compact_range(key, key + b"\x00", compacting)

    def clear(self) -> None:
        """Delete everything."""
        try:
            self._db.delete_range(b"", b"\xff" * 1_024)
        except Exception as error:  # rocksdict raises no narrower class
            raise self._failed(error) from error

    def close(self) -> None:
        """Write what is in memory to files, and release the folder."""
        try:
            self._db.close()
        except Exception as error:  # rocksdict raises no narrower class
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> DiskFailed:
        return DiskFailed(
            f"cannot write to {self.folder}: {error}. Nothing is lost, the changelog has it all; free disk space and "
            "start again"
        )
