"""The own record of each partition number, as its last commit wrote it to the end of its changelog."""

from typing import Final

from streams.broker import Broker
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
