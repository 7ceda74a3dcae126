"""Fetches for the units of one partition log: each batch begins exactly where the last one ended.

The client keeps positions of its own. Each is compared with ours before and after a fetch, so that any record which the
client skips or reads again ends the worker, and is never applied.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord

from streams.batch import Batch
from streams.broker import Broker
from streams.channels import Delivery
from streams.errors import Lost
from streams.gaps import gaps_at, refusal
from streams.unit_of_work import UnitOfWork

ENOUGH: Final = 1_000
"""Records of a lane that may wait for their turn before fetching pauses: a lane without records holds up all others."""


class Fetching:
    """Fetches for the units that are live. `unit_at` returns the one that a partition belongs to, if it is live.

    `ordered` are the topics whose batches wait for their turn. `max_batch` is the most records of a fetch. If the log
    has transactions, the end offsets of the broker are exact (`exact_ends`, see `gaps_at`).
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        broker: Broker,
        unit_at: Callable[[TopicPartition], UnitOfWork | None],
        ordered: Collection[str],
        *,
        exact_ends: bool,
        max_batch: int,
    ) -> None:
        self.consumer, self.broker = consumer, broker
        self._unit_at, self._ordered = unit_at, ordered
        self._exact_ends, self._max_batch = exact_ends, max_batch

    def has_enough(self, where: TopicPartition) -> bool:
        """Report whether enough records of a lane wait for their turn."""
        unit = self._unit_at(where)
        if unit is None or where.topic not in self._ordered:
            return False
        lane = unit.lane(where)
        return unit.fetched[lane] - unit.next[lane] >= ENOUGH

    async def fetch(self, where: list[TopicPartition], timeout_ms: int) -> list[Delivery]:
        """Fetch from some partitions; raise `Lost` or `LogGap` if the records are not the next ones."""
        await self._check_positions(where)
        try:
            fetched = await self.consumer.getmany(*where, timeout_ms=timeout_ms, max_records=self._max_batch)
        except OffsetOutOfRangeError as error:
            await self._require_no_gap(error)
            return []
        except NoOffsetForPartitionError:
            # A rebalance during the fetch has assigned a partition anew. Until its unit has sought, the client asks for
            # the committed position by itself, also of a partition that is paused, and there may be none yet.
            return []
        return await self._bound(where, fetched)

    async def _check_positions(self, where: list[TopicPartition]) -> None:
        """Raise `Lost` if the consumer has moved on by itself: skipped records would never be applied."""
        for tp in where:
            unit = self._unit_at(tp)
            position = await self.consumer.position(tp)
            if unit is not None and unit is self._unit_at(tp) and position != unit.fetched[unit.lane(tp)]:
                raise self._another_log(tp, position, unit)

    async def _require_no_gap(self, error: OffsetOutOfRangeError) -> None:
        """Raise `LogGap` if the next records are deleted, and not just unknown yet to a new leader."""
        (positions,) = error.args
        gaps = await gaps_at(self.broker, positions, {}, {}, exact_ends=self._exact_ends)
        if gaps:
            raise refusal(gaps)

    def _another_log(self, tp: TopicPartition, position: int, unit: UnitOfWork) -> Lost:
        return Lost(
            f"{tp.topic}-{tp.partition}: the log goes on at {position}, the state at {unit.fetched[unit.lane(tp)]}; "
            "start the worker again: it continues from the last commit, or reports what is missing"
        )

    async def _bound(
        self, where: list[TopicPartition], fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    ) -> list[Delivery]:
        """Bind fetched records to the units that are live now; those of a closed unit are fetched again."""
        # A rebalance during the fetch replaces the units, so they are looked up now. Asking for a position that is
        # known does not suspend: nothing can come between the fetch and this.
        deliveries: list[Delivery] = []
        for tp in where:
            unit = self._unit_at(tp) if tp in self.consumer.assignment() else None
            if unit is None:
                continue
            following = await self.consumer.position(tp)
            records = fetched.get(tp, [])
            first = records[0].offset if records else following
            name = unit.lane(tp)
            if first < unit.fetched[name]:  # the client started over during the fetch
                raise self._another_log(tp, first, unit)
            if following != unit.fetched[name]:
                deliveries.append(self._delivery(unit, name, records, following))
        return deliveries

    def _delivery(self, unit: UnitOfWork, lane: str, records: Sequence[ConsumerRecord], following: int) -> Delivery:
        start, unit.fetched[lane] = unit.fetched[lane], following
        return Delivery(unit, Batch(unit.lanes[lane].topic, lane, records, start, following))
