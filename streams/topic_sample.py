"""Reads a sample of a topic: the oldest or the newest records, as many of each partition as of the others.

    10 of three partitions      0: 2 records ─ 2     1: 900 ─ 4     2: 900 ─ 4

Rule: nothing is changed on the broker. The reader is in no group and commits nothing, reads committed records only, and
stops at the ends that it has asked for first, however fast others write. It waits `kafka.patience` for the next record.

Reason for the rounds: offsets are no records, as transactions and compaction leave gaps. What a partition falls short
of is read of the others, or further back.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

from aiokafka import TopicPartition

from streams.broker import Broker
from streams.errors import BrokerUnreachable
from streams.records import LogRecord

CHUNK: Final = 4_000
"""Most records of a partition that are read at once, and held."""
_NOTHING: Final = range(0)


async def sampled(
    broker: Broker, topic: str, width: int, most: int, *, newest: bool
) -> AsyncGenerator[list[LogRecord], None]:
    """Yield at most so many records of a topic, or all for 0; those of a partition in its order."""
    unread = await _unread(broker, topic, width)
    left = most or sum(map(len, unread.values()))
    kept: dict[int, list[LogRecord]] = {}
    while left and unread:
        for number, share in shares(left, {number: len(span) for number, span in unread.items()}).items():
            if newest and most:
                found, rest = await _last(broker, topic, number, unread[number], share)
                kept[number] = [*found, *kept.get(number, [])]
            else:
                found, rest = await _first(broker, topic, number, unread[number], min(share, CHUNK))
                yield found
            left -= len(found)
            unread[number] = rest
        unread = {number: span for number, span in unread.items() if span}
    for records in kept.values():
        yield records


async def _unread(broker: Broker, topic: str, width: int) -> dict[int, range]:
    """Return the offsets between both ends of each partition that has some."""
    where = [TopicPartition(topic, number) for number in range(width)]
    begins, ends = await broker.bounds_by_fetch(where)
    return {one.partition: range(begins[one], ends[one]) for one in where if begins[one] < ends[one]}


def shares(most: int, sizes: Mapping[int, int]) -> dict[int, int]:
    """Return how many to read of each partition: as many of each, and of the longer ones what the shorter ones lack.

    >>> shares(10, {0: 900, 1: 2, 2: 900}), shares(1, {0: 5, 1: 5})
    ({0: 4, 1: 2, 2: 4}, {0: 1})
    """
    found = {}
    in_order = sorted(sizes.items(), key=lambda one: one[1])
    for place, (number, size) in enumerate(in_order):
        share = min(size, -(-most // (len(in_order) - place)))
        most -= share
        if share:
            found[number] = share
    return dict(sorted(found.items()))


async def _first(broker: Broker, topic: str, number: int, span: range, most: int) -> tuple[list[LogRecord], range]:
    """Return the first records between two offsets, and the offsets that are left."""
    found: list[LogRecord] = []
    async with aclosing(_in_time(broker, topic, number, span)) as read:
        async for records in read:
            found += [record for record in records if record.offset < span.stop]
            if len(found) >= most:
                return found[:most], range(found[most - 1].offset + 1, span.stop)
    return found, _NOTHING


async def _in_time(broker: Broker, topic: str, number: int, span: range) -> AsyncGenerator[list[LogRecord], None]:
    """Yield the records between two offsets; raise `BrokerUnreachable` if for too long none comes, and no end.

    A topic that is deleted meanwhile has neither: the client asks for it again and again.
    """
    patience = broker.settings.kafka.patience
    async with aclosing(broker.read(topic, number, span.stop, start=span.start)) as read:
        while True:
            try:
                async with asyncio.timeout(patience):
                    records = await anext(read)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise BrokerUnreachable(
                    f"the broker at {broker.servers} gave no more records of {topic}/{number} within {patience:g} s: "
                    "see that the topic is still there, and that the partition has a leader. If it has many "
                    "transactions that were not committed, give it longer: kafka.patience"
                ) from error
            yield records


async def _last(broker: Broker, topic: str, number: int, span: range, most: int) -> tuple[list[LogRecord], range]:
    """Return the last records between two offsets, and the offsets that are left.

    Each look reaches back twice as far as the one before: there may be gaps of any length.
    """
    found: list[LogRecord] = []
    end, reach = span.stop, most
    while end > span.start and len(found) < most:
        start = max(span.start, end - reach)
        last = deque[LogRecord](maxlen=most - len(found))
        async for records in _in_time(broker, topic, number, range(start, end)):
            last.extend(record for record in records if start <= record.offset < end)
        found = [*last, *found]
        end, reach = start, 2 * reach
    return found, range(span.start, found[0].offset) if len(found) >= most else _NOTHING
