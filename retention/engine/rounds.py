"""Goes through all customers once a day, in slices, in an order that a restart finds again.

    digest of the id    00 …      1f …      7a …      c3 …      ff …
    before a restart    looked at ─────────► `behind`
    after it                                 ├──────────────────────►    those before it are left out

Rule: customers go in the order of the digests of their ids. How far the turn has come is stored with each commit, so
no customer is left out, or looked at twice for one midnight, whatever was restarted.

Reason: to sort a million ids at once would hold up a worker for a second. They are put into 256 heaps by the first byte
of the digest, some thousand with each call, and a heap is sorted when its turn comes.
"""

from collections.abc import Iterable
from typing import Final

from retention.calendar import Instant
from retention.identity import digest
from retention.structs import Kept

_HEAPS: Final = 256


class Turn(Kept):
    """The daily cards: the last midnight of which all are written, the one under way, and how far that has come.

    Customers go in the order of the digests of their ids; `behind` is the last one that was looked at. `waiting` is how
    many cards of changes wait.
    """

    done: Instant = 0
    under_way: Instant = 0
    behind: bytes = b""
    waiting: int = 0
    model: str = ""
    """The digest of the fitted model by which the cards of the last midnight were written; empty without one."""


class Round:
    """Customers in the order of the digests of their ids, sorted in parts: a million at once would take a second."""

    def __init__(self, names: Iterable[str], behind: bytes) -> None:
        self._names, self._behind = list(names), behind
        self._heaps: list[list[tuple[bytes, str]]] = [[] for _ in range(_HEAPS)]
        self._place = 0
        self._sorted: list[tuple[bytes, str]] = []
        """Those of one heap, the last one first."""

    def gather(self, limit: int) -> bool:
        """Add so many more customers to the heap of their digest; report whether all are."""
        for _ in range(min(limit, len(self._names))):
            name = self._names.pop()
            key = digest(name)
            if key > self._behind:
                self._heaps[key[0]].append((key, name))
        return not self._names

    def next(self) -> tuple[bytes, str] | None:
        """Return the next customer, with the digest; None if there is none."""
        while not self._sorted and self._place < _HEAPS:
            self._sorted = sorted(self._heaps[self._place], reverse=True)
            self._heaps[self._place] = []
            self._place += 1
        return self._sorted.pop() if self._sorted else None
