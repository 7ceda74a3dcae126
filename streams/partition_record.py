"""What a partition keeps in its changelog besides its customers: its own record, its sums, who is forgotten."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from retention import partials
from retention.calendar import Instant
from retention.components import Key, Parts, summed

OWN_PREFIX: Final = b"\x00"
"""Of the keys of the partition's own records in the changelog; no customer id begins with a zero byte."""
OWN_KEY: Final = b"\x00partition"
SUMS_PREFIX: Final = b"\x00sums|"
"""Of the keys under which the partition's sums are kept there."""
RESIDUE_PREFIX: Final = b"\x00residue|"
"""Of those under which is kept what forgotten customers left in them."""


class PartitionRecord(msgspec.Struct):
    """What a partition remembers besides its customers. Written last, so it vouches for what is before it."""

    version: int
    positions: dict[str, int]
    watermark: Instant
    watermarks: dict[str, Instant]
    promised: list[str] = []
    open_signals: list[tuple[str, str, int]] = []
    origins: dict[str, int] = {}
    """The last offset that was taken in of each place that sends records home."""
    figures: str = ""
    """Digest of the policy that the kept sums follow."""


class Residue:
    """What forgotten customers leave in the sums of a partition: no state has it any more, so it is kept."""

    def __init__(self) -> None:
        self.parts: Parts = {}
        self._fresh: set[Key] = set()

    def add(self, left: Parts) -> None:
        """Add what one customer leaves."""
        for key, vector in left.items():
            self.parts[key] = summed([self.parts.get(key, {}), vector])
            self._fresh.add(key)

    def restore(self, values: Iterable[bytes]) -> None:
        """Put back what the changelog has of it."""
        self.parts = partials.residue_of(values)

    def freshen(self) -> None:
        """Have all of it written again."""
        self._fresh = set(self.parts)

    def detach(self, partition: int) -> list[tuple[bytes, bytes]]:
        """Give key and value of what is not written yet."""
        fresh, self._fresh = self._fresh, set()
        written = partials.residue({key: self.parts[key] for key in fresh}, partition)
        return [(RESIDUE_PREFIX + key, value) for key, value in written]


def values_under(kept: Mapping[bytes, bytes], prefix: bytes) -> Iterator[bytes]:
    """Give the values whose keys begin so."""
    return (value for key, value in kept.items() if key.startswith(prefix) and value)
