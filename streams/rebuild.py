"""The state made anew from the input topics, where the changelog was lost. No worker may run meanwhile.

It is the very same desk that applies the very same records, up to the committed offsets; what it would say has been
said, so only states and sums are written.
"""

import heapq
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from uuid import uuid4

import msgspec
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from agents.rekeyed import NEWS_KEY, as_it_stood, take_home
from retention.calendar import Instant, instant
from retention.partials import watermark_of
from schemas.outbound import CustomerErased
from streams.app import readings_of
from streams.backlog_order import STEP
from streams.broker import Broker
from streams.clock import latest, now_of
from streams.customer_desk import CustomerDesk
from streams.errors import InputsGone, WorkersRunning
from streams.forgetting import entry_of
from streams.lanes import lane_name, lanes_of, narrow_among, origin_of
from streams.listener import Listener
from streams.outgoing import Outgoing
from streams.partition_record import OWN_KEY, OWN_PREFIX, PartitionRecord
from streams.strays import Spotter, Strays
from streams.topics import AUDIT, CHANGELOG, INPUTS, PARTIALS, PRIVACY, REKEYED

Progress = Callable[[int, int], None]

WRITE: Final = 50_000
"""Records of a transaction."""


@dataclass
class Known:
    """What is left of before: where each number stood, how far time had come, who is forgotten and what they left.

    `committed` has the offset that a number had come to on each of its lanes.
    """

    committed: dict[int, dict[TopicPartition, int]]
    watermarks: dict[int, Instant] = field(default_factory=dict)
    own: dict[int, dict[bytes, bytes]] = field(default_factory=dict)


async def rebuild(
    broker: Broker,
    progress: Progress = lambda _done, _of: None,
    *,
    partial: bool = False,
    forgotten_may_return: bool = False,
) -> int:
    """Make every partition's state anew; give the number of customers.

    Raises `WorkersRunning` while the group has members, and `InputsGone` if the input topics do not hold everything
    that was read. `partial` goes on with what is left, if that is anything: then older customers, orders and
    subscriptions are missing from the figures. Whoever was forgotten stays so, unless nothing tells any more who that
    was: then `forgotten_may_return` has to be given, too.
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
            f"the beginning of {', '.join(cut)} is gone, so the state cannot be made whole. Restore the changelog from "
            "a backup, or run again with --partial: what happened before is then missing from states and figures"
        )
    customers = 0
    with Strays(partitions) as strays:
        found = await _find_strays(broker, known, strays, narrow_among(of_families, partitions))
        if cut and not found.events:
            raise InputsGone(
                f"nothing is left of what the state was made of ({', '.join(cut)}), so a rebuild would leave no "
                "customer at all. Nothing was changed. Restore the changelog from a backup; without one, start over "
                "with the history from its source, under a new kafka.group and topics.prefix"
            )
        if broker.topic(PRIVACY) in cut:
            await _recall_forgotten(broker, known, found.requests, may_return=forgotten_may_return)
        await broker.recreate(CHANGELOG, partitions)
        for number in range(partitions):
            await _write(broker, number, [_begun(broker)], transactions=transactions)
        for number in range(partitions):
            desk = CustomerDesk(
                number, partitions, broker.settings, broker, Listener(), widths=of_families, atomic=transactions
            )
            desk.latest = latest(now_of(broker.settings))
            desk.watermarks.alone = True  # what others would tell of is merged in here, in its order
            desk.take_over(known.own.get(number, {}))
            passed = known.watermarks.get(number, 0)
            await _replay(broker, desk, known.committed[number], strays, passed)
            desk.portfolio.advance(passed)
            applied = {
                lane_name(tp.topic, tp.partition, number): offset for tp, offset in known.committed[number].items()
            }
            outgoing = list(filter(_is_kept(broker), desk.detach(applied)))
            await _write(broker, number, outgoing, transactions=transactions)
            customers += len(desk.store)
            progress(number + 1, partitions)
    return customers


def _is_kept(broker: Broker) -> Callable[[Outgoing], bool]:
    """Return what of a desk's is written: states and sums. In a new changelog nobody is to be deleted by name."""
    changelog, partials = broker.topic(CHANGELOG), broker.topic(PARTIALS)
    return lambda one: one.topic == partials or (one.topic == changelog and one.value is not None)


async def _require_no_workers(broker: Broker) -> None:
    members = await broker.members(broker.settings.kafka.group)
    if members:
        raise WorkersRunning(
            f"{members} workers of the group {broker.settings.kafka.group!r} are running: stop them all, then try again"
        )


async def _cut(broker: Broker, known: Known, *, transactions: bool) -> list[str]:
    """Return the input topics that do not hold everything any more that was read of them."""
    inputs = {broker.topic(topic) for topic in INPUTS}
    until = {tp: offset for lanes in known.committed.values() for tp, offset in lanes.items() if tp.topic in inputs}
    begins, ends = await broker.bounds(list(until))
    # The embedded broker, which has no transactions, gives the start of its last batch for its end.
    return sorted({tp.topic for tp in until if begins[tp] or (transactions and ends[tp] < until[tp])})


async def _recall_forgotten(broker: Broker, known: Known, requests: Collection[str], *, may_return: bool) -> None:
    """Add who was forgotten on a request that is gone: the changelog has them, or else the receipts on `audit` do.

    Whose request is still there is forgotten when it is read: what the customer leaves in closed figures comes of that.
    """
    for number, entries in known.own.items():
        async for records in broker.read(broker.topic(AUDIT), number):
            for record in records:
                receipt = CustomerErased.model_validate_json(record.value)
                if receipt.request not in requests:
                    entries.setdefault(*entry_of(receipt.pseudonym, instant(receipt.at)))
    changelogs = [TopicPartition(broker.topic(CHANGELOG), number) for number in known.own]
    receipts = [TopicPartition(broker.topic(AUDIT), number) for number in known.own]
    begins, _ = await broker.bounds([*changelogs, *receipts])
    has_changelog = all(OWN_KEY in own for own in known.own.values()) and not any(begins[tp] for tp in changelogs)
    if not has_changelog and any(begins[tp] for tp in receipts) and not may_return:
        raise InputsGone(
            f"requests to forget customers are gone from {broker.topic(PRIVACY)}, the changelog does not say who they "
            f"were, and {broker.topic(AUDIT)} does not reach back to its beginning: customers who were forgotten may "
            "come back. Nothing was changed. Restore the changelog from a backup, or send those requests again first; "
            "if you know that nobody comes back, or forget them again afterwards, add --forgotten-may-return"
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
    for number in range(partitions):
        entries = known.own.setdefault(number, {})
        async for records in broker.read(broker.topic(CHANGELOG), number):
            entries |= {r.key: r.value for r in records if r.value is not None and r.key.startswith(OWN_PREFIX)}
    return known


class _Next(NamedTuple):
    """The next record of a lane: when its turn is, and whether others of that instant come before it."""

    turn: Instant
    behind: bool
    where: TopicPartition
    offset: int
    record: ConsumerRecord


class _Inputs:
    """The records of several lanes up to an offset each, in the order in which a worker read them, with their families.

    A worker that is up to date reads what comes when it comes. What lay there when it came to it was read in the order
    of event time: there a record's own time only says when somebody loaded it.
    """

    def __init__(self, broker: Broker, until: Mapping[TopicPartition, int]) -> None:
        families = {broker.topic(topic): broker.leads[topic.name] for topic in INPUTS}
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
        """Give the lanes of a number that are not read to their end."""
        return {lane_name(self._families[tp.topic], tp.partition, number) for tp in self.open}


async def _records(broker: Broker, where: TopicPartition, until: int) -> AsyncIterator[ConsumerRecord]:
    async for records in broker.read(where.topic, where.partition, until):
        for record in records:
            if record.offset < until:
                yield record


@dataclass
class Found:
    """What is left in the inputs: how many events of customers, and which requests to forget somebody."""

    events: int = 0
    requests: set[str] = field(default_factory=set)


async def _find_strays(broker: Broker, known: Known, strays: Strays, narrow: Collection[str]) -> Found:
    """Read all inputs once, and put by what stands away from home and has come there: `rekeyed` forgets in a week."""
    rekeyed = broker.topic(REKEYED)
    bounds = [
        await _on_their_way(broker, number, committed[TopicPartition(rekeyed, number)])
        for number, committed in sorted(known.committed.items())
    ]
    found, readings = Found(), readings_of(broker)
    for number, until in known.committed.items():
        spotter = Spotter(number, strays, bounds, narrow, broker.leads)
        spotter.latest = latest(now_of(broker.settings))
        async for topic, spotter.turn, record in _Inputs(broker, until):
            readings[topic].read(record, spotter)
        strays.end_run()
        found.events += spotter.events
        found.requests |= spotter.requests
    return found


async def _on_their_way(broker: Broker, home: int, committed: int) -> dict[str, int]:
    """Give the first offset of each origin of which a record is sent home, but not yet taken in there."""
    first: dict[str, int] = {}
    async for records in broker.read(broker.topic(REKEYED), home, start=committed):
        for record in records:
            if record.key != NEWS_KEY:
                stray = as_it_stood(record)
                first.setdefault(origin_of(broker.leads[stray.topic], stray.partition), stray.offset)
    return first


async def _replay(
    broker: Broker, desk: CustomerDesk, until: Mapping[TopicPartition, int], strays: Strays, passed: Instant
) -> None:
    """Apply what every lane holds up to its committed offset, and what others had for it, in order.

    Time passes with it from step to step, as in a worker, but no further than it had `passed` before: what it raises
    after that has not been said.
    """
    away = strays.of(desk.number)
    stray = next(away, None)
    inputs, readings = _Inputs(broker, until), readings_of(broker)
    begun: Instant = 0
    async for topic, turn, record in inputs:
        while stray is not None and stray.turn < turn:
            take_home(stray.record, readings, desk)
            stray = next(away, None)
        if turn // STEP * STEP > begun:
            begun = turn // STEP * STEP
            _pass_time(desk, inputs.reading(desk.number), passed, begun)
        readings[topic].read(record, desk)
    while stray is not None:
        take_home(stray.record, readings, desk)
        stray = next(away, None)


def _pass_time(desk: CustomerDesk, reading: Collection[str], passed: Instant, begun: Instant) -> None:
    read = desk.watermarks.own.keys() - reading
    while desk.advance(read, None, passed, known=reading, begun=begun):
        pass  # a go at a time; here nobody waits for a look at the network
    desk.portfolio.take_said()


def _begun(broker: Broker) -> Outgoing:
    """Give the record that a partition's new changelog begins with: it vouches for nothing.

    No copy on disk takes what follows for the rest of the changelog that it knows, should this end half way.
    """
    own = PartitionRecord(1, {}, 0, {}, log=uuid4().hex)
    return Outgoing(broker.topic(CHANGELOG), OWN_KEY, msgspec.msgpack.encode(own))


async def _write(broker: Broker, number: int, outgoing: list[Outgoing], *, transactions: bool) -> None:
    """Write a partition's state. What vouches for it comes last: without that, a worker refuses what is there."""
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
