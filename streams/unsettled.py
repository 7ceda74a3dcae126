"""Requests to cancel that never took effect, as the last commit of each partition has counted them."""

from typing import Final

import msgspec

from streams.broker import Broker
from streams.partition_record import OWN_KEY, PartitionRecord
from streams.topics import CHANGELOG

LOOKED_AT: Final = 50
"""Offsets at the end of a partition's changelog among which its own record is: each commit writes it last."""


def said(number: int) -> str:
    """Return what whoever sends such requests is told."""
    return (
        f"requests to cancel that never took effect: {number:,}. Nothing says when those subscriptions end, and until "
        "then they count. Send `cancellation.effective` or `subscription.ended`, or `term_end` with the subscription"
    )


async def unsettled(broker: Broker, partitions: int) -> list[int | None]:
    """Return how many there are in each partition; None where no commit has counted them yet."""
    name = broker.topic(CHANGELOG)
    found: list[int | None] = []
    for number in range(partitions):
        values = [one.value for one in await broker.newest(name, number, LOOKED_AT) if one.key == OWN_KEY]
        own = msgspec.msgpack.decode(values[-1], type=PartitionRecord) if values else None
        found.append(own.without_effect if own is not None else None)
    return found
