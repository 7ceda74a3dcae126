"""Disks of the simulation: they outlive processes, and lose what RocksDB loses without a write-ahead log."""

from collections.abc import Iterable, Iterator
from random import Random

from streams.errors import DiskFailed
from streams.local_state import Clock
from streams.rocks import Entry
from tests.simulation.clients import Client


class Content:
    """The content of one table: in files, and in batches that no file holds yet."""

    def __init__(self) -> None:
        self.files: dict[bytes, bytes] = {}
        self.pending: list[list[Entry]] = []
        self.read: dict[bytes, bytes] = {}
        """Both, as the process that has it open reads it."""
        self.written_at = 0.0
        self.opened = False

    def write(self, batch: list[Entry]) -> None:
        self.pending.append(batch)
        _put(self.read, batch)

    def flush(self) -> None:
        self.files, self.pending = dict(self.read), []

    def copy(self) -> "Content":
        """Return what is read of it, to write to."""
        other = Content()
        other.read = dict(self.read)
        return other

    def crash(self, dice: Random) -> None:
        """Lose the last batches: all of them, some, or none."""
        for batch in self.pending[: dice.randrange(len(self.pending) + 1)]:
            _put(self.files, batch)
        self.read, self.pending, self.opened = dict(self.files), [], False


def _put(kept: dict[bytes, bytes], batch: Iterable[Entry]) -> None:
    for key, value in batch:
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value


class Disk:
    """The disk of one worker, and then of its successor."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.contents: dict[int, Content] = {}
        self.held_by: Client | None = None
        self.misused: list[str] = []

    def free(self) -> bool:
        """Report whether no living process has it open."""
        return self.held_by is None or self.held_by.dead

    def take(self, client: Client) -> None:
        """Open it for a process; what its former owner left open is as after a crash."""
        for content in self.contents.values():
            if content.opened:
                content.crash(self.dice)
        self.held_by = client


class SimTable:
    """A table as one process has it open: writes of dead processes are lost."""

    def __init__(self, content: Content, client: Client, clock: Clock) -> None:
        self.content, self.client, self.clock = content, client, clock
        self.closed = False

    def get(self, key: bytes) -> bytes | None:
        return self.content.read.get(key)

    def entries(self, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter([(key, value) for key, value in sorted(self.content.read.items()) if key >= start])

    def write(self, entries: Iterable[Entry]) -> None:
        batch = list(entries)
        self._require_open("written to")
        if not self.client.dead:
            self.content.write(batch)
            self.content.written_at = self.clock()
            if any(value is None for _, value in batch):
                self.content.flush()  # so that what was deleted can be taken out of the files

    def clear(self) -> None:
        self._require_open("cleared")
        if not self.client.dead:
            self.content.files, self.content.pending, self.content.read = {}, [], {}

    def close(self) -> None:
        self._require_open("closed")
        self.closed = True
        if not self.client.dead:
            self.content.flush()
            self.content.opened = False

    def _require_open(self, what: str) -> None:
        if self.closed and not self.client.dead:  # RocksDB raises an error
            raise DiskFailed(f"{what} when it was closed")


class SimFolder:
    """The folder of one process."""

    def __init__(self, disk: Disk, client: Client, clock: Clock) -> None:
        self.disk, self.client, self.clock = disk, client, clock
        disk.take(client)

    def open(self, number: int) -> SimTable:
        content = self.disk.contents.setdefault(number, Content())
        if not self.client.dead:
            self._closed(number, "opened")
            content.opened = True
        return SimTable(content, self.client, self.clock)

    def written(self) -> dict[int, float]:
        return {number: content.written_at for number, content in self.disk.contents.items()}

    def delete(self, number: int) -> None:
        if not self.client.dead:
            self._closed(number, "deleted")
            del self.disk.contents[number]

    def close(self) -> None:
        if not self.client.dead:
            self.disk.held_by = None

    def _closed(self, number: int, what: str) -> None:
        if self.disk.contents[number].opened:
            self.disk.misused.append(f"{what} while it was open: {number}")
            raise DiskFailed(self.disk.misused[-1])
