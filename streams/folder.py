"""The folder of one worker: a table for each partition of whose state it has a copy."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import Protocol

from streams.errors import BadSettings
from streams.rocks import RocksTable, Table, require_rocksdb


class Folder(Protocol):
    """The tables of one process, by partition number."""

    def open(self, number: int) -> Table:
        """Open a table that is not open."""

    def written(self) -> dict[int, float]:
        """Return the time of the last write to each table, in seconds since 1970."""

    def delete(self, number: int) -> None:
        """Delete a table that is not open."""

    def close(self) -> None:
        """Release the folder."""


class RocksFolder:
    """A folder on this machine's disk, locked until it is closed or the process ends."""

    def __init__(self, folder: Path, changelog: str) -> None:
        require_rocksdb()
        self.folder, self.changelog = folder, changelog
        self._held = hold(folder)

    def _place(self, number: int) -> Path:
        return self.folder / f"{self.changelog}-{number}"

    def open(self, number: int) -> RocksTable:
        """Open a table that is not open."""
        return RocksTable(self._place(number))

    def written(self) -> dict[int, float]:
        """Return the time of the last write to each table, in seconds since 1970."""
        found: dict[int, float] = {}
        for place in self.folder.glob(f"{self.changelog}-*"):
            number = place.name.removeprefix(f"{self.changelog}-")
            if place.is_dir() and number.isdecimal():
                found[int(number)] = _last_write(place)
        return found

    def delete(self, number: int) -> None:
        """Delete a table that is not open."""
        shutil.rmtree(self._place(number))

    def close(self) -> None:
        """Release the folder."""
        os.close(self._held)


def _last_write(place: Path) -> float:
    """Return the time of the last write to a table. Files that RocksDB deletes meanwhile are skipped."""
    newest = 0.0
    for file in place.iterdir():
        with contextlib.suppress(FileNotFoundError):
            newest = max(newest, file.stat().st_mtime)
    return newest


def hold(folder: Path) -> int:
    """Lock a folder for this process until it ends; raise `BadSettings` if that is not possible.

    It holds personal data: other users must not read it, nor any file that this process creates from now on.
    """
    os.umask(0o077)  # RocksDB creates files at any time, in threads of its own
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_private(folder)
        held = os.open(folder / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BadSettings(
            f"state.dir = {folder} cannot be used: {error.strerror or error}. Name another folder"
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        raise BadSettings(f"state.dir = {folder} is used by another worker: give each a folder of its own") from error
    return held


def _keep_private(folder: Path) -> None:
    """Remove access for others that an older version, or a wide umask, left; raise an error if not ours."""
    if folder.stat().st_uid != os.geteuid():
        raise BadSettings(
            f"state.dir = {folder} belongs to another user, who may read the customers in it: name a folder inside it, "
            f"as in {folder / 'backstay'}; the worker makes it, for itself alone"
        )
    for place in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # deleted by the RocksDB of a worker that is stopping
            mode = place.stat().st_mode
            if mode & 0o077:
                place.chmod(mode & 0o700)
