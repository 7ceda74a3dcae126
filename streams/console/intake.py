"""Reads a record of an output topic as what the store keeps of it. Types and fields of other builds are passed over.

A record is read completely before anything of it is stored: one that breaks its contract leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

import msgspec
from pydantic import BaseModel, ValidationError

from retention.calendar import instant
from retention.policy import SEVERITIES
from schemas.outbound import CONTRACT_OF
from streams.outbox import kind_of

STEPS: Final = 10_000
"""Parts of a major unit in which amounts are stored, and of a risk of 1."""
PASSED_OVER: Final = frozenset({"customer.access_requested", "console.looked"})
"""Types that are known, and say nothing that a view shows."""
CONTRACTS: Final[Mapping[str, type[BaseModel]]] = {
    kind: contract for kind, contract in CONTRACT_OF.items() if kind not in PASSED_OVER
}
"""The types that the console takes, and the contract of each."""
BY_CLOCK: Final = frozenset({"console.looked", "console.reported", "dead_letters.retried", "dead_letters.dropped"})
"""Types whose time is that of the clock: where time goes by the log, that may be years after all events."""


class Place(NamedTuple):
    """The place of a record: its topic by our name, its partition and its offset."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Read:
    """A record as it was read, by our name of its topic."""

    place: Place
    stamp: int
    """Its timestamp, in milliseconds."""
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = field(default_factory=dict)


class Said(NamedTuple):
    """An output that the console takes: its type without version, its attributes, and its contract."""

    type: str
    ident: str
    at: int
    cause: str
    key: str
    body: Any
    raw: bytes


class Unread(Exception):
    """Raised for a record of a type or a form that this build does not know; `what` is its type, for the count."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def type_of(headers: Mapping[str, bytes]) -> str:
    """Return the type of an output without prefix and version; empty if it has none of ours."""
    return kind_of(headers.get("ce_type"))


def said_by(read: Read) -> Said:
    """Return what a record says; raise `Unread` if this build does not know it."""
    kind = type_of(read.headers)
    contract = CONTRACTS.get(kind)
    if contract is None or read.value is None or read.key is None:
        raise Unread(kind or "without type")
    try:
        body = contract.model_validate_json(read.value)
        at = instant(datetime.fromisoformat(read.headers["ce_time"].decode()))
        ident, key = read.headers["ce_id"].decode(), read.key.decode()
    except (ValidationError, KeyError, ValueError, OverflowError) as error:
        raise Unread(f"{kind} that breaks its contract") from error
    cause = read.headers.get("ce_causationid", b"").decode("utf-8", "replace")
    return Said(kind, ident, at, cause, key, body, read.value)


def level_of(severity: str | None) -> int | None:
    """Return a severity as a number, the least one 0."""
    return SEVERITIES.index(severity) if severity is not None else None


def steps_of(text: str) -> int:
    """Return an amount in ten-thousandths.

    >>> steps_of("264.00"), steps_of("0.4400")
    (2640000, 4400)
    """
    try:
        return int(Decimal(text) * STEPS)
    except (InvalidOperation, OverflowError):
        return 0


def origin_of(said: Said, place: Place) -> bytes:
    """Return where a value comes from, as tables without a record of their own hold it."""
    return msgspec.json.encode([*place, said.ident, said.at, said.cause])


def headers_of(pairs: Sequence[tuple[str, bytes | None]]) -> dict[str, bytes]:
    """Return headers by name; of several with one name the last."""
    return {name: value for name, value in pairs if value is not None}


def event_time(headers: Mapping[str, bytes]) -> int:
    """Return the event time that a record has; 0 if it has none, or tells the time by the clock of who wrote it."""
    if type_of(headers) in BY_CLOCK:
        return 0
    try:
        return instant(datetime.fromisoformat(headers["ce_time"].decode()))
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0
