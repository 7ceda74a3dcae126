"""The profile of a customer: the values of its attributes, and since when it has had each.

    country     ES          IT          ES  ES                 (none)
    ────────────┼───────────┼───────────┼───┼──────────────────┼──►
                                            └─ said again: kept as well, for a change that comes late may lie before it

Only attributes that figures are split by are kept (docs/decisions/0048).
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.ordering import together
from retention.structs import KeptFact

MAX_CHANGES: Final = 100
"""Changes of all attributes of one customer together."""
MOST_ATTRIBUTES: Final = 20
LONGEST_VALUE: Final = 64
NO_VALUE: Final = ""
"""The value of an attribute that was removed, or whose value is longer than any that can be listed."""
FOLDED: Final = b""
"""The id of the change that stands for all those before the horizon."""


class Change(KeptFact, frozen=True):
    """A value of an attribute, since when, and the event that set it."""

    at: Instant
    event_id: KeptId
    value: str


Profile = dict[str, list[Change]]
"""Changes by attribute, each in order of time."""


def order_of(change: Change) -> tuple[Instant, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return change.at, unpacked(change.event_id)


def kept_value(value: str | None) -> str:
    """Return a value in its stored form."""
    return value if value is not None and len(value) <= LONGEST_VALUE else NO_VALUE


def is_known(changes: list[Change], ident: KeptId) -> bool:
    """Report whether an event is among the changes of an attribute."""
    return any(one.event_id == ident for one in changes)


def is_superseded(changes: list[Change], at: Instant) -> bool:
    """Report whether the value of an instant was replaced before the horizon."""
    return bool(changes) and changes[0].event_id == FOLDED and at <= changes[0].at


def taken_in(changes: list[Change], change: Change) -> list[Change]:
    """Return the changes of an attribute with one more."""
    if not changes or order_of(changes[-1]) < order_of(change):
        return [*changes, change]
    return sorted([*changes, change], key=order_of)


def folded(changes: list[Change], horizon: Instant) -> list[Change]:
    """Return the changes since the horizon, after the value that an attribute had at it."""
    before = [one for one in changes if one.at < horizon]
    standing = [Change(before[-1].at, FOLDED, before[-1].value)] if before else []
    return standing + changes[len(before) :]


def bound(profile: Profile) -> int:
    """Keep at most `MAX_CHANGES` changes; return how many were dropped.

    First those that only repeat the value before them, the oldest first: no figure differs without them. Then the
    oldest ones; the newest of each attribute stays.
    """
    number = sum(map(len, profile.values()))
    surplus = number - MAX_CHANGES
    for candidates in (_repeated, _replaced):
        if surplus > 0:
            surplus -= _drop_oldest(profile, surplus, candidates)
    return max(0, number - MAX_CHANGES) - max(0, surplus)


def _drop_oldest(profile: Profile, most: int, candidates: Callable[[list[Change]], list[Change]]) -> int:
    going = sorted((order_of(one), name) for name, changes in profile.items() for one in candidates(changes))
    gone = set(going[:most])
    for name, changes in profile.items():
        profile[name] = [one for one in changes if (order_of(one), name) not in gone]
    return len(gone)


def _repeated(changes: list[Change]) -> list[Change]:
    return [one for before, one in pairwise(changes) if before.value == one.value]


def _replaced(changes: list[Change]) -> list[Change]:
    return changes[:-1]


def history(changes: list[Change]) -> list[tuple[Instant, str]]:
    """Return the values of an attribute, each with the instant since when: of one instant, the last one."""
    found = {one.at: one.value for one in changes}
    return list(found.items())


def joined(profile: Profile, other: Profile) -> Profile:
    """Return the attributes of two customers: of each the changes of both, since the later value at a horizon."""
    return {
        name: _since_the_last_folded(together(profile.get(name, []), other.get(name, []), _of_one_event, order_of))
        for name in sorted({*profile, *other})
    }


def _of_one_event(change: Change) -> tuple[KeptId, Instant]:
    return change.event_id, change.at if change.event_id == FOLDED else 0


def _since_the_last_folded(changes: list[Change]) -> list[Change]:
    folded_ones = [place for place, one in enumerate(changes) if one.event_id == FOLDED]
    return changes[folded_ones[-1] :] if folded_ones else changes
