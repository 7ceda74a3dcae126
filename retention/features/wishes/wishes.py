"""The wishes of a customer that were met: when, and by which event. What was wished is not kept."""

from typing import Final

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.ordering import together
from retention.structs import KeptFact

MAX_WISHES: Final = 8
"""The newest ones: an older one is no news."""


class Wish(KeptFact, frozen=True):
    """A wish that was met."""

    at: Instant
    event_id: KeptId


Wishes = list[Wish]
"""In order of time."""


def order_of(wish: Wish) -> tuple[Instant, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return wish.at, unpacked(wish.event_id)


def bound(wishes: Wishes) -> int:
    """Keep the newest wishes; return how many were dropped."""
    surplus = max(0, len(wishes) - MAX_WISHES)
    del wishes[:surplus]
    return surplus


def prune(wishes: Wishes, before: Instant) -> None:
    """Drop what lies before the horizon."""
    wishes[:] = [wish for wish in wishes if wish.at >= before]


def joined(wishes: Wishes, others: Wishes) -> Wishes:
    """Return the wishes of two customers together."""
    return together(wishes, others, lambda wish: wish.event_id, order_of)
