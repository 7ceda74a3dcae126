"""The own record of each partition number, as its last commit wrote it to the end of its changelog."""

from collections.abc import Collection
from typing import Final, NamedTuple

from aiokafka import TopicPartition

from retention.errors import UnknownVersion
from streams.broker import FETCH_WAIT_MS, Broker, end_of
from streams.partition_record import OWN_KEY, PartitionRecord, read_own
from streams.topics import CHANGELOG

LOOKED_AT: Final = 50
"""Offsets to read from the end of a changelog: each commit writes the record last."""


async def last_commit(broker: Broker, number: int) -> PartitionRecord | None:
    """Return the own record of a number; None if it has never committed."""
    name = broker.topic(CHANGELOG)
    values = [one.value for one in await broker.newest(name, number, LOOKED_AT) if one.key == OWN_KEY]
    if not values:  # the last offsets belong to commits that were cut off
        async for records in broker.read(name, number):
            values += [one.value for one in records if one.key == OWN_KEY]
    return read_own(values[-1]) if values else None


class Commit(NamedTuple):
    """The own record of a number, and when the broker or its worker wrote it, in milliseconds."""

    own: PartitionRecord
    stamp: int


async def newest_commits(broker: Broker, numbers: Collection[int]) -> dict[int, Commit]:
    """Return the last commit of each number, as far as the last offsets of the changelog have it.

    For who looks on: a changelog is never read whole. A number that has never committed is missing, and so is one of
    which the last commits were cut off, or that a newer program has written.
    """
    places = [TopicPartition(broker.topic(CHANGELOG), number) for number in numbers]
    found: dict[int, Commit] = {}
    async with broker.reader() as reader:
        reader.assign(places)
        begins, ends = await reader.beginning_offsets(places), await reader.end_offsets(places)
        for place in places:
            reader.seek(place, max(begins[place], ends[place] - LOOKED_AT))
        waiting = set(places)
        while waiting:
            records = await reader.getmany(timeout_ms=FETCH_WAIT_MS * 2)
            for place in list(waiting):
                end = end_of(reader, place)
                if end is not None and await reader.position(place) >= end:
                    waiting.remove(place)
            for one in (one for of in records.values() for one in of if one.key == OWN_KEY and one.value):
                try:
                    found[one.partition] = Commit(read_own(one.value), one.timestamp)
                except UnknownVersion:
                    found.pop(one.partition, None)
    return found
