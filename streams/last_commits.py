"""What the last commit of each partition number has left: its own record, which stands at the end of its changelog."""

from typing import Final

import msgspec

from streams.broker import Broker
from streams.partition_record import OWN_KEY, PartitionRecord
from streams.topics import CHANGELOG

LOOKED_AT: Final = 50
"""Offsets at the end of a changelog among which the record is, as each commit writes it last."""


async def last_commit(broker: Broker, number: int) -> PartitionRecord | None:
    """Return what a number keeps of itself; None if it has never committed."""
    name = broker.topic(CHANGELOG)
    values = [one.value for one in await broker.newest(name, number, LOOKED_AT) if one.key == OWN_KEY]
    if not values:  # the end is full of commits that were cut off
        async for records in broker.read(name, number):
            values += [one.value for one in records if one.key == OWN_KEY]
    return msgspec.msgpack.decode(values[-1], type=PartitionRecord) if values else None
