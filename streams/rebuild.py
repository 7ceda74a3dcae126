"""The state made anew from the input topics, where the changelog was lost. No worker may run meanwhile.

It is the very same desk that applies the very same records, up to the committed offsets; what it would say has been
said, so only states and sums are written.
"""

import heapq
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.structs import ConsumerRecord

from retention.calendar import Instant
from retention.partials import watermark_of
from streams.app import READERS
from streams.broker import Broker, of_number
from streams.customer_desk import CustomerDesk
from streams.errors import InputsGone, WorkersRunning
from streams.listener import Listener
from streams.outgoing import Outgoing
from streams.partition_record import OWN_PREFIX
from streams.settings import Settings
from streams.topics import CHANGELOG, CONSUMED, PARTIALS

Progress = Callable[[int, int], None]

STEP: Final = 2_000
"""Records that are applied between two looks at how far event time has come."""
WRITE: Final = 50_000
"""Records of a transaction."""


@dataclass
class Known:
    """What is left of before: the committed offsets, how far time had come, who is forgotten and what they left."""

    committed: dict[int, dict[str, int]]
    watermarks: dict[int, Instant]
    own: dict[int, dict[bytes, bytes]] = field(default_factory=dict)


async def rebuild(settings: Settings, progress: Progress = lambda _done, _of: None, *, partial: bool = False) -> int:
    """Make every partition's state anew; give the number of customers.

    Raises `WorkersRunning` while the group has members, and `InputsGone` if the input topics do not reach back to
    their beginning (unless `partial`: then older customers, orders and subscriptions are missing from the figures).
    """
    broker = Broker(settings)
    widths = await broker.widths()
    if not widths[broker.topic(CHANGELOG)]:
        await broker.recreate(CHANGELOG, widths[broker.topic(CONSUMED[0])])
    partitions, transactions = await broker.partitions(), await broker.has_transactions()
    await _require_no_workers(broker)
    known = await _known(broker, partitions)
    if not partial:
        await _require_whole_inputs(broker, partitions)
    await broker.recreate(CHANGELOG, partitions)
    customers = 0
    for number in range(partitions):
        desk = CustomerDesk(number, partitions, settings, broker, Listener(), atomic=transactions)
        desk.take_over(known.own.get(number, {}))
        await _replay(broker, desk, known.committed[number])
        desk.portfolio.advance(known.watermarks.get(number, 0))
        kept = {broker.topic(CHANGELOG), broker.topic(PARTIALS)}
        outgoing = [record for record in desk.detach(known.committed[number]) if record.topic in kept]
        await _write(broker, number, outgoing, transactions=transactions)
        customers += len(desk.store)
        progress(number + 1, partitions)
    return customers


async def _require_no_workers(broker: Broker) -> None:
    members = await broker.members(broker.settings.kafka.group)
    if members:
        raise WorkersRunning(
            f"{members} workers of the group {broker.settings.kafka.group!r} are running: stop them all, then try again"
        )


async def _require_whole_inputs(broker: Broker, partitions: int) -> None:
    reader = broker.consumer()
    await reader.start()
    try:
        names = [broker.topic(topic) for topic in CONSUMED if topic.name != "rekeyed"]
        where = [tp for number in range(partitions) for tp in of_number(names, number)]
        begins = await reader.beginning_offsets(where)
    finally:
        await reader.stop()
    cut = sorted({tp.topic for tp, offset in begins.items() if offset})
    if cut:
        raise InputsGone(
            f"the beginning of {', '.join(cut)} is gone, so the state cannot be made whole. Restore the changelog from "
            "a backup, or run again with --partial: what happened before is then missing from states and figures"
        )


async def _known(broker: Broker, partitions: int) -> Known:
    admin = await broker.admin()
    try:
        offsets = await admin.list_consumer_group_offsets(broker.settings.kafka.group)
    finally:
        await admin.close()
    names = [broker.topic(topic) for topic in CONSUMED]
    committed = {
        number: {tp.topic: max(0, offsets[tp].offset) if tp in offsets else 0 for tp in of_number(names, number)}
        for number in range(partitions)
    }
    known = Known(committed, {})
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


async def _replay(broker: Broker, desk: CustomerDesk, until: Mapping[str, int]) -> None:
    """Apply what every topic of a partition holds up to its committed offset, in order of the records' own times."""
    agents: Mapping[str, Any] = {broker.topic_named(reader.topic): reader for reader in READERS}
    names = {broker.topic(topic): topic.name for topic in CONSUMED}
    streams = {topic: _records(broker, topic, desk.number, offset) for topic, offset in until.items() if offset}
    done = {names[topic] for topic in until if topic not in streams}
    waiting: list[tuple[int, str, int, ConsumerRecord]] = []

    async def pull(topic: str) -> None:
        record = await anext(streams[topic], None)
        if record is None:
            done.add(names[topic])
        else:
            heapq.heappush(waiting, (record.timestamp, topic, record.offset, record))

    for topic in streams:
        await pull(topic)
    number = 0
    while waiting:
        _, topic, _, record = heapq.heappop(waiting)
        agents[topic]([record], desk)
        await pull(topic)
        number += 1
        if number % STEP == 0:
            desk.advance(done, None)
            desk.portfolio.take_said()


async def _records(broker: Broker, topic: str, number: int, until: int) -> AsyncIterator[ConsumerRecord]:
    async for records in broker.read(topic, number, until):
        for record in records:
            if record.offset < until:
                yield record


async def _write(broker: Broker, number: int, outgoing: list[Outgoing], *, transactions: bool) -> None:
    """Write a partition's state. Its own record comes last: without it, a worker refuses what is there."""
    options = {"transactional_id": f"{broker.settings.kafka.group}-{number}"} if transactions else {}
    producer = broker.producer(**options)
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
