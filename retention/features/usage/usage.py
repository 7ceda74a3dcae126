"""A customer's use of the product, as far as it is kept (docs/decisions/0049).

    uses        day  12  11  10   9   8   7        by day: how often any feature was used; 0 on a day of sessions only
                     40   3   0   .   .  22
    features    "export"  newest day 12, bits 100011…  days on which it was used: a bit each, of the last 16 weeks
    users       digest    newest day 12, by week: 40, 25
    errors      "export"  by day: 2
    community   by day, and of the days before the last 16 weeks the newest one
    first       when any feature was first used, ever

Weeks are counted back from the newest day of each thing, not from the present: so what is kept is the same in whatever
order events arrive, and of a feature that a customer has given up the weeks before it did so stay.
"""

from typing import Final

from retention import day_counts
from retention.calendar import Instant, LocalDay
from retention.day_counts import DayCounts
from retention.identity import KeptId, digest, unpacked
from retention.ordering import together
from retention.structs import Kept, KeptFact

KEPT_DAYS: Final = 112
"""Days up to the newest one that are kept of each thing: 16 weeks."""
KEPT_WEEKS: Final = KEPT_DAYS // 7
DAYS_OF_WEEK: Final = 7
MAX_FEATURES: Final = 32
MAX_USERS: Final = 32
MAX_MILESTONES: Final = 24
MAX_SEATS: Final = 40
LONGEST_NAME: Final = 48
"""Characters of the name of a feature or milestone. Those that differ only after that are one."""
USER_BYTES: Final = 6
"""Bytes of a digest. Among 32 of them, one new user in 10¹³ would be taken for a known one."""
UNKNOWN: Final = -1
"""In place of the instant of the first use: it lies before what was stored by a build that did not keep it."""
NO_FEATURE: Final = ""
"""The name under which errors are counted whose feature is unknown."""
_ALL: Final = (1 << KEPT_DAYS) - 1


class FeatureUse(Kept):
    """The days on which a feature was used: the newest one, and a bit for each of those before it."""

    newest: LocalDay
    days: bytes
    """Big-endian: the last bit is the newest day, the one before it the day before."""


class UserUse(Kept):
    """A user: the newest day, and how often it used any feature, by week."""

    newest: LocalDay
    weeks: "list[int]"
    """As `DayCounts`, by number of the week."""


class Milestone(KeptFact, frozen=True):
    """A milestone that was reached, and which one the plan named next."""

    at: Instant
    event_id: KeptId
    name: str
    following: str = ""
    due: Instant = 0
    """When the following one was to be reached; 0 if no plan says so."""


class Seats(KeptFact, frozen=True):
    """The seats from an instant on: paid, and in use (−1 if unknown)."""

    at: Instant
    event_id: KeptId
    paid: int
    active: int = -1


class Usage(Kept):
    """All that is kept of one customer's use."""

    uses: "list[int]" = []
    features: "dict[str, FeatureUse]" = {}
    """By name, in alphabetical order."""
    users: "dict[bytes, UserUse]" = {}
    """By digest, in order."""
    errors: "dict[str, list[int]]" = {}
    """Days with errors, by feature, in alphabetical order."""
    milestones: "list[Milestone]" = []
    seats: "list[Seats]" = []
    community: "list[int]" = []
    first: Instant = 0
    """When any feature was used for the first time; 0 if never. It stays behind the horizon: else a later use would
    seem to be the first."""

    def first_moves(self, at: Instant) -> bool:
        """Report whether a use at an instant is the first one."""
        return self.first == 0 or at < self.first


NOTHING_USED: Final = Usage()


def order_of(fact: Milestone | Seats) -> tuple[Instant, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return fact.at, unpacked(fact.event_id)


def kept_name(name: str) -> str:
    """Return the name of a feature or milestone as it is kept."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def user_key(user_id: str) -> bytes:
    """Return the key of a user."""
    return digest(user_id)[:USER_BYTES]


def bits_of(use: FeatureUse) -> int:
    """Return the days on which a feature was used as a number: bit `n` is the day `n` days before the newest one."""
    return int.from_bytes(use.days, "big")


def used_on(use: FeatureUse, day: LocalDay) -> bool:
    """Report whether a feature was used on a day, as far as that is kept."""
    place = use.newest - day
    return 0 <= place < KEPT_DAYS and bool(bits_of(use) >> place & 1)


def days_of(use: FeatureUse, following: LocalDay) -> list[LocalDay]:
    """Return the days before one on which a feature was used, the newest first.

    >>> days_of(FeatureUse(12, bytes([0b10011])), 12)
    [11, 8]
    """
    text = bin(bits_of(use))[:1:-1]
    return [use.newest - place for place, bit in enumerate(text) if bit == "1" and use.newest - place < following]


def mark(use: FeatureUse, day: LocalDay) -> None:
    """Note that a feature was used on a day."""
    later = day - use.newest
    if later <= -KEPT_DAYS:
        return
    bits = bits_of(use)
    if later > 0:
        use.newest = day
        bits = (bits << later if later < KEPT_DAYS else 0) | 1
    else:
        bits |= 1 << -later
    bits &= _ALL
    use.days = bits.to_bytes((bits.bit_length() + 7) // 8, "big")


def count(counts: DayCounts, day: LocalDay, number: int, kept: int = KEPT_DAYS) -> None:
    """Count events on a day, unless it lies before those that are kept; drop what does now."""
    if not counts:
        counts += day, number
        return
    newest = counts[0]
    if day > newest - kept:
        day_counts.add(counts, day, number)
        if day > newest:
            day_counts.prune(counts, day - kept + 1)


def count_visit(counts: DayCounts, day: LocalDay, number: int = 1) -> None:
    """Count a visit, or several; of the days before those that are kept, keep the newest one, too.

    It shows that there were earlier visits: else a later one would let the customer seem to begin with the oldest day
    that is kept.
    """
    day_counts.add(counts, day, number)
    before = day_counts.around(counts, counts[0] - KEPT_DAYS + 1)[0]
    if before is not None:
        day_counts.prune(counts, before)


def count_user(users: "dict[bytes, UserUse]", key: bytes, day: LocalDay, number: int) -> None:
    """Count uses of a user who is known."""
    user = users[key]
    user.newest = max(user.newest, day)
    count(user.weeks, day // DAYS_OF_WEEK, number, KEPT_WEEKS)


def bound(usage: Usage) -> int:
    """Keep the features and users with the newest days, and the newest milestones and changes; return how many went."""
    dropped = 0
    for over in range(len(usage.features) - MAX_FEATURES):
        del usage.features[min(usage.features, key=lambda name: (usage.features[name].newest, name))]
        dropped = over + 1
    for _ in range(len(usage.users) - MAX_USERS):
        del usage.users[min(usage.users, key=lambda key: (usage.users[key].newest, key))]
        dropped += 1
    for _ in range(len(usage.errors) - MAX_FEATURES):
        del usage.errors[min(usage.errors, key=lambda name: (usage.errors[name][0], name))]
        dropped += 1
    for facts, most in ((usage.milestones, MAX_MILESTONES), (usage.seats, MAX_SEATS)):
        surplus = max(0, len(facts) - most)
        del facts[:surplus]
        dropped += surplus
    return dropped


def prune(usage: Usage, at: Instant, first: LocalDay) -> None:
    """Drop what lies before the horizon; of seats, the newest before it stays: it holds until the next change."""
    day_counts.prune(usage.uses, first)
    day_counts.prune(usage.community, first)
    usage.features = {name: kept for name, use in usage.features.items() if (kept := _since(use, first)) is not None}
    for name, counts in list(usage.errors.items()):
        day_counts.prune(counts, first)
        if not counts:
            del usage.errors[name]
    usage.users = {key: user for key, user in usage.users.items() if user.newest >= first}
    for user in usage.users.values():
        day_counts.prune(user.weeks, first // DAYS_OF_WEEK)
    usage.milestones = [one for one in usage.milestones if one.at >= at]
    before = [one for one in usage.seats if one.at < at]
    standing = [Seats(before[-1].at, b"", before[-1].paid, before[-1].active)] if before else []
    usage.seats = standing + usage.seats[len(before) :]


def _since(use: FeatureUse, first: LocalDay) -> FeatureUse | None:
    """Return a feature without its days before the horizon; None if nothing is left."""
    number = use.newest - first + 1
    if number <= 0:
        return None
    bits = bits_of(use) & ((1 << min(number, KEPT_DAYS)) - 1)
    return FeatureUse(use.newest, bits.to_bytes((bits.bit_length() + 7) // 8, "big"))


def joined(one: Usage, other: Usage) -> Usage:
    """Return the use of two customers together, each thing as far back from its newest day as it is kept."""
    return Usage(
        _counted(one.uses, other.uses),
        {
            name: _used_by_both(one.features.get(name), other.features.get(name))
            for name in sorted({*one.features, *other.features})
        },
        {key: _one_user(one.users.get(key), other.users.get(key)) for key in sorted({*one.users, *other.users})},
        {name: _counted(one.errors.get(name, []), other.errors.get(name, [])) for name in _names(one, other)},
        together(one.milestones, other.milestones, _of_one_event, order_of),
        together(one.seats, other.seats, _of_one_event, order_of),
        _visited(one.community, other.community),
        min((first for first in (one.first, other.first) if first), default=0),
    )


def _names(one: Usage, other: Usage) -> list[str]:
    return sorted({*one.errors, *other.errors})


def _counted(counts: DayCounts, others: DayCounts, kept: int = KEPT_DAYS) -> DayCounts:
    found = list(counts)
    for day, number in zip(day_counts.days(others), others[1::2], strict=True):
        count(found, day, number, kept)
    return found


def _visited(counts: DayCounts, others: DayCounts) -> DayCounts:
    found = list(counts)
    for day, number in zip(day_counts.days(others), others[1::2], strict=True):
        count_visit(found, day, number)
    return found


def _used_by_both(one: FeatureUse | None, other: FeatureUse | None) -> FeatureUse:
    found = [use for use in (one, other) if use is not None]
    newest, bits = max(use.newest for use in found), 0
    for use in found:
        bits |= bits_of(use) << newest - use.newest
    bits &= _ALL
    return FeatureUse(newest, bits.to_bytes((bits.bit_length() + 7) // 8, "big"))


def _one_user(one: UserUse | None, other: UserUse | None) -> UserUse:
    found = [user for user in (one, other) if user is not None]
    weeks: DayCounts = []
    for user in found:
        weeks = _counted(weeks, user.weeks, KEPT_WEEKS)
    return UserUse(max(user.newest for user in found), weeks)


def _of_one_event(fact: Milestone | Seats) -> tuple[KeptId, Instant]:
    return fact.event_id, 0 if fact.event_id else fact.at
