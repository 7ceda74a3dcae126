"""The dead letters of a deployment that are not done, read one partition after the other."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

from aiokafka import TopicPartition

from streams.broker import Broker
from streams.errors import BadSettings
from streams.letters.choice import Choice, Place
from streams.letters.letter import Letter, letter_of
from streams.letters.marks import Done, Known, known_of
from streams.topics import DEAD_LETTERS

_ITS_OWN_PLACE: Final = (
    "a letter is named by its own place, which `list` and `show` print first, and not by that of its record"
)


class OpenLetters:
    """The chosen dead letters that are not done yet. While it is read, `done` counts the chosen ones that are."""

    def __init__(self, broker: Broker, choice: Choice, known: Known, widths: Mapping[str, int]) -> None:
        self.broker, self.choice, self.known, self.widths = broker, choice, known, widths
        self.done: Counter[Done] = Counter()
        self.ends: dict[int, int] = {}
        """The offset after the last one that was read, by partition."""

    async def read(self, until: Mapping[int, int] | None = None) -> AsyncGenerator[Letter, None]:
        """Yield them in the order of partition and offset, up to the present ends or to earlier ones."""
        name = self.broker.topic(DEAD_LETTERS)
        for number in range(self.widths[name]):
            end = None if until is None else until.get(number, 0)
            async for records in self.broker.read(name, number, end):
                for record in records:
                    if end is not None and record.offset >= end:
                        break
                    self.ends[number] = record.offset + 1
                    letter = letter_of(record)
                    if self.choice.takes(letter):
                        done = self.known.marks.of(number, record.offset)
                        if done is None:
                            yield letter
                        else:
                            self.done[done] += 1


async def open_letters(broker: Broker, choice: Choice) -> OpenLetters:
    """Return the chosen dead letters that are open now; raise `BadSettings` for a place where no letter can be."""
    known, widths = await known_of(broker)
    await _check_places(broker, sorted(choice.places), widths[broker.topic(DEAD_LETTERS)])
    return OpenLetters(broker, choice, known, widths)


async def _check_places(broker: Broker, places: Sequence[Place], width: int) -> None:
    """Raise `BadSettings` for a place on no partition, and for one at an offset that its partition does not have."""
    for number, offset in places:
        if number >= width:
            raise BadSettings(
                f"--letter {number}:{offset}: dead-letters has the partitions 0 to {width - 1}; {_ITS_OWN_PLACE}"
            )
    where = {number: TopicPartition(broker.topic(DEAD_LETTERS), number) for number, _ in places}
    begins, ends = await broker.bounds_by_fetch(list(where.values())) if where else ({}, {})
    for number, offset in places:
        begin, end = begins[where[number]], ends[where[number]]
        if not begin <= offset < end:
            has = f"the offsets {begin} to {end - 1}" if begin < end else "no records"
            raise BadSettings(
                f"--letter {number}:{offset}: partition {number} of dead-letters has {has}; {_ITS_OWN_PLACE}"
            )
