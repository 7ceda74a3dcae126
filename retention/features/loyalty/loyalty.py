"""The points of a customer, as the company said them: how many it had, and how many its next tier needs."""

from typing import Final

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.ordering import together
from retention.structs import KeptFact

MAX_CHANGES: Final = 12
LONGEST_NAME: Final = 48
"""Characters of the name of a tier. Those that differ only after that are one."""


class Points(KeptFact, frozen=True):
    """The points from an instant on, how many the next tier needs, and its name, if it has one."""

    at: Instant
    event_id: KeptId
    points: int
    needed: int
    tier: str = ""


Changes = list[Points]
"""In order of time."""


def kept_name(name: str | None) -> str:
    """Return the name of a tier as it is kept."""
    if name is None or len(name) <= LONGEST_NAME:
        return name or ""
    return name[: LONGEST_NAME - 1] + "…"


def order_of(one: Points) -> tuple[Instant, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return one.at, unpacked(one.event_id)


def bound(changes: Changes) -> int:
    """Keep the newest changes; return how many were dropped."""
    surplus = max(0, len(changes) - MAX_CHANGES)
    del changes[:surplus]
    return surplus


def prune(changes: Changes, before: Instant) -> None:
    """Drop what lies before the horizon, but for the newest: it holds until the next change."""
    old = [one for one in changes if one.at < before]
    changes[:] = old[-1:] + changes[len(old) :]


def joined(changes: Changes, others: Changes) -> Changes:
    """Return the changes of two customers together."""
    return together(changes, others, lambda one: one.event_id, order_of)
