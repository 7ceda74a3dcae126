"""The facts of the company in the changelog of a partition: an entry for each, under a key of the partition's own.

    \\0reference|["rate","EUR","USD",20514]     one entry for what it is about and since when: a later one overwrites it

They name no customer, so an erasure leaves them alone.

A partition that is opened reads ahead what stands in the topic and is not stored yet: so customers are judged by it
from the beginning, whatever partition it is on. It is stored in its turn, so a restart reads it ahead again.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from aiokafka import TopicPartition

from agents.reading import Reading
from agents.readings import READINGS
from agents.record import Record
from retention.calendar import Instant
from retention.reference import Fact, Facts, Key, key_of
from schemas.reference import CompanyFact
from streams.broker import Broker
from streams.misplaced import MisplacedFinder

PREFIX: Final = b"\0reference|"
"""Prefix of the keys of facts in the changelog."""

Entry = tuple[bytes, bytes | None]
"""Key and value in the changelog."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Fact).decode


def entry_key(key: Key) -> bytes:
    """Return the key in the changelog of a fact."""
    kind, about, since = key
    return PREFIX + msgspec.json.encode([kind, *about, since])


class Reference:
    """The facts that a partition knows, and which of them are not written yet."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._fresh: dict[Key, None] = {}
        self._ahead: set[Fact] = set()
        """Facts that are known, and wait for their turn to be stored."""

    def foresee(self, fact: Fact, changed: Iterable[Key]) -> None:
        """Note a fact that was read ahead, and the keys under which something else is known now."""
        for key in changed:
            if self.facts.get(key) is None:
                self.note([key])  # it is no longer kept, so it is not to be stored either
            elif key == key_of(fact):
                self._ahead.add(fact)

    def arrives(self, fact: Fact) -> None:
        """Note that the turn of a fact has come."""
        if fact in self._ahead:
            self._ahead.remove(fact)
            self.note([key_of(fact)])

    def note(self, changed: Iterable[Key]) -> None:
        """Note keys under which something else is known now."""
        self._fresh |= dict.fromkeys(changed)

    def knows(self, fact: Fact) -> bool:
        """Report whether a fact is known already, as it stands, and not from having been read ahead."""
        return self.facts.get(key_of(fact)) == fact and fact not in self._ahead

    def restore(self, kept: Mapping[bytes, bytes]) -> None:
        """Restore the facts from the partition's entries in the changelog."""
        for key, value in kept.items():
            if key.startswith(PREFIX) and value:
                self.facts.learn(_decode(value))

    def freshen(self) -> None:
        """Mark every fact to be written again."""
        self._fresh = dict.fromkeys(map(key_of, self.facts.every()))

    def detach(self) -> list[Entry]:
        """Return the entries that are not written yet; those of facts that are no longer kept have no value."""
        fresh, self._fresh = self._fresh, {}
        found = ((key, self.facts.get(key)) for key in fresh)
        return [(entry_key(key), None if fact is None else _encode(fact)) for key, fact in found]


class Foreseeing(MisplacedFinder):
    """Takes records of facts as a processor does, and hands on what they state. All others are left for their turn."""

    def __init__(self, foresee: Callable[[CompanyFact, Instant], None], latest: Instant) -> None:
        self._foresee, self.latest = foresee, latest

    def observe(self, *_: object) -> None:
        """Do nothing: this reads facts only."""

    def refuse(self, *_: object) -> None:
        """Do nothing: this reads facts only."""

    def promise(self, *_: object) -> None:
        """Do nothing: this reads facts only."""

    def publish(self, fact: CompanyFact, at: Instant, _topic: str, _record: Record) -> bool:
        """Hand on what a record states; return False, as it is not stored."""
        self._foresee(fact, at)
        return False


async def read_ahead(
    broker: Broker, topic: str, begin: Mapping[TopicPartition, int], foreseeing: Foreseeing, *, exact_ends: bool
) -> None:
    """Read the partitions of a topic of facts from some offsets to their present ends.

    Where the broker knows `exact_ends`, only those are read that have more: mostly none.
    """
    if exact_ends:
        _, ends = await broker.bounds(list(begin))
        begin = {where: start for where, start in begin.items() if start < ends[where]}
    reading = next(one for one in READINGS if one.topic == topic)
    await asyncio.gather(*[_read(broker, reading, where, start, foreseeing) for where, start in begin.items()])


async def _read(broker: Broker, reading: Reading, where: TopicPartition, start: int, foreseeing: Foreseeing) -> None:
    async for records in broker.read(where.topic, where.partition, start=start):
        for record in records:
            reading.read(record, foreseeing)
