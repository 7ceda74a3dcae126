"""A batch of fetched records: plain values, which every module on the way of a record may import."""

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
