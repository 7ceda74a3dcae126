"""Standbys: local copies of partitions that other workers own, kept up to date from their changelogs.

Rule: a worker reads the changelog of each partition that it stands by for, up to what is committed. A copy is whole as
of a moment if it has reached the end that the changelog had then.

    changelog of number 3   |------------------------| end, asked at 12:00:00
    copy                    |-----------------|        behind: `lag` is the rest, in records
    a moment later          |------------------------| whole as of 12:00:00; then the next end is asked for

    the owner dies          the new owner takes over the copy, and reads the last half second only

Reason: restoring a large state from its changelog takes long. A copy is not used if it was last whole too long ago:
the changelog may have dropped tombstones since, and the copy would keep customers that were erased.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.broker import Broker
from streams.copies import Copies
from streams.local_state import is_another

WAIT: Final = 0.5
"""Seconds between two looks at the partitions to stand by for."""
CARE: Final = 60.0
"""Seconds between two looks for old copies, and at the ends of the changelogs."""


class _Aim(NamedTuple):
    """The end of a changelog, and when it was asked, in seconds since 1970."""

    end: int
    asked_at: float


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
        self._aims: dict[int, _Aim] = {}
        self._cared_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to follow the changelogs."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop following; the copies stay."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        consumer = self.broker.consumer("standby")
        try:
            while not self.wanted():  # most workers stand by for no partition, and need no connection
                await self._care(consumer)
                await asyncio.sleep(WAIT)
            await consumer.start()
            while True:
                await self._care(consumer)
                await self._turn(consumer)
        except Exception as error:  # noqa: BLE001 - any error ends the worker, and is raised where it is awaited
            self.fail(error)
        finally:
            with contextlib.suppress(Exception):
                await consumer.stop()

    async def _care(self, consumer: AIOKafkaConsumer) -> None:
        """Delete old copies and ask for the ends of the changelogs, every `CARE` seconds."""
        now = self.copies.clock()
        if now - self._cared_at > CARE:
            self._cared_at = now
            self.copies.drop_old({*self.owned(), *self.wanted()})
            await self._aim(consumer)

    async def _turn(self, consumer: AIOKafkaConsumer) -> None:
        if not set(self.wanted()) - set(self.owned()) == self._followed.keys() == self.copies.standing.keys():
            await self._follow(consumer)
        if not self._followed:
            await asyncio.sleep(WAIT)
            return
        fetched = await consumer.getmany(timeout_ms=int(WAIT * 1_000), max_records=4_000)
        await self._copy(consumer, fetched)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        """Open the copies to follow from now on, and close the others."""
        wanted = set(self.wanted()) - set(self.owned())
        for number in set(self.copies.standing) - wanted:
            self.copies.stand_down(number)
        where = {number: self._where(number) for number in sorted(wanted)}
        begins = await consumer.beginning_offsets(list(where.values())) if where else {}
        asked_at = self.copies.clock()
        ends = await consumer.end_offsets(list(where.values())) if where else {}
        consumer.assign(list(where.values()))
        self._followed, self._aims, self.lag = {}, {}, {}
        for number, tp in where.items():
            if number in self.owned():
                continue  # assigned to this worker meanwhile
            local = self.copies.standing.get(number) or self.copies.stand_by(number)
            if local.outdated(ends[tp]):
                local.clear()
            consumer.seek(tp, max(local.position, begins[tp]))
            self._followed[number] = local.log()
            self._aims[number] = _Aim(ends[tp], asked_at)

    def _where(self, number: int) -> TopicPartition:
        return TopicPartition(self.copies.changelog, number)

    async def _aim(self, consumer: AIOKafkaConsumer) -> None:
        """Ask for the ends of the changelogs: a copy that reaches them is whole as of now.

        Fetched records do not prove that: they may have been fetched before this process was frozen.
        """
        asked_at = self.copies.clock()
        where = [self._where(number) for number in self._followed]
        ends = await consumer.end_offsets(where) if where else {}
        self._aims = {tp.partition: _Aim(end, asked_at) for tp, end in ends.items()} | self._aims

    async def _copy(
        self, consumer: AIOKafkaConsumer, fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    ) -> None:
        others: set[int] = set()
        for tp, records in fetched.items():
            local = self.copies.standing.get(tp.partition)
            if local is None or tp.partition not in self._followed:
                continue  # this worker owns it now
            if is_another(self._followed[tp.partition], records):
                others.add(tp.partition)
            else:
                local.write([(record.key, record.value) for record in records], records[-1].offset + 1)
        for number in list(self._followed):
            tp = self._where(number)
            position, local = await consumer.position(tp), self.copies.standing.get(number)
            if local is None:
                continue
            if local.old() or number in others:  # missed deletions, or of another changelog
                local.clear()
                self._followed[number] = ""
                await consumer.seek_to_beginning(tp)
                continue
            self._followed[number] = local.log()
            aim = self._aims.get(number)
            if aim is not None and position >= aim.end:
                local.write_whole((), local.position, aim.asked_at)
                del self._aims[number]
            self.lag[number] = max(0, (consumer.highwater(tp) or 0) - position)
