"""The customers that an unusable record names, and the partition that can decide whether any of them is erased."""

import re
from typing import Final

import msgspec

from agents.record import Record
from schemas.cloud_events import data_in_base64
from schemas.decoding import MAX_BYTES
from streams.home import home_of
from streams.outgoing import MAX_BESIDE

MOST: Final = 16
"""Most customers of one record to check: each costs a hash and, if any customer is erased, an HMAC."""
_LONGEST: Final = 128
"""Characters of a customer id (../design/events.md)."""
_NAMED: Final = re.compile(rb'"customer_id"\s*:\s*("(?:[^"\\]|\\.){1,1024}"|-?[0-9]{1,128})')


def named_in(key: bytes | None, value: bytes | None) -> set[str]:
    """Return the customer ids in a record: its key, and what follows `"customer_id":`, in broken JSON too.

    At most one more than `MOST`.

    >>> sorted(named_in(b"c-1", b'{"customer_id": "c-2", "amount": '))
    ['c-1', 'c-2']
    """
    found = {_text(key)} if key else set()
    text = value or b""
    # In UTF-16, which no agent reads, every other byte of an id is zero.
    for match in _NAMED.finditer((text + data_in_base64(text)).replace(b"\0", b"")):
        found.add(_text(match[1]))
        if len(found) > MOST:
            break
    return {one for one in found if 0 < len(one) <= _LONGEST}


def _text(written: bytes) -> str:
    """Return an id from its text: a JSON string, a number, or plain; bytes that are no UTF-8 are left out."""
    if written.startswith(b'"'):
        try:
            return msgspec.json.decode(written, type=str)
        except ValueError:  # msgspec's own, and UnicodeDecodeError, which is none of its own
            written = written.strip(b'"')
    return written.decode(errors="ignore")


def judge_of(record: Record, named: set[str], number: int, partitions: int) -> int | None:
    """Return the partition number that can decide whether a record names an erased customer; None if none can.

    Only a customer's home knows whether it is erased. A record is judged where it is read, and is then sent on at most
    once: the last offset of each origin shows whether one arrived before, so none may take a detour.
    """
    if len(named) > MOST:
        return None
    origin = record.partition % partitions
    others = {home_of(one.encode(), partitions) for one in named} - {number, origin}
    if not others:
        return number
    fits = len(record.value or b"") <= MAX_BYTES and len(record.key or b"") <= MAX_BESIDE
    return others.pop() if number == origin and len(others) == 1 and fits else None
