"""Rebuild the state from the input topics, after the changelog was lost. No worker may run meanwhile.

    input topics     |── records ──────────────────────────────| committed offset |── unread ──►
    rebuild          applied in backlog order, nothing is sent  └ stops here
    worker after it                                               begins here, and sends outputs again

Rule: the same processor as in a worker applies the same records, up to the committed offsets, and only states and sums
are written. Customers that were erased stay erased: their ids are read first.

Reason: signals and figures of those records were sent before; sent again, subscribers would act on them twice.
"""

import heapq
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast
from uuid import uuid4

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from agents.record import Record
from agents.rekeyed import MERGED_KEY, NEWS_KEY, as_it_stood, take_home
from retention.calendar import LAST, Instant
from retention.engine import partials
from retention.engine.partials import watermark_of
from retention.merging import Merge, Merges
from schemas.base import Event
from schemas.customers import CUSTOMERS, CustomerMerged
from schemas.outbound import CustomerErased
from streams.backlog_order import STEP
from streams.broker import Broker
from streams.clock import latest, now_of
from streams.errors import InputsGone, WorkersRunning
from streams.forgetting import of_receipt
from streams.listener import Listener
from streams.merging import everywhere, merge_in
from streams.misplaced import MisplacedFinder, MisplacedRecords
from streams.outbox import kind_of
from streams.outgoing import Outgoing
from streams.partition_processor import PartitionProcessor
from streams.partition_record import DIFFERENCE_PREFIX, OWN_KEY, OWN_PREFIX, VERSION, PartitionRecord, written_own
from streams.readers import readings_of
from streams.source_lanes import lane_name, lanes_of, narrow_among, origin_of
from streams.topics import AUDIT, CHANGELOG, PARTIALS, PRIVACY, REKEYED

Progress = Callable[[int, int], None]

WRITE: Final = 50_000
"""Records in one transaction."""


@dataclass
class Known:
    """The remains of the former state: offsets, watermarks, and the partition records (`PartitionRecord`).

    `committed` has, for each partition number, the committed offset of each of its lanes. `own` has the records that a
    partition keeps about itself: among them the erased customers and what they left in closed figures.
    """

    committed: dict[int, dict[TopicPartition, int]]
    watermarks: dict[int, Instant] = field(default_factory=dict)
    own: dict[int, dict[bytes, bytes]] = field(default_factory=dict)
    sums: dict[bytes, bytes] = field(default_factory=dict)
    """The sums as they were last sent."""


async def rebuild(
    broker: Broker,
    progress: Progress = lambda _done, _of: None,
    *,
    partial: bool = False,
    forgotten_may_return: bool = False,
) -> int:
    """Rebuild the state of every partition; return the number of customers.

    Raises `WorkersRunning` while the group has members, and `InputsGone` if the input topics do not hold everything
    that was read. With `partial`, what is left is enough, unless that is nothing: older customers, orders and
    subscriptions are then missing from the figures. Erased customers stay erased. Where no topic says any more which
    customers those are, `InputsGone` is raised unless `forgotten_may_return` is set.
    """
    widths = await broker.widths()
    if not widths[broker.topic(CHANGELOG)]:
        await broker.recreate(CHANGELOG, widths[broker.topic(REKEYED)])
    partitions, transactions = await broker.partitions(), await broker.has_transactions()
    await _require_no_workers(broker)
    of_families = await broker.input_widths()
    known = await _known(broker, partitions, of_families)
    cut = await _cut(broker, known, transactions=transactions)
    if cut and not partial:
        raise InputsGone(
            f"the oldest records of {', '.join(cut)} are gone, so the state cannot be rebuilt completely. Restore the "
            "changelog from a backup, or run again with --partial: states and figures then lack what those records held"
        )
    customers = 0
    merges, ends = await _merges(broker, known), await _ends_of_rekeyed(broker, partitions)
    with MisplacedRecords(partitions) as misplaced:
        narrow = narrow_among(of_families, partitions)
        found = await _find_misplaced(broker, known, misplaced, narrow, merges)
        if cut and not found.events:
            raise InputsGone(
                f"all records that the state was built from are gone ({', '.join(cut)}), so a rebuild would find no "
                "customer. Nothing was changed. Restore the changelog from a backup; without one, start over "
                "with the history from its source, under a new kafka.group and topics.prefix"
            )
        if broker.topic(PRIVACY) in cut:
            await _recall_forgotten(broker, known, found.requests, may_return=forgotten_may_return)
        await broker.recreate(CHANGELOG, partitions)
        for number in range(partitions):
            await _write(broker, number, [_begun(broker)], transactions=transactions)
        for number in range(partitions):
            processor = PartitionProcessor(
                number, partitions, broker.settings, broker, Listener(), widths=of_families, atomic=transactions
            )
            processor.latest = latest(now_of(broker.settings))
            processor.watermarks.alone = True  # misplaced records are merged in here, in their order
            processor.take_over(known.own.get(number, {}))
            processor.merging.know(merges)
            processor.rebuilt_to = ends[number]
            passed = known.watermarks.get(number, 0)
            await _replay(broker, processor, known.committed[number], misplaced, passed)
            processor.partition_state.advance(passed)
            if merges:  # what customers that moved had left and brought is in the sums that were sent
                sent = [value for value in known.sums.values() if partials.partition_of(value) == number]
                partials.replace_kept(processor.partition_state.sums, sent)
            applied = {
                lane_name(tp.topic, tp.partition, number): offset for tp, offset in known.committed[number].items()
            }
            outgoing = list(filter(_is_kept(broker), processor.detach(applied)))
            await _write(broker, number, outgoing, transactions=transactions)
            customers += len(processor.store)
            progress(number + 1, partitions)
    return customers


def _is_kept(broker: Broker) -> Callable[[Outgoing], bool]:
    """Return a test for the records to write: states and sums. A new changelog needs no deletions of customers."""
    changelog, partials = broker.topic(CHANGELOG), broker.topic(PARTIALS)
    return lambda one: one.topic == partials or (one.topic == changelog and one.value is not None)


async def _require_no_workers(broker: Broker) -> None:
    members = await broker.members(broker.settings.kafka.group)
    if members:
        raise WorkersRunning(
            f"workers of the group {broker.settings.kafka.group!r} are running ({members}): stop all, and try again"
        )


async def _cut(broker: Broker, known: Known, *, transactions: bool) -> list[str]:
    """Return the names of the input topics whose oldest records, already applied once, are gone."""
    inputs = {broker.topic(topic) for topic in broker.inputs}
    until = {tp: offset for lanes in known.committed.values() for tp, offset in lanes.items() if tp.topic in inputs}
    begins, ends = await broker.bounds(list(until))
    # The embedded broker, which has no transactions, gives the start of its last batch for its end.
    return sorted({tp.topic for tp in until if begins[tp] or (transactions and ends[tp] < until[tp])})


def _is_a_receipt(record: ConsumerRecord) -> bool:
    """Report whether a record of `audit` is the receipt of an erasure: other records stand there, too."""
    return kind_of(dict(record.headers).get("ce_type")) == "customer.erased"


async def _recall_forgotten(broker: Broker, known: Known, requests: Collection[str], *, may_return: bool) -> None:
    """Add the customers whose erasure requests are gone: the changelog has them, or else the receipts on `audit` do.

    A customer whose request is still there is erased when the rebuild reads it, which also yields what the customer
    leaves in closed figures.
    """
    for number, entries in known.own.items():
        async for records in broker.read(broker.topic(AUDIT), number):
            for record in filter(_is_a_receipt, records):
                receipt = CustomerErased.model_validate_json(record.value)
                if receipt.request not in requests:
                    entries.setdefault(*of_receipt(receipt))
    changelogs = [TopicPartition(broker.topic(CHANGELOG), number) for number in known.own]
    receipts = [TopicPartition(broker.topic(AUDIT), number) for number in known.own]
    begins, _ = await broker.bounds([*changelogs, *receipts])
    has_changelog = all(OWN_KEY in own for own in known.own.values()) and not any(begins[tp] for tp in changelogs)
    if not has_changelog and any(begins[tp] for tp in receipts) and not may_return:
        raise InputsGone(
            f"erasure requests are gone from {broker.topic(PRIVACY)}, the changelog does not list the erased "
            f"customers, and {broker.topic(AUDIT)} has lost its oldest receipts: erased customers may reappear in the "
            "state. Nothing was changed. Restore the changelog from a backup, or send those requests again first; if "
            "the inputs hold no erased customer, or you erase them again afterwards, add --forgotten-may-return"
        )


async def _known(broker: Broker, partitions: int, widths: Mapping[str, int]) -> Known:
    offsets = await broker.committed(broker.settings.kafka.group)
    names = {broker.topic_named(family): width for family, width in widths.items()}
    known = Known({})
    for number in range(partitions):
        lanes = lanes_of(names, number, partitions).values()
        known.committed[number] = {tp: offsets.get(tp, 0) for tp in lanes}
    async for records in broker.read(broker.topic(PARTIALS), 0):
        for record in records:
            found = watermark_of(record.value) if record.value is not None else None
            if found is not None:
                known.watermarks[found[0]] = found[1]
            elif record.value is not None:
                known.sums[record.key] = record.value
    for number in range(partitions):
        entries = known.own.setdefault(number, {})
        async for records in broker.read(broker.topic(CHANGELOG), number):
            entries |= {
                record.key: record.value
                for record in records
                if record.value is not None
                and record.key.startswith(OWN_PREFIX)
                and not record.key.startswith(DIFFERENCE_PREFIX)
            }
    return known


class _Next(NamedTuple):
    """The next record of a lane: its turn, and whether other records of the same instant come before it."""

    turn: Instant
    behind: bool
    where: TopicPartition
    offset: int
    record: ConsumerRecord


class _Inputs:
    """The records of several lanes up to an offset each, in the order in which a worker read them, with their families.

    A worker that is up to date reads records as they arrive, in the order of their Kafka timestamps. A backlog it reads
    in the order of event time: there the Kafka timestamp only says when the record was loaded.
    """

    def __init__(self, broker: Broker, until: Mapping[TopicPartition, int]) -> None:
        families = {broker.topic(topic): broker.leads[topic.name] for topic in broker.inputs}
        self._readings = readings_of(broker)
        self.open = {tp: _records(broker, tp, end) for tp, end in until.items() if tp.topic in families and end}
        self._families, self._disorder = families, broker.settings.policy().disorder
        self._latest = latest(now_of(broker.settings))
        self._waiting: list[_Next] = []
        self._come: dict[TopicPartition, Instant] = {}

    async def __aiter__(self) -> AsyncIterator[tuple[str, Instant, ConsumerRecord]]:
        for tp in list(self.open):
            await self._pull(tp)
        while self._waiting:
            one = heapq.heappop(self._waiting)
            yield self._families[one.where.topic], one.turn, one.record
            await self._pull(one.where)

    async def _pull(self, tp: TopicPartition) -> None:
        record = await anext(self.open[tp], None)
        if record is None:
            del self.open[tp]
        else:
            behind = self._families[tp.topic] == PRIVACY.name
            heapq.heappush(self._waiting, _Next(self._turn(tp, record), behind, tp, record.offset, record))

    def _turn(self, tp: TopicPartition, record: ConsumerRecord) -> Instant:
        loaded, come = record.timestamp * 1_000, self._come.get(tp, 0)
        happened = self._readings[self._families[tp.topic]].happened(record)
        if happened is not None and happened <= self._latest:
            come = self._come[tp] = max(come, happened)
        is_of_a_backlog = loaded - come > self._disorder or loaded > self._latest
        return come if is_of_a_backlog else loaded

    def reading(self, number: int) -> set[str]:
        """Return the lanes of a number that are not read to their end."""
        return {lane_name(self._families[tp.topic], tp.partition, number) for tp in self.open}


async def _records(broker: Broker, where: TopicPartition, until: int) -> AsyncIterator[ConsumerRecord]:
    async for records in broker.read(where.topic, where.partition, until):
        await broker.prepare(where.topic, records)
        for record in records:
            if record.offset < until:
                yield record


@dataclass
class Found:
    """The contents of the inputs: the number of customer events, and the ids of erasure requests."""

    events: int = 0
    requests: set[str] = field(default_factory=set)


class _MergeFinder(MisplacedFinder):
    """Takes records as a processor does, and stores what merges say."""

    def __init__(self) -> None:
        self.found: list[Merge] = []
        self.latest = LAST

    def observe(self, *_: object) -> None:
        """Do nothing: this reads merges only."""

    def refuse(self, *_: object) -> None:
        """Do nothing: this reads merges only."""

    def promise(self, *_: object) -> None:
        """Do nothing: this reads merges only."""

    def publish(self, *_: object) -> bool:
        """Return False, and do nothing: this reads merges only."""
        return False

    def merge(self, event: Event, at: Instant, _topic: str, _record: Record) -> None:
        """Store what a merge says."""
        self.found.append(merge_in(cast("CustomerMerged", event), at))


async def _merges(broker: Broker, known: Known) -> dict[str, Merges]:
    """Read all merges that workers had read; return those of each merged id's customer."""
    finder, readings = _MergeFinder(), readings_of(broker)
    foreign = {name: readings[topic] for topic, name in broker.foreign.items()}
    may_hold = foreign | {broker.topic_named(CUSTOMERS.topic): readings[CUSTOMERS.topic]}
    for lanes in known.committed.values():
        for tp, end in lanes.items():
            if tp.topic in may_hold and end:
                async for record in _records(broker, tp, end):
                    if tp.topic in foreign or b"customer.merged" in (record.value or b""):
                        may_hold[tp.topic].read(record, finder)
    return everywhere(finder.found)


async def _ends_of_rekeyed(broker: Broker, partitions: int) -> list[int]:
    where = [TopicPartition(broker.topic(REKEYED), number) for number in range(partitions)]
    _, ends = await broker.bounds(where)
    return [ends[tp] for tp in where]


async def _find_misplaced(
    broker: Broker,
    known: Known,
    misplaced: MisplacedRecords,
    narrow: Collection[str],
    merges: Mapping[str, Merges],
) -> Found:
    """Read all inputs once, and store the misplaced records that their homes had taken in from `rekeyed`."""
    rekeyed = broker.topic(REKEYED)
    bounds = [
        await _on_their_way(broker, number, committed[TopicPartition(rekeyed, number)])
        for number, committed in sorted(known.committed.items())
    ]
    found, readings = Found(), readings_of(broker)
    for number, until in known.committed.items():
        finder = MisplacedFinder(number, misplaced, bounds, narrow, broker.leads, merges)
        finder.latest = latest(now_of(broker.settings))
        async for topic, finder.turn, record in _Inputs(broker, until):
            readings[topic].read(record, finder)
        misplaced.end_run()
        found.events += finder.events
        found.requests |= finder.requests
    return found


async def _on_their_way(broker: Broker, home: int, committed: int) -> dict[str, int]:
    """Return, by origin, the first offset whose record is on `rekeyed` but not yet taken in by `home`."""
    first: dict[str, int] = {}
    async for records in broker.read(broker.topic(REKEYED), home, start=committed):
        for record in records:
            if record.key in {NEWS_KEY, MERGED_KEY}:
                continue
            stray = as_it_stood(record)
            if not stray.into:
                first.setdefault(origin_of(broker.leads[stray.topic], stray.partition), stray.offset)
    return first


async def _replay(
    broker: Broker,
    processor: PartitionProcessor,
    until: Mapping[TopicPartition, int],
    misplaced: MisplacedRecords,
    passed: Instant,
) -> None:
    """Apply the records of every lane up to its committed offset, and the misplaced records of this home, in order.

    Event time passes from step to step, as in a worker, but no further than it had `passed` before: signals of a later
    time were not sent yet, and a worker has to send them.
    """
    away = misplaced.of(processor.number)
    stray = next(away, None)
    inputs, readings = _Inputs(broker, until), readings_of(broker)
    begun: Instant = 0
    async for topic, turn, record in inputs:
        while stray is not None and stray.turn < turn:
            take_home(stray.record, readings, processor)
            stray = next(away, None)
        if turn // STEP * STEP > begun:
            begun = turn // STEP * STEP
            _pass_time(processor, inputs.reading(processor.number), passed, begun)
        readings[topic].read(record, processor)
    while stray is not None:
        take_home(stray.record, readings, processor)
        stray = next(away, None)


def _pass_time(processor: PartitionProcessor, reading: Collection[str], passed: Instant, begun: Instant) -> None:
    read = processor.watermarks.own.keys() - reading
    while processor.advance(read, None, passed, known=reading, begun=begun):
        pass  # some work at a time; a rebuild has no heartbeats to send in between
    processor.partition_state.take_statements()


def _begun(broker: Broker) -> Outgoing:
    """Return the first record of a partition's new changelog, which says that its state is not complete yet.

    It has a new id of the log: so a copy on disk does not take what follows for a continuation of the old changelog,
    should the rebuild end half way.
    """
    own = PartitionRecord(VERSION, {}, 0, {}, log=uuid4().hex)
    return Outgoing(broker.topic(CHANGELOG), OWN_KEY, written_own(own))


async def _write(broker: Broker, number: int, outgoing: list[Outgoing], *, transactions: bool) -> None:
    """Write a partition's state. Its own record comes last: without it a worker refuses the state as incomplete."""
    options = {"transactional_id": f"{broker.settings.kafka.group}-{number}"} if transactions else {}
    producer = broker.producer("rebuild", **options)
    await producer.start()
    try:
        for begin in range(0, len(outgoing), WRITE):
            if transactions:
                await producer.begin_transaction()
            futures = [
                await producer.send(one.topic, one.value, one.key, number if one.partition is None else one.partition)
                for one in outgoing[begin : begin + WRITE]
            ]
            for future in futures:
                await future
            if transactions:
                await producer.commit_transaction()
    finally:
        await producer.stop()
