"""A batch of records as it was fetched: plain values, which every part of the way of a record may know."""

from collections.abc import Sequence
from typing import NamedTuple

from aiokafka.structs import ConsumerRecord


class Batch(NamedTuple):
    """Consecutive records of one partition of a topic (`lane`): `start` and `following` are positions in the log.

    Positions, not offsets of records: transactions and compaction leave gaps between those.
    """

    topic: str
    lane: str
    records: Sequence[ConsumerRecord]
    start: int
    following: int
