"""The copies on disk of one worker: of the partitions that it owns, and of those that it stands by for."""

from collections.abc import Collection

from streams.folder import Folder
from streams.local_state import MAX_AGE, Clock, LocalState


class Copies:
    """A folder with a copy for each partition of the changelog. `clock` returns seconds since 1970."""

    def __init__(self, folder: Folder, changelog: str, clock: Clock) -> None:
        self.folder, self.changelog, self.clock = folder, changelog, clock
        self.standing: dict[int, LocalState] = {}
        """The open copies of partitions that this worker does not own."""

    def open(self, number: int) -> LocalState:
        """Return the copy for the owner of a partition. A standby is handed over as it is."""
        return self.standing.pop(number, None) or LocalState(self.folder.open(number), self.clock)

    def stand_by(self, number: int) -> LocalState:
        """Open the copy of a partition that another worker owns."""
        local = self.standing[number] = LocalState(self.folder.open(number), self.clock)
        return local

    def stand_down(self, number: int) -> None:
        """Close a standby."""
        local = self.standing.pop(number, None)
        if local is not None:
            local.close()

    def at_hand(self) -> list[int]:
        """Return the partitions whose copies can be used."""
        fresh = {number for number, written in self.folder.written().items() if self.clock() - written <= MAX_AGE}
        return sorted(fresh | self.standing.keys())

    def drop_old(self, used: Collection[int]) -> None:
        """Delete copies that are unused and too old to continue from: they hold personal data."""
        for number, written in self.folder.written().items():
            if number not in used and number not in self.standing and self.clock() - written > MAX_AGE:
                self.folder.delete(number)

    def close(self) -> None:
        """Close the standbys, and release the folder."""
        for number in list(self.standing):
            self.stand_down(number)
        self.folder.close()
