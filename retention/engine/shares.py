"""Keeps what one partition contributes to a series, and turns what all contribute into the values of a period.

Rule: the levels at the start of a period are those at the start of the one before, and what that one changed. A base
that was stored for a period takes the place of that sum.

    period         1          2          3          4
    base           0                     7                    stored: period 2 is sealed
    changes       +3         +2         +1         −4
    at the start   0          3          7          8

Reason: an event that comes too late for a sealed period counts from the first unsealed one on: 3 and 2 make 5, but the
base is 7. Figures that were published for sealed periods stay as they are.
"""

from collections.abc import Iterator

from retention.engine.parts import carried, changed, flows, net, started
from retention.engine.sums import Base
from retention.errors import IdentityBroken
from retention.measures.base import NO_NUMBERS, Values, Vector, summed
from retention.periods import KIND_OF


class Share:
    """The contribution of one partition to one series."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.bases: dict[int, Base] = {}
        """The levels at the start of a period, by its number. The base of a sealed period no longer changes."""
        self.parts: dict[int, Vector] = {}

    def first(self, current: int) -> int:
        """Return the number of the first period with any data."""
        levels = [base.since for base in self.bases.values() if base.levels]
        return min([*self.parts, *levels], default=current)

    def lowest(self, current: int) -> int:
        """Return the number of the first period that any figure was ever published of."""
        return min([*self.parts, *self.bases], default=current)

    def known_since(self) -> int:
        """Return the number of the first period whose levels are all known.

        Earlier versions stored only the newest level of a series, which included what came too late for sealed periods.
        Now one is stored for each sealed period, and for the first one.
        """
        oldest = min(self.bases, default=-(10**6))
        return oldest if min(self.parts, default=oldest) < oldest else -(10**6)

    def levels(self, first: int, last: int) -> Iterator[tuple[Vector, Vector]]:
        """Yield, for each period, the levels at its start, and its sums.

        A base overrides the running sum: it includes what came too late for the sealed periods.
        """
        since = max((place for place in self.bases if place <= first), default=min([first, *self.parts]))
        levels: Vector = {}
        for index in range(since, last + 1):
            base = self.bases.get(index)
            if base is not None:
                levels = base.levels
            vector = self.parts.get(index, NO_NUMBERS)
            if index >= first:
                yield levels, vector
            if vector:
                levels = summed((levels, carried(self.kind, vector)))


def values_of(kind: str, levels: Vector, vector: Vector) -> Values:
    """Return the values of a period: the levels that the periods before it have left, and the sums of its own changes.

    Raises `IdentityBroken` if a level is below zero: levels count customers or what they have.
    """
    if KIND_OF[kind].trailing:
        total = summed((levels, vector))
        found = Values(started(total), changed(total), flows(total))
    else:
        found = Values(summed((levels, started(vector))), summed((levels, net(vector))), flows(vector))
    below = {**found.at_start, **found.at_end} if found.at_start != found.at_end else found.at_start
    for name in below:
        if found.start(name) < 0 or found.end(name) < 0:
            raise IdentityBroken(f"{name}: a level below zero: {found}")
    return found
