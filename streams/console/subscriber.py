"""The subscriber: reads the output topics into the store, for as long as the console runs.

It is in no consumer group: its offsets are in the store, in the transaction of the rows that they follow. So a
restart goes on exactly where the rows end, the broker keeps nothing of it, and needs no right to a group.

Workers and brokers may be away: it waits, says so, and reads on. What retention deleted meanwhile is counted as missed.
"""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from retention.calendar import HOUR, Instant
from streams.broker import Broker, end_of
from streams.console.intake import Place, Read, headers_of
from streams.console.store import Store
from streams.console.views.pipeline import Status
from streams.console.waiting import to_the_end
from streams.errors import BrokerUnreachable, StreamError, TopicsUnfit, explained
from streams.topics import HEALTH, OUTPUTS

log = logging.getLogger("backstay.console")

AT_ONCE: Final = 2_000
WAIT_MS: Final = 100
PATIENCE: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two tries to reach the broker."""
SILENCE: Final = 5.0
"""Seconds without a record after which the broker is asked whether it is there: the client would wait for ever."""
AWAY: Final = (KafkaError, OSError, StreamError, sqlite3.Error)
"""What is raised while the broker, the topics or the store cannot be used: the console waits."""
TOMBSTONES_LAST: Final = 6 * HOUR
"""A console that was away for longer may have missed tombstones of cards (`delete.retention.ms`)."""


class Subscriber:
    """Reads the output topics, one batch after the other. `now` is the time by the clock, for how long it was away.

    `made_ready` is done once everything is read, before views count as complete.
    """

    def __init__(
        self, broker: Broker, store: Store, now: Callable[[], Instant], made_ready: Callable[[], Awaitable[None]]
    ) -> None:
        self._broker, self._store, self._now, self._made_ready = broker, store, now, made_ready
        self._topics = {broker.topic(topic): topic.name for topic in OUTPUTS}
        """Our names of the topics, by those on the broker."""
        self._names = {ours: name for name, ours in self._topics.items()}
        self.status = Status(names=self._names)
        self.caught_up = asyncio.Event()
        self.failures = 0
        self._tries = 0
        """Failures since it was last connected."""
        self._stepped = True
        """Whether anything was read since an offset was out of range."""

    async def run(self) -> None:
        """Read until cancelled, whatever happens to the broker."""
        while True:
            try:
                await self._session()
            except AWAY:
                await asyncio.sleep(PATIENCE[min(self._tries, len(PATIENCE) - 1)])
                self._tries += 1

    async def _out_of_range(self) -> None:
        """Note an offset that the broker does not have.

        Retention was faster: then the next session begins at what is left. If it fares no better, the offset lies
        behind the end: on a broker without ids of topics, one was deleted and created again.
        """
        if self._stepped:
            self._stepped = False
            return
        log.warning("the store is ahead of the topics, which were made anew: they are read from their beginning")
        await asyncio.to_thread(self._store.clear)
        await asyncio.sleep(PATIENCE[0])

    def _fail(self, error: Exception) -> None:
        """Note why nothing is read now; it is logged once for each reason."""
        self._tries = 0 if self.status.connected else self._tries
        says = str(explained(error, self._broker.servers)) if isinstance(error, KafkaError) else str(error)
        if isinstance(error, sqlite3.Error):
            says = (
                f"the store cannot be written: {error}. Free space in console.dir, or run `backstay console --rebuild`"
            )
        if says != self.status.error:
            log.warning("%s; the console waits, and shows what it has read", says)
        self.failures += 1
        self.status = Status(False, False, says, self.status.ends, self._names)

    async def _session(self) -> None:
        """Read until something fails, and note that first: a client takes seconds to stop if the broker is away."""
        consumer = self._broker.consumer("console", group_id=None, auto_offset_reset="none")
        try:
            await self._read_while_offsets_hold(consumer)
        except AWAY as error:
            self._fail(error)
            raise
        finally:
            # The client ends with the cancellation of a task of its own if the broker is away: that is not ours.
            await asyncio.wait([asyncio.ensure_future(consumer.stop())])

    async def _read_while_offsets_hold(self, consumer: AIOKafkaConsumer) -> None:
        try:
            await self._read_on(consumer)
        except OffsetOutOfRangeError:
            await self._out_of_range()

    async def _read_on(self, consumer: AIOKafkaConsumer) -> None:
        places = await self._places()
        await consumer.start()
        consumer.assign(places)
        await self._begin(consumer, places)
        heard = self._loop_time()
        while True:
            if await self._step(consumer, places):
                heard = self._loop_time()
            elif self._loop_time() - heard > SILENCE:
                await self._require_answer(consumer, places)
                heard = self._loop_time()

    async def _places(self) -> list[TopicPartition]:
        """Return the partitions to read; a store that is of other topics is emptied first."""
        widths = await self._broker.widths()
        missing = [name for name in self._topics if not widths.get(name)]
        if missing:
            raise TopicsUnfit(
                f"topics are missing: {', '.join(missing)}; run `backstay topics create`; or, if they are there and "
                "this user may not see them, grant what `backstay topics acl` prints for the console"
            )
        try:
            idents: Mapping[str, str] = await self._broker.topic_ids(list(self._topics))
        except (KafkaError, OSError) as error:
            raise BrokerUnreachable(f"the broker at {self._broker.servers} did not say which topics it has") from error
        identity = json.dumps({name: [widths[name], idents.get(name, "")] for name in sorted(self._topics)})
        if not await asyncio.to_thread(self._store.belongs_to, identity):
            log.warning("the topics are others than those that the store is of: they are read from their beginning")
            await asyncio.to_thread(self._store.clear)
            await asyncio.to_thread(self._store.belongs_to, identity)
        return [TopicPartition(name, number) for name in self._topics for number in range(widths[name])]

    async def _begin(self, consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> None:
        """Start where the store ends, in each partition."""
        if await asyncio.to_thread(self._store.was_away_since, self._now() - TOMBSTONES_LAST):
            log.info("the console was away for hours: all cards are read again, as some may have been deleted")
            await asyncio.to_thread(self._store.begin_sweep)
        firsts: dict[TopicPartition, int] = await consumer.beginning_offsets(places)
        for place in places:
            name = self._topics[place.topic]
            missed = await asyncio.to_thread(self._store.skip, name, place.partition, firsts[place])
            if missed and name != HEALTH.name:
                log.warning(
                    "%s-%d: %d offsets were deleted before they were read", place.topic, place.partition, missed
                )
        positions = await asyncio.to_thread(self._store.positions)
        for place in places:
            consumer.seek(place, positions.get((self._topics[place.topic], place.partition), firsts[place]))
        self.status = Status(True, False, None, self.status.ends, self._names)

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()

    async def _require_answer(self, consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> None:
        """Raise `BrokerUnreachable` if the broker does not answer."""
        try:
            async with asyncio.timeout(SILENCE):
                await consumer.end_offsets(places[:1])
        except (KafkaError, OSError) as error:
            raise BrokerUnreachable(f"the broker at {self._broker.servers} does not answer") from error

    async def _step(self, consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> bool:
        """Read a batch and store it with the offsets after it; return whether anything was read."""
        found = await consumer.getmany(timeout_ms=WAIT_MS, max_records=AT_ONCE)
        self._stepped = self._stepped or bool(found)
        batch = [self._read(record) for records in found.values() for record in records]
        after = {place: await consumer.position(place) for place in places}
        positions = {(self._topics[place.topic], place.partition): at for place, at in after.items()}
        await to_the_end(asyncio.to_thread(self._store.apply, batch, positions, self._now()))
        ends = {place: end_of(consumer, place) for place in places}
        is_there = all(end is not None and after[place] >= end for place, end in ends.items())
        if is_there and not self.caught_up.is_set():
            await asyncio.to_thread(self._store.end_sweep)
            await self._made_ready()
            self.caught_up.set()
        known = {(self._topics[place.topic], place.partition): end for place, end in ends.items() if end is not None}
        self.status = Status(True, self.caught_up.is_set(), None, known, self._names)
        return bool(found)

    def _read(self, record: Any) -> Read:  # noqa: ANN401 - of aiokafka, or ours
        place = Place(self._topics[record.topic], record.partition, record.offset)
        return Read(place, record.timestamp, record.key, record.value, headers_of(record.headers))
