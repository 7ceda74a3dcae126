"""The copies on disk of one worker: of the partitions that it owns, and of those that it stands by for."""

from collections.abc import Collection

from streams.folder import Folder
from streams.local_state import MAX_AGE, Clock, LocalState


class Copies:
    """A folder with a copy for each partition of the changelog. `clock` gives seconds since 1970."""

    def __init__(self, folder: Folder, changelog: str, clock: Clock) -> None:
        self.folder, self.changelog, self.clock = folder, changelog, clock
        self.standing: dict[int, LocalState] = {}
        """Those that are open and belong to nobody here."""

    def open(self, number: int) -> LocalState:
        """Give the copy to the owner of a partition. One that stood by is handed over as it is."""
        return self.standing.pop(number, None) or LocalState(self.folder.open(number), self.clock)

    def stand_by(self, number: int) -> LocalState:
        """Open the copy of a partition that somebody else owns."""
        local = self.standing[number] = LocalState(self.folder.open(number), self.clock)
        return local

    def stand_down(self, number: int) -> None:
        """Close a copy that stood by."""
        local = self.standing.pop(number, None)
        if local is not None:
            local.close()

    def at_hand(self) -> list[int]:
        """Give the partitions of which there is a copy that can be gone on with."""
        fresh = {number for number, written in self.folder.written().items() if self.clock() - written <= MAX_AGE}
        return sorted(fresh | self.standing.keys())

    def drop_old(self, used: Collection[int]) -> None:
        """Delete copies that nobody uses and that are too old to go on with: there are people in them."""
        for number, written in self.folder.written().items():
            if number not in used and number not in self.standing and self.clock() - written > MAX_AGE:
                self.folder.delete(number)

    def close(self) -> None:
        """Close what stands by, and let the folder go."""
        for number in list(self.standing):
            self.stand_down(number)
        self.folder.close()
