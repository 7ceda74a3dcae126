"""What a partition keeps in its changelog besides its customers: its own record, its sums, who is forgotten."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from retention import partials
from retention.calendar import Instant
from retention.measures import MEASURES
from retention.measures.base import summed
from retention.parts import Key, Parts
from retention.portfolio import WATCHED, Portfolio
from retention.sources import Rhythm, Silence, Sources
from streams.errors import StateBehind

OWN_PREFIX: Final = b"\x00"
"""Of the keys of the partition's own records in the changelog; no customer id begins with a zero byte."""
OWN_KEY: Final = b"\x00partition"
SUMS_PREFIX: Final = b"\x00sums|"
"""Of the keys under which the partition's sums are kept there."""
RESIDUE_PREFIX: Final = b"\x00residue|"
"""Of those under which is kept what forgotten customers left in them."""


class RhythmRecord(msgspec.Struct, array_like=True):
    """How one source speaks: a bit for each quarter hour from `base` on, least first, and its silences."""

    source: str
    base: int
    bits: bytes
    silences: list[Silence]
    ahead: list[int] = []


class SourcesRecord(msgspec.Struct, array_like=True):
    """What is known of the sources, and whether everybody is still to be asked again because of them."""

    rhythms: list[RhythmRecord] = []
    quiet_until: Instant = 0
    relit: bool = False


class PartitionRecord(msgspec.Struct):
    """What a partition remembers besides its customers. Written last, so it vouches for what is before it."""

    version: int
    positions: dict[str, int]
    watermark: Instant
    watermarks: dict[str, Instant]
    """How far each lane has come: own ones, and those that others have told of."""
    promised: list[str] = []
    open_signals: list[tuple[str, str, int]] = []
    origins: dict[str, int] = {}
    """The last offset that was taken in of each place that sends records home."""
    figures: str = ""
    """Digest of the policy that the kept sums follow."""
    sources: SourcesRecord = msgspec.field(default_factory=SourcesRecord)
    log: str = ""
    """Which changelog this is in: drawn when it was begun, and anew when it was rebuilt."""
    scattered: list[str] = []
    """The topics whose records are sent home, so that those who read them are waited for."""
    outcomes: dict[str, dict[str, int]] = {}
    """How many records of each topic came to what, since the changelog was begun (`record_outcomes.py`)."""
    logs: dict[str, str] = {}
    """The ids of the topics that the positions are in: one that was created anew has another (`topic_ids.py`)."""
    without_effect: int | None = None
    """Requests to cancel that nothing has settled; None where an older version wrote it."""


def vouch(own: PartitionRecord | None, committed: Mapping[str, int | None], changelog: str) -> None:
    """Raise `StateBehind` where what a partition keeps cannot be the state that goes with the committed offsets."""
    known = own.positions if own is not None else {}
    behind = [lane for lane, offset in committed.items() if offset is not None and offset > known.get(lane, 0)]
    if behind:
        raise StateBehind(
            f"the changelog {changelog} is behind the committed offsets of {', '.join(behind)}: "
            "it was truncated or deleted. Nothing was changed. Stop all workers and run `backstay rebuild`, which "
            "makes the state anew from the input topics, or restore the changelog topic"
        )


def kept_sources(portfolio: Portfolio) -> SourcesRecord:
    """Give what is to be kept of a partition's sources."""
    sources = portfolio.sources
    rhythms = [
        RhythmRecord(name, rhythm.base, _bytes(rhythm.bits), rhythm.silences, sorted(rhythm.ahead))
        for name, rhythm in sorted(sources.rhythms.items())
    ]
    return SourcesRecord(rhythms, sources.quiet_until, sources.relit or portfolio.reviewing)


def _bytes(bits: int) -> bytes:
    return bits.to_bytes(-(-bits.bit_length() // 8), "little")


def sources_of(record: SourcesRecord) -> Sources:
    """Give the sources as they were kept."""
    sources = Sources(WATCHED)
    for kept in record.rhythms:
        if kept.source in sources.rhythms:
            bits = int.from_bytes(kept.bits, "little")
            sources.rhythms[kept.source] = Rhythm(kept.base, bits, kept.silences, kept.ahead)
    sources.quiet_until, sources.relit = record.quiet_until, record.relit
    return sources


class Residue:
    """What forgotten customers leave in the sums of a partition: no state has it any more, so it is kept.

    What is about a measure that only a newer build knows is carried unchanged, and not added.
    """

    def __init__(self) -> None:
        self.parts: Parts = {}
        self._fresh: set[Key] = set()
        self._carried: dict[bytes, bytes] = {}
        self._carries_fresh = False

    def add(self, left: Parts) -> None:
        """Add what one customer leaves."""
        for key, vector in left.items():
            self.parts[key] = summed([self.parts.get(key, {}), vector])
            self._fresh.add(key)

    def restore(self, values: Iterable[bytes]) -> None:
        """Put back what the changelog has of it."""
        known = {measure.name for measure in MEASURES}
        ours: list[bytes] = []
        for value in values:
            if partials.is_about(value, known):
                ours.append(value)
            else:
                self._carried[partials.key_of(value)] = value
        self.parts = partials.residue_of(ours)

    def freshen(self) -> None:
        """Have all of it written again."""
        self._fresh, self._carries_fresh = set(self.parts), True

    def detach(self, partition: int) -> list[tuple[bytes, bytes]]:
        """Return key and value of what is not written yet."""
        fresh, self._fresh = self._fresh, set()
        written = list(partials.residue({key: self.parts[key] for key in fresh}, partition))
        if self._carries_fresh:
            written += sorted(self._carried.items())
            self._carries_fresh = False
        return [(RESIDUE_PREFIX + key, value) for key, value in written]


def values_under(kept: Mapping[bytes, bytes], prefix: bytes) -> Iterator[bytes]:
    """Give the values whose keys begin so."""
    return (value for key, value in kept.items() if key.startswith(prefix) and value)
