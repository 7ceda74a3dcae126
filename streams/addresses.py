"""The address of a line of a log: the topic of its type, the partition of its customer, and when it happened.

Most lines are valid events: their type and customer are found without making an object of the line. Any other line is
read as JSON, for as much of it as can be known, and sent for the worker to reject.
"""

import json
import time
from typing import Any, Final, NamedTuple

import msgspec

from agents.readings import READINGS
from retention.calendar import Instant
from schemas.decoding import Decoder, Refused
from schemas.families import TOPIC_OF
from schemas.logins import LOGINS


class Address(NamedTuple):
    """The destination of a line. `at` is 0 for a line that the worker will reject: it does not advance time."""

    kind: str
    family: str
    key: bytes | None
    at: Instant


class _Sketch(msgspec.Struct):
    type: str
    customer_id: str = ""


_sketch: Final = msgspec.json.Decoder(_Sketch).decode
_DECODERS: Final[dict[str, Decoder]] = {agent.topic: agent.decoder for agent in READINGS}
_ELSEWHERE: Final = LOGINS.topic
"""The topic of lines that name no type of the catalogue."""


def present() -> Instant:
    """Return the present instant."""
    return int(time.time() * 1_000_000)


def address_of(line: bytes, now: Instant) -> Address:
    """Return the address of a line; an event that is later than now advances no time.

    >>> address_of(b'{"type": "no.such", "customer_id": 7}', present())
    Address(kind='no.such', family='logins', key=b'7', at=0)
    """
    try:
        sketch = _sketch(line)
        family = TOPIC_OF[sketch.type]
        _, at = _DECODERS[family].read(line)
    except (msgspec.DecodeError, ValueError, RecursionError, KeyError, Refused):
        kind, customer = _read(line)
        family, at = TOPIC_OF.get(kind, _ELSEWHERE), _time_of(kind, line)
    else:
        kind, customer = sketch.type, sketch.customer_id
    key = customer.encode(errors="replace") if customer else None
    return Address(kind, family, key, at if at <= now else 0)


def _read(line: bytes) -> tuple[str, str]:
    """Return type and customer of a line that is no event as it should be; empty where it has none."""
    try:
        document: Any = json.loads(line)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    kind, customer = document.get("type"), document.get("customer_id")
    if isinstance(customer, int) and not isinstance(customer, bool):
        customer = str(customer)
    return kind if isinstance(kind, str) else "", customer if isinstance(customer, str) else ""


def _time_of(kind: str, line: bytes) -> Instant:
    if kind not in TOPIC_OF:
        return 0
    try:
        return _DECODERS[TOPIC_OF[kind]].read(line)[1]
    except Refused:
        return 0
