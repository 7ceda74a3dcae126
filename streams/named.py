"""Whom a record names that could not be used, and which partition can tell whether any of them is forgotten."""

import re
from typing import Final

import msgspec

from agents.record import Record
from schemas.decoding import MAX_BYTES
from streams.home import home_of
from streams.outgoing import MAX_BESIDE

MOST: Final = 16
"""Customers of one record that are asked about: each costs a hash and, where anybody is forgotten, an HMAC."""
_LONGEST: Final = 128
"""Characters of a customer id (../design/events.md)."""
_NAMED: Final = re.compile(rb'"customer_id"\s*:\s*("(?:[^"\\]|\\.){1,1024}"|-?[0-9]{1,128})')


def named_in(key: bytes | None, value: bytes | None) -> set[str]:
    """Return the ids that stand in a record: its key, and whatever follows `"customer_id":`, broken JSON or not.

    Never more than one above `MOST`.

    >>> sorted(named_in(b"c-1", b'{"customer_id": "c-2", "amount": '))
    ['c-1', 'c-2']
    """
    found = {_text(key)} if key else set()
    # In UTF-16, which no agent reads, every other byte of an id is zero.
    for match in _NAMED.finditer((value or b"").replace(b"\0", b"")):
        found.add(_text(match[1]))
        if len(found) > MOST:
            break
    return {one for one in found if 0 < len(one) <= _LONGEST}


def _text(written: bytes) -> str:
    """Read an id as it is written: as JSON text, as a number, or plain. What is no UTF-8 is nobody's id."""
    if written.startswith(b'"'):
        try:
            return msgspec.json.decode(written, type=str)
        except msgspec.DecodeError:
            written = written.strip(b'"')
    return written.decode(errors="ignore")


def judge_of(record: Record, named: set[str], number: int, partitions: int) -> int | None:
    """Return the partition number that can tell whether anybody is forgotten whom a record names; None if none can.

    Who is forgotten is only known at home. A record is looked at where it is read, and is then sent on at most once:
    the last offset of each origin tells whether one came before, so nothing may come round about.
    """
    if len(named) > MOST:
        return None
    origin = record.partition % partitions
    others = {home_of(one.encode(), partitions) for one in named} - {number, origin}
    if not others:
        return number
    fits = len(record.value or b"") <= MAX_BYTES and len(record.key or b"") <= MAX_BESIDE
    return others.pop() if number == origin and len(others) == 1 and fits else None
