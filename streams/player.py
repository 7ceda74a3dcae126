"""The player of a log: sends events to the input topics, each to the partition of its customer."""

import asyncio
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from retention.calendar import NEVER, Instant, moment
from schemas.base import SourceHeartbeat
from schemas.decoding import MAX_BYTES
from streams.addresses import address_of, present
from streams.broker import Broker
from streams.home import home_of
from streams.topics import INPUTS

STEP: Final = 4_000
"""Lines to send before their acknowledgements are awaited."""
LARGEST_REQUEST: Final = 2 * MAX_BYTES
"""Largest request of the producer of a log: the largest record that a worker accepts, with its overhead."""


class TooLarge(NamedTuple):
    """A line that is too large to be sent."""

    number: int
    text: bytes
    size: int


class Places:
    """The line of the log for each record in the topics: sixteen bytes a line."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], tuple[array[int], array[int]]] = {}

    def put(self, topic: str, partition: int, offset: int, number: int) -> None:
        """Store the record of a line; the offsets of a partition grow."""
        found = self._found.get((topic, partition))
        if found is None:
            found = self._found[topic, partition] = (array("q"), array("q"))
        offsets, numbers = found
        offsets.append(offset)
        numbers.append(number)

    def line(self, topic: str, partition: int, offset: int) -> int | None:
        """Return the number of the line that a record came from; None if it is not of this log."""
        offsets, numbers = self._found.get((topic, partition), (array("q"), array("q")))
        place = bisect_left(offsets, offset)
        return numbers[place] if place < len(offsets) and offsets[place] == offset else None


class Unread(NamedTuple):
    """A line that the source of its log cannot read, and why."""

    number: int
    error: str


@dataclass
class Sent:
    """Counts of the lines sent to the input topics."""

    lines: int = 0
    newest: Instant = 0
    later: int = 0
    """Lines left out, because their events happened after the instant at which the log ends."""
    too_large: list[TooLarge] = field(default_factory=list)
    """Lines that no worker would accept, or that the broker refused."""
    unread: list[Unread] = field(default_factory=list)
    """Lines of another system's log of which nothing can be sent."""
    places: Places = field(default_factory=Places)
    promises: int = 0
    """Heartbeats sent after the last line: they are records of the topics, but no lines."""


class _OnItsWay(NamedTuple):
    acknowledged: Any
    number: int
    text: bytes


class Player:
    """Sends lines to the input topics, each to the partition of its customer, in order of arrival."""

    def __init__(
        self,
        broker: Broker,
        producer: AIOKafkaProducer,
        widths: Mapping[str, int],
        partitioner: Callable[[bytes, int], int] = home_of,
        *,
        until: Instant = NEVER,
    ) -> None:
        """Store the number of partitions of each input topic (`widths`), by the name of its family.

        Events after `until` are left out: figures as of that instant must not contain them.
        """
        self.producer, self._partitioner, self._until = producer, partitioner, until
        self.sent = Sent()
        self._names = {topic.name: broker.topic(topic) for topic in INPUTS}
        self._widths = {topic.name: widths[topic.name] for topic in INPUTS}
        self._waiting: list[_OnItsWay] = []

    async def play(
        self,
        line: bytes,
        number: int | None = None,
        size: int | None = None,
        *,
        stamp: int | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Send one line; a line that is no event is sent as it is, for the worker to reject.

        `number` and `size` are the position and the bytes of the line. One that is too large for any worker is listed.
        `stamp` is the record's own time in milliseconds; without one it is the present.
        """
        self.sent.lines += 1
        number = self.sent.lines if number is None else number
        if max(size or 0, len(line)) > MAX_BYTES:
            self.sent.too_large.append(TooLarge(number, line, size or len(line)))
            return
        _, family, key, at = address_of(line, present())
        if at > self._until:
            self.sent.later += 1
            return
        partition = self._partitioner(key, self._widths[family]) if key is not None else 0
        sending = await self.producer.send(
            self._names[family], line, key, partition, timestamp_ms=stamp, headers=list(headers)
        )
        self._waiting.append(_OnItsWay(sending, number, line))
        self.sent.newest = max(self.sent.newest, at)
        if len(self._waiting) >= STEP:
            await self.settle()

    def leave_unread(self, number: int, error: str) -> None:
        """Note a line that the source of its log cannot read."""
        self.sent.lines += 1
        self.sent.unread.append(Unread(number, error))

    async def settle(self) -> None:
        """Wait until the broker has acknowledged every record, and store their offsets."""
        done = 0
        try:
            for sending in self._waiting:
                await self._settled(sending)
                done += 1
        finally:
            del self._waiting[:done]  # if this is cancelled while it waits, a second call waits for the rest

    async def _settled(self, sending: _OnItsWay) -> None:
        try:
            found = await asyncio.shield(sending.acknowledged)
        except MessageSizeTooLargeError:
            self.sent.too_large.append(TooLarge(sending.number, sending.text, len(sending.text)))
        else:
            self.sent.places.put(found.topic, found.partition, found.offset, sending.number)

    async def promise(self, until: Instant) -> None:
        """Send heartbeats to every partition that nothing older follows: this producer is the only one."""
        beat = SourceHeartbeat(type="source.heartbeat", occurred_at=moment(until), source="replay")
        value = beat.model_dump_json(exclude_none=True).encode()
        stamp = max(until // 1_000, int(time.time() * 1_000))
        await self.settle()
        beats = [
            await self.producer.send(self._names[family], value=value, partition=partition, timestamp_ms=stamp)
            for family, width in self._widths.items()
            for partition in range(width)
        ]
        self.sent.promises += len(await asyncio.gather(*beats))
