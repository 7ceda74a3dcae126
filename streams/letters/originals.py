"""Reads the records of sources that dead letters are about, from where they stood: a letter has no foreign record.

    letter  billing-3 at 17, its content left out     billing-3   16 │ 17 │ 18 …   its key, headers and value
    letter  billing-3 at 17, one event of it refused              ───┴─▲──┘        and which event is meant

What stands there now may be another record, if the topic was deleted and created again: the letter has its timestamp.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from agents.record import FIRST_TIMESTAMP, ONLY_EVENT, RETRIED
from streams.letters.letter import Letter

ORIGIN: Final = f"{RETRIED}origin"
"""Header of a record of a source that was sent again: partition and offset where it first stood."""
HELD: Final = 8
"""Partitions of which the records that were fetched last are held."""
_PATIENCE_MS: Final = 200
_TRIES: Final = 50
"""Fetches in a row without a record, after which none is there."""


@dataclass(slots=True)
class _Fetched:
    """The records of one fetch of a partition, by offset: all that stand from `first` up to `end`."""

    first: int
    end: int
    records: dict[int, ConsumerRecord]


class Originals:
    """Finds records by partition and offset. Letters of one partition are in its order, so one fetch has many."""

    def __init__(self, reader: AIOKafkaConsumer) -> None:
        self._reader = reader
        self._held: OrderedDict[TopicPartition, _Fetched] = OrderedDict()

    async def of(self, letter: Letter, width: int) -> ConsumerRecord | None:
        """Return the record that a letter is about; None if it is no longer where it stood."""
        if not 0 <= letter.partition < width or letter.position < 0:
            return None
        record = await self._at(TopicPartition(letter.topic, letter.partition), letter.position)
        return record if record is not None and record.timestamp == letter.stood_at else None

    async def _at(self, where: TopicPartition, offset: int) -> ConsumerRecord | None:
        held = self._held.get(where)
        if held is None or not held.first <= offset < held.end:
            held = await self._fetch(where, offset)
            self._held[where] = held
            if len(self._held) > HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(where)
        return held.records.get(offset)

    async def _fetch(self, where: TopicPartition, offset: int) -> _Fetched:
        """Fetch the records of a partition from an offset on; what is there instead, if that one is gone."""
        self._reader.assign([where])
        self._reader.seek(where, offset)
        for _ in range(_TRIES):
            found = (await self._reader.getmany(timeout_ms=_PATIENCE_MS, max_records=4_000)).get(where, [])
            if found:
                return _Fetched(offset, found[-1].offset + 1, {one.offset: one for one in found})
            highwater, position = self._reader.highwater(where), await self._reader.position(where)
            if highwater is not None and position >= highwater:
                break
        return _Fetched(offset, offset + 1, {})


def whole(letter: Letter, record: ConsumerRecord, only: str) -> Letter:
    """Return a letter with the record that it is about, and with the one event that is meant, if it is one."""
    headers = [(name, value) for name, value in record.headers if name != ONLY_EVENT]
    said = {name: value for name, value in record.headers if name.startswith(RETRIED)}
    meant = only.encode() if only else said.get(ONLY_EVENT)
    return replace(
        letter,
        key=record.key,
        value=record.value,
        headers=headers if meant is None else [*headers, (ONLY_EVENT, meant)],
        timestamp=_number(said.get(FIRST_TIMESTAMP), record.timestamp),
        lacks="",
        came_by=(said.get(ORIGIN) or b"").decode(errors="replace") or f"{letter.partition}:{letter.position}",
    )


def event_in(letter: Letter) -> str | None:
    """Return the id of the event that a letter of a source holds; empty if it is about the whole record.

    None if it holds an event, and nothing says which.
    """
    if letter.lacks_all:
        return ""
    try:
        found: Any = json.loads(letter.value or b"")
    except (ValueError, RecursionError):
        return None
    ident = found.get("event_id") if isinstance(found, dict) else None
    return ident if isinstance(ident, str) and ident else None


def _number(text: bytes | None, otherwise: int) -> int:
    try:
        return int(text) if text else otherwise
    except ValueError:
        return otherwise
