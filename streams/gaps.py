"""Gaps: records that a topic no longer has, and that were not read. A worker stops before one, and skips nothing.

`backstay accept-gap` continues behind the gap: the state is kept, and the missing records are counted.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
from aiokafka import TopicPartition

from retention.engine import partials
from streams.broker import Broker
from streams.errors import LogGap, WorkersRunning
from streams.last_commits import last_commit
from streams.partition_record import OWN_KEY, SUMS_PREFIX, PartitionRecord, written_own
from streams.record_outcomes import MISSING, REPLACED
from streams.source_lanes import lane_name, lanes_of, origin_of
from streams.topics import CHANGELOG, PARTIALS

WAY_OUT: Final = (
    "Nothing was changed. If the records can be brought back, do that first. Else stop all workers and run `backstay "
    "accept-gap`: it continues behind the gap, keeps the state, and counts the missing records"
)


class Gap(NamedTuple):
    """A range of records that one partition no longer has, and that was to be read next.

    `begin` and `end` are the bounds of the partition now. It is `replaced` if the topic was deleted and created again.
    """

    where: TopicPartition
    position: int
    begin: int
    end: int
    replaced: bool

    @property
    def goes_on(self) -> int:
        """Return the offset to continue from."""
        return self.begin if self.replaced else min(max(self.position, self.begin), self.end)

    @property
    def missing(self) -> int:
        """Return the number of missing offsets, as far as it is known."""
        return max(0, self.begin - self.position) if not self.replaced else 0

    def __str__(self) -> str:
        """Name topic, partition and range."""
        name = f"{self.where.topic}-{self.where.partition}"
        if self.replaced:
            return (
                f"{name}: the topic was deleted and created again. Records of the old one from offset "
                f"{self.position} on were not read and are lost; the new one has offsets {self.begin} to {self.end}"
            )
        if self.position > self.end:
            return (
                f"{name}: the log ends at offset {self.end}, but it was read up to {self.position}: it was "
                "truncated, and records written since may be missing"
            )
        return (
            f"{name}: offsets {self.position} to {self.begin - 1}, {self.missing:,} in all, were deleted before "
            "they were read: the retention of the topic is shorter than they waited"
        )


def gap_at(where: TopicPartition, position: int, begin: int, end: int, *, replaced: bool | None) -> Gap | None:
    """Return the gap before what is read next, if there is one.

    `replaced` is whether the topic was deleted and created again; if that is unknown (None), one that ends before the
    position counts as replaced.

    >>> tp = TopicPartition("logins", 0)
    >>> gap_at(tp, 5, 0, 9, replaced=None), gap_at(tp, 5, 7, 9, replaced=False).missing
    (None, 2)
    >>> gap_at(tp, 5, 0, 3, replaced=None).goes_on, gap_at(tp, 5, 0, 3, replaced=False).goes_on
    (0, 3)
    >>> gap_at(tp, 5, 0, 9, replaced=True).goes_on
    0
    """
    another = replaced if replaced is not None else position > end
    if another or position < begin or position > end:
        return Gap(where, position, begin, end, another)
    return None


def refusal(gaps: list[Gap]) -> LogGap:
    """Return the error that names gaps, and the remedy."""
    return LogGap(f"{'; '.join(map(str, gaps))}. {WAY_OUT}")


async def gaps_at(
    broker: Broker,
    positions: Mapping[TopicPartition, int],
    known: Mapping[str, str],
    ids: Mapping[str, str],
    *,
    exact_ends: bool,
) -> list[Gap]:
    """Return the gaps before positions. `known` are the ids of the topics that were read, `ids` the present ones.

    Without `exact_ends`, the end of a log is ignored: the embedded broker answers with the start of a batch.
    """
    begins, ends = await broker.bounds(list(positions)) if positions else ({}, {})
    found = []
    for tp, position in sorted(positions.items()):
        replaced = ids[tp.topic] != known[tp.topic] if tp.topic in ids and tp.topic in known else None
        end = ends[tp] if exact_ends else max(ends[tp], position)
        gap = gap_at(tp, position, begins[tp], end, replaced=replaced)
        if gap is not None:
            found.append(gap)
    return found


class Stand(NamedTuple):
    """The state of all numbers: the own record of each, the gaps before it, and those of the figures."""

    own: dict[int, PartitionRecord]
    gaps: dict[int, list[Gap]]
    figures: list[Gap]
    ids: dict[str, str]
    committed: dict[int, dict[str, int | None]]
    """Committed offsets of the group, by number and lane."""

    def all(self) -> list[Gap]:
        """Return every gap."""
        return [*(gap for gaps in self.gaps.values() for gap in gaps), *self.figures]


async def require_no_workers(broker: Broker) -> None:
    """Raise `WorkersRunning` while there are workers: both would write."""
    group = broker.settings.kafka.group
    members = sum([await broker.members(name) for name in (group, f"{group}-figures")])
    if members:
        raise WorkersRunning(f"workers of the group {group!r} are running: stop them all, then try again")


async def look(broker: Broker) -> Stand:
    """Find the gaps. Positions are read before the bounds of topics, so workers may run meanwhile."""
    group = broker.settings.kafka.group
    numbers, exact = await broker.partitions(), await broker.has_transactions()
    widths = await broker.widths()
    names = {broker.topic(topic): widths[broker.topic(topic)] for topic in broker.consumed}
    ids = await broker.topic_ids([*names, broker.topic(PARTIALS)])
    stand = Stand({}, {}, [], ids, {})
    done = await broker.committed(group)  # before the records that confirm it: workers may run meanwhile
    for number in range(numbers):
        stand.committed[number] = {lane: done.get(tp) for lane, tp in lanes_of(names, number, numbers).items()}
        own = await last_commit(broker, number)
        if own is None:
            continue
        lanes = lanes_of(names, number, numbers)
        positions = {tp: own.positions[lane] for lane, tp in lanes.items() if lane in own.positions}
        stand.own[number] = own
        stand.gaps[number] = await gaps_at(broker, positions, own.logs, ids, exact_ends=exact)
    committed = await broker.committed(f"{group}-figures")
    stand.figures.extend(await gaps_at(broker, committed, {}, {}, exact_ends=exact))
    return stand


async def accept(broker: Broker, stand: Stand) -> None:
    """Continue every number behind its gaps, and add the figures up again if their sums are missing."""
    families = {broker.topic(topic): topic.name for topic in reversed(broker.consumed)}
    replaced = {
        origin_of(families[gap.where.topic], gap.where.partition)
        for gaps in stand.gaps.values()
        for gap in gaps
        if gap.replaced
    }
    transactions = await broker.has_transactions()
    group = broker.settings.kafka.group
    for number, own in stand.own.items():
        gaps = stand.gaps[number]
        if gaps or replaced & own.origins.keys():
            value = written_own(_behind(own, number, gaps, families, replaced, stand.ids))
            records = [(broker.topic(CHANGELOG), OWN_KEY, value, number)]
            offsets = {gap.where: gap.goes_on for gap in gaps}
            await _write(broker, f"{group}-{number}", group, records, offsets, transactions=transactions)
    if stand.figures:
        records = [record for number, own in stand.own.items() for record in await _sums(broker, number, own)]
        offsets = {gap.where: gap.begin for gap in stand.figures}
        figures = f"{group}-figures"
        await _write(broker, f"{figures}-0", figures, records, offsets, transactions=transactions)


def _behind(
    own: PartitionRecord,
    number: int,
    gaps: list[Gap],
    families: Mapping[str, str],
    replaced: set[str],
    ids: Mapping[str, str],
) -> PartitionRecord:
    """Return the own record of a number as it is behind its gaps."""
    positions = own.positions | {lane_name(gap.where.topic, gap.where.partition, number): gap.goes_on for gap in gaps}
    outcomes = {topic: dict(counts) for topic, counts in own.outcomes.items()}
    for gap in gaps:
        counts = outcomes.setdefault(families[gap.where.topic], {})
        outcome, more = (MISSING, gap.missing) if gap.missing else (REPLACED, 1)
        counts[outcome] = counts.get(outcome, 0) + more
    # A replaced topic counts its offsets from 0: by the old ones, records sent home from it would look like repeats.
    origins = {origin: offset for origin, offset in own.origins.items() if origin not in replaced}
    logs = own.logs | {topic: ident for topic, ident in ids.items() if topic in families}
    return msgspec.structs.replace(own, positions=positions, outcomes=outcomes, origins=origins, logs=logs)


async def _sums(broker: Broker, number: int, own: PartitionRecord) -> list[tuple[str, bytes, bytes, int]]:
    """Return all sums that a number has sent to the figures, from its changelog."""
    kept: dict[bytes, bytes | None] = {}
    async for records in broker.read(broker.topic(CHANGELOG), number):
        kept |= {record.key: record.value for record in records if record.key.startswith(SUMS_PREFIX)}
    told = [(key.removeprefix(SUMS_PREFIX), value) for key, value in kept.items() if value is not None]
    told.append(partials.watermark(number, own.watermark, sum(own.positions.values())))
    return [(broker.topic(PARTIALS), key, value, 0) for key, value in told]


async def _write(
    broker: Broker,
    ident: str,
    group: str,
    records: list[tuple[str, bytes, bytes, int]],
    offsets: dict[TopicPartition, int],
    *,
    transactions: bool,
) -> None:
    """Write records and committed offsets, in one transaction if there are transactions."""
    producer = broker.producer("accept-gap", **({"transactional_id": ident} if transactions else {}))
    await producer.start()
    try:
        if transactions:
            await producer.begin_transaction()
        for topic, key, value, partition in records:
            await producer.send_and_wait(topic, value, key, partition)
        if transactions:
            await producer.send_offsets_to_transaction(offsets, group)
            await producer.commit_transaction()
    finally:
        await producer.stop()
    if not transactions:
        await _commit(broker, group, offsets)


async def _commit(broker: Broker, group: str, offsets: dict[TopicPartition, int]) -> None:
    consumer = broker.consumer("accept-gap", group_id=group)
    await consumer.start()
    try:
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    finally:
        await consumer.stop()
