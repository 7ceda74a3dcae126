"""Entries of the state in order of time, so that the state does not depend on the order in which events arrive."""

from collections.abc import Callable
from typing import Any, TypeVar

from retention.calendar import NEVER, Instant

T = TypeVar("T")


def put_in_order(entries: dict[bytes, T], dated: Callable[[T], Instant]) -> None:
    """Sort entries by time, then by key. Most are in order already, which one pass shows."""
    before, last = -NEVER, b""
    for key, entry in entries.items():
        at = dated(entry)
        if at < before or (at == before and key < last):
            break
        before, last = at, key
    else:
        return
    for _, key in sorted([(dated(entry), key) for key, entry in entries.items()]):
        entries[key] = entries.pop(key)


def together(facts: list[T], others: list[T], same: Callable[[T], object], order: Callable[[T], Any]) -> list[T]:
    """Return the facts of two customers in order; of those that are the same, the first one's."""
    known = {same(fact) for fact in facts}
    return sorted([*facts, *[fact for fact in others if same(fact) not in known]], key=order)
