"""Merges: the ids that are one customer, and the one under which it is kept.

    a ──► b ──► c          merges, in order of time: a into b, then b into c
    └───────────┴─ a, b and c are one customer, which is kept as c

A merge is never undone, so what is known of a customer's ids only grows. The id under which it is kept follows from the
set of its merges alone. They are applied in order of time: each one moves the id that goes, and all ids joined with it
so far, to the id under which the other customer is kept at that point. So it does not matter which of them arrived
first, whether some arrived twice, or whether they form a circle.
"""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.structs import KeptFact

MAX_MERGES: Final = 64
"""Merges of one customer that are accepted: each of its ids stores all of them."""


class Merge(KeptFact, frozen=True):
    """One merge: from `at` on, the id `gone` is another name of the customer `into`."""

    at: Instant
    event_id: KeptId
    gone: str
    into: str


Merges = list[Merge]
"""The merges of one customer, in order of time. Empty: it has one id."""


def order_of(merge: Merge) -> tuple[Instant, str, str, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2), then what two sources may share."""
    return merge.at, unpacked(merge.event_id), merge.gone, merge.into


def union(merges: Iterable[Merge], others: Iterable[Merge]) -> Merges:
    """Return the merges of two customers that are one."""
    return sorted({*merges, *others}, key=order_of)


def ids_of(merges: Iterable[Merge], name: str) -> list[str]:
    """Return all ids of a customer that has an id, in alphabetical order."""
    return sorted({name, *(one.gone for one in merges), *(one.into for one in merges)})


def kept_as(merges: Iterable[Merge], name: str) -> str:
    """Return the id under which a customer is kept, from all its merges in order of time.

    >>> circle = [Merge(1, b"1", "a", "b"), Merge(2, b"2", "b", "c"), Merge(3, b"3", "c", "a")]
    >>> kept_as(circle, "a"), kept_as(circle[1:], "c"), kept_as([], "a")
    ('c', 'a', 'a')
    """
    stands: dict[str, str] = {}
    for merge in merges:
        old, new = stands.get(merge.gone, merge.gone), stands.get(merge.into, merge.into)
        if old != new:
            moved = [one for one, under in stands.items() if under == old]
            stands |= dict.fromkeys([*moved, merge.gone, old], new)
            stands[merge.into] = new
    return stands.get(name, name)


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Merges).decode


def encoded(merges: Collection[Merge]) -> bytes:
    """Return merges as bytes."""
    return _encode(list(merges))


def decoded(value: bytes) -> Merges:
    """Return the merges of some bytes."""
    return _decode(value)
