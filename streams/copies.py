"""The copies on disk of one worker: of the partitions that it owns, and of those that it stands by for."""

import contextlib
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from streams.local_state import MAX_AGE, LocalState, hold


class Copies:
    """A folder, held for this process, with a copy for each partition of the changelog."""

    def __init__(self, folder: Path, changelog: str) -> None:
        self.folder, self.changelog = folder, changelog
        self.standing: dict[int, LocalState] = {}
        """Those that are open and belong to nobody here."""
        self._held = hold(folder)

    def _place(self, number: int) -> Path:
        return self.folder / f"{self.changelog}-{number}"

    def open(self, number: int) -> LocalState:
        """Give the copy to the owner of a partition. One that stood by is handed over as it is."""
        return self.standing.pop(number, None) or LocalState(self._place(number))

    def stand_by(self, number: int) -> LocalState:
        """Open the copy of a partition that somebody else owns."""
        local = self.standing[number] = LocalState(self._place(number))
        return local

    def stand_down(self, number: int) -> None:
        """Close a copy that stood by."""
        local = self.standing.pop(number, None)
        if local is not None:
            local.close()

    def at_hand(self, now: float) -> list[int]:
        """Give the partitions of which there is a copy that can be gone on with; `now` is in seconds since 1970."""
        fresh = {number for number, written in self._written().items() if now - written <= MAX_AGE}
        return sorted(fresh | self.standing.keys())

    def drop_old(self, now: float, used: Collection[int]) -> None:
        """Delete copies that nobody uses and that are too old to go on with: there are people in them."""
        for number, written in self._written().items():
            if number not in used and now - written > MAX_AGE:
                shutil.rmtree(self._place(number))

    def _written(self) -> dict[int, float]:
        """Give when anything was last written to each copy."""
        found: dict[int, float] = {}
        for place in self.folder.glob(f"{self.changelog}-*"):
            number = place.name.removeprefix(f"{self.changelog}-")
            if place.is_dir() and number.isdecimal():
                found[int(number)] = _last_write(place)
        return found

    def close(self) -> None:
        """Close what stands by, and let the folder go."""
        for number in list(self.standing):
            self.stand_down(number)
        os.close(self._held)


def _last_write(place: Path) -> float:
    """Give when anything was last written to a copy. RocksDB deletes files while this looks: those are passed over."""
    newest = 0.0
    for file in place.iterdir():
        with contextlib.suppress(FileNotFoundError):
            newest = max(newest, file.stat().st_mtime)
    return newest
