"""One dead letter: the record that was refused, as far as it is kept, and why it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agents.record import FIRST_TIMESTAMP, Record
from streams.dead_letters import PREFIX
from streams.outgoing import Headers
from streams.rejected import remedy

_FIRST: Final = f"{PREFIX}topic"
"""The first of our headers; those before it are the producer's."""
_CUT: Final = {
    "content-left-out": "the whole content, as it may name an erased customer: the record is where it stood",
    "kept-bytes": "the end of the value",
    "key-left-out": "the key",
    "headers-left-out": "the headers",
}
"""What a dead letter may lack, by the header that says so."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, and the record that it holds. Times are milliseconds since 1970."""

    number: int
    """The partition of `dead-letters` that it is on."""
    offset: int
    at: int
    """When the record was refused."""
    topic: str
    """The topic of the record, by its name on the broker; empty if the letter does not say."""
    partition: int
    position: int
    """The offset of the record in its own partition."""
    timestamp: int
    """The record's timestamp; of one that was sent again, that of the first."""
    reason: str
    error: str
    version: str
    stood_at: int
    """The timestamp of the record where it stood."""
    key: bytes | None
    value: bytes | None
    headers: Headers
    lacks: str = ""
    """What of the record is not kept; empty if it is whole."""
    came_by: str = ""
    """Of a record of a source, as it was fetched from its topic: where it first stood, as PARTITION:OFFSET."""

    @property
    def place(self) -> str:
        """Return the place in `dead-letters`, as `--letter` takes it."""
        return f"{self.number}:{self.offset}"

    @property
    def stood(self) -> str:
        """Return where the record stood."""
        return f"{self.topic}-{self.partition} at offset {self.position}"

    @property
    def lacks_all(self) -> bool:
        """Report whether nothing of the record is kept but where it stood."""
        return _CUT["content-left-out"] in self.lacks

    @property
    def remedy(self) -> str:
        """Return what to do about the reason."""
        return remedy(self.reason)


def letter_of(record: Record) -> Letter:
    """Return the dead letter that a record of `dead-letters` is. What its headers do not say is empty, or -1."""
    names = [name for name, _ in record.headers]
    ours = len(names) - 1 - names[::-1].index(_FIRST) if _FIRST in names else len(names)
    headers = list(record.headers[:ours])
    about = {name.removeprefix(PREFIX): _text(value) for name, value in record.headers[ours:]}
    return Letter(
        number=record.partition,
        offset=record.offset,
        at=record.timestamp,
        topic=about.get("topic", ""),
        partition=_number(about.get("partition")),
        position=_number(about.get("offset")),
        timestamp=_first_timestamp(headers, about),
        reason=about.get("reason", ""),
        error=about.get("error", ""),
        version=about.get("worker-version", ""),
        stood_at=_number(about.get("timestamp")),
        key=None if "no-key" in about else record.key,
        value=record.value,
        headers=headers,
        lacks=", ".join(what for name, what in _CUT.items() if name in about),
    )


def _first_timestamp(headers: Sequence[tuple[str, bytes | None]], about: Mapping[str, str]) -> int:
    """Return the timestamp by which a wrong clock shows: sending a record again gives it another one."""
    first = next((_text(value) for name, value in headers if name == FIRST_TIMESTAMP), None)
    return _number(first if first is not None else about.get("timestamp"))


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def _number(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        return -1
