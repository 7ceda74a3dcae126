"""Writes the sums of a partition as records for the aggregator, and reads them: parts, bases and watermarks, as bytes.

    key                                              value
    part|subscription|EUR|month|all|all|24288|3      what partition 3 has of January 2024: {"+active": 1, "+mrr": 10, …}
    base|subscription|EUR|month|all|all|24280|3      the levels at the start of its oldest unsealed month
    watermark|3                                      how far its event time has come

Rule: a record is absolute, and takes the place of the one before under its key: to read one twice changes nothing. The
watermark comes last in a commit, and with it the others of that commit count (`editions.py`).

Reason: the topic is compacted, and a reader may see half of a commit. The same records, without their causes, restore
the sums of a restarted partition. Records of all older builds are read: their numbers and names are upgraded.
"""

from collections.abc import Container, Iterable, Iterator
from fractions import Fraction
from typing import Final, Literal

import msgspec

from retention.calendar import Instant
from retention.engine.editions import Books
from retention.engine.parts import Parts, Series
from retention.engine.rates import FIELD, RATES, RatesTold
from retention.engine.sums import Base, Sums
from retention.measures.base import Number, Vector, add
from retention.money import LARGEST

_Series = tuple[str, str | None, str, str, str]
"""A `Series` on the wire."""


class _Partial(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One record of `metric-partials`. Numbers that are not whole, or very large, are written `n/d`."""

    partition: int
    kind: Literal["part", "base", "watermark"]
    version: int = 0
    watermark: Instant = 0
    series: _Series | None = None
    index: int = 0
    values: dict[str, int | str] = {}
    causes: list[str] = []
    reason: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Partial).decode


def changes(sums: Sums, partition: int, version: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of the sums that changed since the last call, and mark them as sent.

    The same records tell the aggregator what changed, and (`without_causes`) give a restarted partition its sums back.
    """
    for (series, since), level in sorted(sums.unsent_levels.items(), key=str):
        values = {name: _written(number) for name, number in sorted(level.levels.items())}
        partial = _Partial(partition=partition, kind="base", version=version, series=series, index=since, values=values)
        yield _key(partition, "base", series, since), _encode(partial)
    pending = {**sums.sealed_unsent, **{key: sums.parts[key] for key in sums.changed}}
    for (series, index), vector in sorted(pending.items(), key=str):
        values = {name: _written(number) for name, number in sorted(vector.items())}
        causes = sums.causes.get((series, index), [])
        partial = _Partial(
            partition=partition,
            kind="part",
            version=version,
            series=series,
            index=index,
            values=values,
            causes=causes,
            reason=sums.reasons.get((series, index), "") if sums.reasons else "",
        )
        yield _key(partition, "part", series, index), _encode(partial)
    sums.changed.clear()
    sums.sealed_unsent.clear()
    sums.unsent_levels.clear()
    sums.causes.clear()
    sums.reasons.clear()


def rates(told: RatesTold, partition: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of the exchange rates that were not sent yet, as parts of a series of their own."""
    for (base, quote, day), rate, cause in told.news():
        series = Series(RATES, None, "day", base, quote)
        values = {FIELD: _written(rate)}
        partial = _Partial(partition=partition, kind="part", series=series, index=day, values=values, causes=[cause])
        yield _key(partition, "part", series, day), _encode(partial)


def restore_rates(told: RatesTold, values: Iterable[bytes]) -> None:
    """Restore which rates were sent."""
    read = ((partial.series, partial) for partial in map(_decode, values) if partial.series is not None)
    told.restore(
        ((series[3], series[4], partial.index), Fraction(_read(partial.values[FIELD])))
        for series, partial in read
        if series[0] == RATES
    )


def without_causes(value: bytes) -> bytes:
    """Return sums as the partition stores them: without the events that caused them."""
    partial = _decode(value)
    return value if not partial.causes else _encode(msgspec.structs.replace(partial, causes=[], reason=""))


def residue(parts: Parts, partition: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of what erased customers leave in the sums, as no state has it any more."""
    for (series, index), vector in sorted(parts.items(), key=str):
        values = {name: _written(number) for name, number in sorted(vector.items())}
        partial = _Partial(partition=partition, kind="part", series=series, index=index, values=values)
        yield _key(partition, "part", series, index), _encode(partial)


def residue_of(values: Iterable[bytes]) -> Parts:
    """Return the parts from what `residue` yielded."""
    read = map(_decode, values)
    return {(Series(*p.series), p.index): _vector_of(p) for p in read if p.series is not None}


def is_about(value: bytes, measures: Container[str]) -> bool:
    """Report whether a record is about one of these measures: those that only a newer program knows are skipped."""
    series = _decode(value).series
    return series is not None and series[0] in measures


def key_of(value: bytes) -> bytes:
    """Return the key of a part, as `residue` yielded it."""
    partial = _decode(value)
    return _key(partial.partition, partial.kind, Series(*partial.series), partial.index) if partial.series else b""


def restore(sums: Sums, values: Iterable[bytes]) -> None:
    """Restore the sums from the newest record of each key. The level that counts is that of the last period.

    An older version wrote all levels of a series under one key, which comes before the keys of this one.
    """
    levels: dict[Series, Base] = {}
    parts: Parts = {}
    for partial in map(_decode, values):
        if partial.series is not None and partial.kind == "base":
            series, base = Series(*partial.series), _base_of(partial)
            if series not in levels or base.since >= levels[series].since:
                levels[series] = base
        elif partial.series is not None:
            parts[Series(*partial.series), partial.index] = _vector_of(partial)
    sums.put_back(levels, parts)


def replace_kept(sums: Sums, values: Iterable[bytes]) -> None:
    """Mark sums to be sent as nothing that were sent under other settings, and that these settings do not have.

    Others of the same series and period take their place anyway. Periods that are sealed stay as they were sent.
    """
    for partial in map(_decode, values):
        if partial.series is not None:
            sums.replace_sent(Series(*partial.series), partial.index if partial.kind == "part" else None)


def watermark(partition: int, at: Instant, version: int) -> tuple[bytes, bytes]:
    """Return the key and value of a partition's watermark."""
    partial = _Partial(partition=partition, kind="watermark", watermark=at, version=version)
    return f"watermark|{partition}".encode(), _encode(partial)


def watermark_of(value: bytes) -> tuple[int, Instant] | None:
    """Return partition and watermark of a record with one; None for any other."""
    partial = _decode(value)
    return (partial.partition, partial.watermark) if partial.kind == "watermark" else None


def partition_of(value: bytes) -> int:
    """Return the partition that sent a record."""
    return _decode(value).partition


def take(books: Books, value: bytes) -> None:
    """Add one record to the books. Each is absolute, so that repeating one changes nothing."""
    partial = _decode(value)
    if partial.series is None:
        books.take_watermark(partial.partition, partial.watermark)
        return
    series = Series(*partial.series)
    if partial.kind == "base":
        books.take_base(partial.partition, series, _base_of(partial))
        return
    books.take_part(partial.partition, (series, partial.index), _vector_of(partial), partial.causes, partial.reason)


def _base_of(partial: _Partial) -> Base:
    numbers = ((name, _read(value)) for name, value in partial.values.items())
    return Base(partial.index, {name: number for name, number in numbers if number})


def _vector_of(partial: _Partial) -> Vector:
    found = {field: _read(value) for field, value in partial.values.items()}
    return (
        _upgraded(found)
        if partial.series is not None and (partial.series[0], partial.series[2]) in _BEFORE_4
        else found
    )


_BEFORE_4: Final = frozenset((name, kind) for name in ("subscription", "purchase") for kind in ("month", "quarter"))
"""The measures of sums of before version 4, and the kinds of their periods."""
_RENAMED: Final = {"shift": ">active", "mrr_shift": ">mrr"}
_MOVED: Final = tuple(
    [(f"period_{kind}", 1) for kind in ("new", "reactivation", "resume", "expansion")]
    + [(f"period_{kind}", -1) for kind in ("contraction", "churn", "pause")]
)
"""The movements that those builds knew, and whether they raise MRR. What was written is never written otherwise."""


def _upgraded(vector: Vector) -> Vector:
    """Return sums with the net change of each level, which versions before 4 did not write.

    They had two levels, and both follow from the changes in the period. If the sums contain them, the result is the
    same.
    """
    found = {_RENAMED.get(field, field): number for field, number in vector.items()}
    if "+active" not in found:
        for field, sign in (("new", 1), ("returned", 1), ("lost", -1)):
            add(found, "+active", sign * vector.get(field, 0))
    if "+mrr" not in found:
        for field, sign in _MOVED:
            add(found, "+mrr", sign * vector.get(field, 0))
    return found


def _key(partition: int, kind: str, series: Series, index: int) -> bytes:
    return "|".join(map(str, (kind, *series, index, partition))).encode()


def _written(number: Number) -> int | str:
    whole = number.denominator == 1 and -LARGEST <= number <= LARGEST
    return int(number) if whole else f"{number.numerator}/{number.denominator}"


def _read(value: int | str) -> Number:
    return value if isinstance(value, int) else Fraction(value)
