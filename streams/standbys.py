"""Standbys: copies of partitions that others own, kept as far as their changelogs are committed.

Whoever takes such a partition over reads no more than what the copy has not seen: the last half second.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.broker import Broker
from streams.copies import Copies

WAIT: Final = 0.5
"""Seconds between two looks at what is to be stood by for."""
CARE: Final = 60.0
"""Seconds between two looks at which copies are old; and after which one with nothing new is marked as seen."""


class Standbys:
    """Follows the changelogs of the partitions that this worker stands by for. `lag` is in records, by partition."""

    def __init__(
        self,
        broker: Broker,
        copies: Copies,
        wanted: Callable[[], Collection[int]],
        owned: Callable[[], Collection[int]],
        fail: Callable[[BaseException], None],
    ) -> None:
        self.broker, self.copies, self.wanted, self.owned, self.fail = broker, copies, wanted, owned, fail
        self.lag: dict[int, int] = {}
        self._followed: dict[int, str] = {}
        self._cared_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End it; what is copied stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        consumer = self.broker.consumer()
        try:
            while not self.wanted():  # most workers follow nobody, and need no connection for it
                await self._care(consumer)
                await asyncio.sleep(WAIT)
            await consumer.start()
            while True:
                await self._care(consumer)
                await self._turn(consumer)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the worker, and is told to who waits
            self.fail(error)
        finally:
            with contextlib.suppress(Exception):
                await consumer.stop()

    async def _care(self, consumer: AIOKafkaConsumer) -> None:
        """Look after the folder now and then."""
        now = self.copies.clock()
        if now - self._cared_at > CARE:
            self._cared_at = now
            self.copies.drop_old({*self.owned(), *self.wanted()})
            await self._mark_seen(consumer)

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        if not set(self.wanted()) - set(self.owned()) == self._followed.keys() == self.copies.standing.keys():
            await self._take_up(consumer)
        if not self._followed:
            await asyncio.sleep(WAIT)
            return
        fetched = await consumer.getmany(timeout_ms=int(WAIT * 1_000), max_records=4_000)
        await self._copy(consumer, fetched)

    async def _take_up(self, consumer: AIOKafkaConsumer) -> None:
        """Open what is to be followed from now on, and close what is not."""
        wanted = set(self.wanted()) - set(self.owned())
        for number in set(self.copies.standing) - wanted:
            self.copies.stand_down(number)
        where = {number: TopicPartition(self.copies.changelog, number) for number in sorted(wanted)}
        begins = await consumer.beginning_offsets(list(where.values())) if where else {}
        ends = await consumer.end_offsets(list(where.values())) if where else {}
        consumer.assign(list(where.values()))
        self._followed, self.lag = {}, {}
        for number, tp in where.items():
            if number in self.owned():
                continue  # given to us while we asked
            local = self.copies.standing.get(number) or self.copies.stand_by(number)
            if local.outdated(ends[tp]):
                local.clear()
            consumer.seek(tp, max(local.position, begins[tp]))
            self._followed[number] = local.log()

    async def _mark_seen(self, consumer: AIOKafkaConsumer) -> None:
        """Mark the copies to which nothing was to be added, by the broker's word: an old copy is thrown away."""
        where = [TopicPartition(self.copies.changelog, number) for number in self._followed]
        ends = await consumer.end_offsets(where) if where else {}
        for tp in where:
            local = self.copies.standing.get(tp.partition)
            if local is not None and await consumer.position(tp) == ends[tp]:
                local.seen()

    async def _copy(
        self, consumer: AIOKafkaConsumer, fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    ) -> None:
        for tp, records in fetched.items():
            local = self.copies.standing.get(tp.partition)
            if local is None or tp.partition not in self._followed:
                continue  # its owner has it now
            local.write([(record.key, record.value) for record in records], records[-1].offset + 1)
            before, log = self._followed[tp.partition], local.log()
            if before and log != before:  # deleted and made anew since, or rebuilt
                local.clear()
                await consumer.seek_to_beginning(tp)
            self._followed[tp.partition] = log if not before or log == before else ""
        for number in self._followed:
            tp = TopicPartition(self.copies.changelog, number)
            self.lag[number] = max(0, (consumer.highwater(tp) or 0) - await consumer.position(tp))
