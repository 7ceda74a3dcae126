"""The records of a partition in its changelog besides customers: its own, its sums, and the erased customers."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from retention.calendar import Instant
from retention.engine import partials
from retention.engine.partition_state import WATCHED, PartitionState
from retention.engine.parts import Key, Parts
from retention.engine.rounds import Turn
from retention.errors import UnknownVersion
from retention.liveness import Rhythm, Silence, Sources
from retention.measures import MEASURES
from retention.measures.base import summed
from streams.errors import StateBehind

VERSION: Final = 2
"""Of a partition's own record. From 2 on there are differences in its changelog, and its sources have a key of their
own: `sources` is null then, which ends a build that knows version 1 alone: it would take bases for states."""
PACKED_VERSION: Final = 3
"""Of a compressed record. A build that knows version 2 alone names it, and ends."""
OWN_PREFIX: Final = b"\x00"
"""Prefix of the keys of the partition's own records in the changelog; no customer id begins with a zero byte."""
OWN_KEY: Final = b"\x00partition"
SUMS_PREFIX: Final = b"\x00sums|"
"""Prefix of the keys of the partition's sums."""
SOURCES_KEY: Final = b"\x00sources"
"""The key of the sources, which change once a quarter of an hour: written when they have changed."""
DIFFERENCE_PREFIX: Final = b"\x00delta|"
"""Prefix of the keys of differences (`differences.py`); the key that follows is that of the base."""
RESIDUE_PREFIX: Final = b"\x00residue|"
"""Prefix of the keys of what erased customers left in the sums."""


class RhythmRecord(msgspec.Struct, array_like=True):
    """The rhythm of one source: a bit for each quarter hour from `base` on, lowest first, and its silences."""

    source: str
    base: int
    bits: bytes
    silences: list[Silence]
    ahead: list[int] = []


class SourcesRecord(msgspec.Struct, array_like=True):
    """The state of the sources, and whether all customers have still to be checked again because of them."""

    rhythms: list[RhythmRecord] = []
    quiet_until: Instant = 0
    recovered: bool = False


class PartitionRecord(msgspec.Struct):
    """The own record of a partition. It is written last, so it confirms the records before it."""

    version: int
    positions: dict[str, int]
    watermark: Instant
    watermarks: dict[str, Instant]
    """The watermark of each lane: own ones, and those that other partitions have sent."""
    promised: list[str] = []
    open_signals: list[tuple[str, str, int]] = []
    origins: dict[str, int] = {}
    """The last offset received from each origin of records that were sent home."""
    figures: str = ""
    """Digest of the policy that the stored sums follow."""
    sources: SourcesRecord | None = None
    """The sources, where there are no differences: before version 2, and without transactions."""
    log: str = ""
    """The id of this changelog: drawn when it was begun, and again when it was rebuilt."""
    scattered: list[str] = []
    """The topics whose records are sent home: the watermark waits for the partitions that read them."""
    outcomes: dict[str, dict[str, int]] = {}
    """Number of records by topic and outcome, since the changelog was begun (`record_outcomes.py`)."""
    logs: dict[str, str] = {}
    """The ids of the topics that the positions belong to: a topic that is created again has a new one
    (`topic_ids.py`)."""
    without_effect: int | None = None
    """Cancellation requests that never took effect; None if an older version wrote this."""
    cards: Turn = msgspec.field(default_factory=Turn)
    """How far the daily cards of customers at risk are written."""
    words: int = 0
    """The number of the last word about merges that was sent from here (`merging.py`)."""
    heard: dict[str, int] = {}
    """The number of the last word that was heard from each partition."""
    rebuilt_to: int = 0
    """The offset of `rekeyed` up to which a rebuild has applied what comes with merges."""
    has_news: bool = False
    """Whether all customers have still to be checked again because of facts of the company."""
    silent: dict[str, Instant] = {}
    """The sources that are silent at the watermark, and since when: for who looks on, as the sources themselves stand
    under a key of their own."""


class _Stored(msgspec.Struct):
    """The form in which a partition's own record is stored."""

    version: int
    packed: bytes = b""
    """The record, compressed; empty if it is stored as it is."""


def written_own(own: PartitionRecord) -> bytes:
    """Return the value of a partition's own record.

    It is written with each commit, and names each topic up to four times, so it is compressed. Where there are no
    differences it stays as it is, so that an earlier build can read it.
    """
    value = msgspec.msgpack.encode(own)
    if own.sources is not None:
        return value
    return msgspec.msgpack.encode(_Stored(PACKED_VERSION, zlib.compress(value, 1)))


def read_own(value: bytes) -> PartitionRecord:
    """Return the own record of a partition; raise `UnknownVersion` if a newer program wrote it."""
    stored = msgspec.msgpack.decode(value, type=_Stored)
    if stored.version > PACKED_VERSION:
        raise UnknownVersion(
            f"a partition's own record of version {stored.version}; this program knows {PACKED_VERSION}"
        )
    return msgspec.msgpack.decode(zlib.decompress(stored.packed) if stored.packed else value, type=PartitionRecord)


def read_sources(own: PartitionRecord, value: bytes | None) -> SourcesRecord:
    """Return the sources of a partition, whose own record may be of version 1; `value` is what stands by their key."""
    if own.sources is not None:
        return own.sources
    return msgspec.msgpack.decode(value, type=SourcesRecord) if value else SourcesRecord()


def vouch(own: PartitionRecord | None, committed: Mapping[str, int | None], changelog: str) -> None:
    """Raise `StateBehind` if the stored state cannot be the one that belongs to the committed offsets."""
    known = own.positions if own is not None else {}
    behind = [lane for lane, offset in committed.items() if offset is not None and offset > known.get(lane, 0)]
    if behind:
        raise StateBehind(
            f"the changelog {changelog} is behind the committed offsets of {', '.join(behind)}: "
            "it was truncated or deleted. Nothing was changed. Stop all workers and run `backstay rebuild`, which "
            "rebuilds the state from the input topics, or restore the changelog topic"
        )


def stored_sources(partition_state: PartitionState) -> SourcesRecord:
    """Return what is to be stored of a partition's sources."""
    sources = partition_state.sources
    rhythms = [
        RhythmRecord(name, rhythm.base, _bytes(rhythm.bits), rhythm.silences, sorted(rhythm.ahead))
        for name, rhythm in sorted(sources.rhythms.items())
    ]
    return SourcesRecord(rhythms, sources.quiet_until, sources.recovered or partition_state.reviewing)


def _bytes(bits: int) -> bytes:
    return bits.to_bytes(-(-bits.bit_length() // 8), "little")


def sources_of(record: SourcesRecord) -> Sources:
    """Return the sources from their stored form."""
    sources = Sources(WATCHED)
    for kept in record.rhythms:
        if kept.source in sources.rhythms:
            bits = int.from_bytes(kept.bits, "little")
            sources.rhythms[kept.source] = Rhythm(kept.base, bits, kept.silences, kept.ahead)
    sources.quiet_until, sources.recovered = record.quiet_until, record.recovered
    return sources


class Residue:
    """The share of some customers in the sums of a partition that no state holds: so it is stored here.

    Of erased ones; and of ones that moved, which have left theirs here, or brought it into a state of this partition.

    Parts of a measure that only a newer build knows are carried unchanged, and not added.
    """

    def __init__(self, prefix: bytes = RESIDUE_PREFIX) -> None:
        self.prefix = prefix
        self.parts: Parts = {}
        self._fresh: set[Key] = set()
        self._carried: dict[bytes, bytes] = {}
        self._carries_fresh = False

    def add(self, left: Parts) -> None:
        """Add what one customer left."""
        for key, vector in left.items():
            self.parts[key] = summed([self.parts.get(key, {}), vector])
            self._fresh.add(key)

    def restore(self, values: Iterable[bytes]) -> None:
        """Restore the residue from the changelog."""
        known = {measure.name for measure in MEASURES}
        ours: list[bytes] = []
        for value in values:
            if partials.is_about(value, known):
                ours.append(value)
            else:
                self._carried[partials.key_of(value)] = value
        self.parts = partials.residue_of(ours)

    def freshen(self) -> None:
        """Mark the whole residue to be written again."""
        self._fresh, self._carries_fresh = set(self.parts), True

    def detach(self, partition: int) -> list[tuple[bytes, bytes]]:
        """Return keys and values that are not written yet."""
        fresh, self._fresh = self._fresh, set()
        written = list(partials.residue({key: self.parts[key] for key in fresh}, partition))
        if self._carries_fresh:
            written += sorted(self._carried.items())
            self._carries_fresh = False
        return [(self.prefix + key, value) for key, value in written]


def values_under(kept: Mapping[bytes, bytes], prefix: bytes) -> Iterator[bytes]:
    """Yield the values whose keys have a prefix."""
    return (value for key, value in kept.items() if key.startswith(prefix) and value)
