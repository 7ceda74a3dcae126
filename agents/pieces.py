"""The events of a foreign record on their way: each is a record of its own to its customer's partition.

Those of one record that go to one partition travel together, as one record of `rekeyed`: a list of events, each with
the id under which its customer is kept (if it was merged) and with the reason for which it was refused where it stood.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from agents.record import HISTORY_ENDS, Record
from agents.rekeyed import SentHome
from sources.base import Fields
from sources.exact import encoded

_FIRST: Final = b"["[0]
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[tuple[str, msgspec.Raw, str, str, str]]).decode


class Piece:
    """One event of a foreign record, in the place of its record: key and value are those of the event.

    Of the record's own headers it has only the mark of a history. `came` says that another partition has sent it here.
    """

    def __init__(
        self,
        topic: str,
        record: Record,
        key: str,
        value: bytes | Fields,
        *,
        into: str = "",
        reason: str = "",
        detail: str = "",
        came: bool = False,
    ) -> None:
        self.topic = topic
        """The name of the source's topic."""
        self.partition, self.offset, self.timestamp = record.partition, record.offset, record.timestamp
        self.customer = key
        self._event = value
        headers = record.headers
        self.headers: Sequence[tuple[str, bytes | None]] = (
            [one for one in headers if one[0] == HISTORY_ENDS] if headers else headers
        )
        self.into, self.reason, self.detail, self.came = into, reason, detail, came

    @property
    def key(self) -> bytes | None:
        """Return the key of the event."""
        return self.customer.encode()

    @property
    def value(self) -> bytes | None:
        """Return the event as the value of a record. Few are asked for it: those that travel, and those refused."""
        event = self._event
        return event if isinstance(event, bytes) else encoded(event)


class Bundle:
    """The events of one foreign record that go to one partition."""

    def __init__(self) -> None:
        self._events: list[tuple[str, msgspec.Raw, str, str, str]] = []

    def add(self, piece: Piece, into: str = "", reason: str = "", detail: str = "") -> bytes:
        """Add an event, and return the value of the record that carries all of them."""
        self._events.append((piece.customer, msgspec.Raw(piece.value or b"null"), into, reason, detail))
        return _encode(self._events)


def carried(piece: Piece, into: str = "", reason: str = "", detail: str = "") -> SentHome:
    """Return the record that carries one event alone."""
    value, where = Bundle().add(piece, into, reason, detail), (piece.topic, piece.partition, piece.offset)
    return SentHome(*where, piece.key, value, piece.timestamp, piece.headers)


def pieces_of(record: SentHome) -> list[Piece] | None:
    """Return the events that a record of a source carries; None for another one, as a heartbeat."""
    if record.value is None or record.value[0] != _FIRST:
        return None
    return [
        Piece(record.topic, record, key, bytes(event), into=into, reason=reason, detail=detail, came=True)
        for key, event, into, reason, detail in _decode(record.value)
    ]


def stood_on(topic: str, record: Record) -> str:
    """Return the name of the topic that a record stood on: that of its family, or of the source it came by."""
    return record.topic if isinstance(record, Piece) else topic


def sent_here(record: Record) -> bool:
    """Report whether another partition has sent a record here."""
    return isinstance(record, SentHome) or (isinstance(record, Piece) and record.came)


def into_of(record: Record) -> str:
    """Return the id under which the customer of a record is kept, as another partition knew it; empty without one."""
    return record.into if isinstance(record, SentHome | Piece) else ""
