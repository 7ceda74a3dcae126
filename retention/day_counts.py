"""Day buckets: the number of events on each local day. Windows are sums over them.

Counts are a flat list: the newest day first, then the number of days between each day and the one before: `[day, count,
gap, count, gap, count, …]`. Both are small numbers, so an active day takes two bytes in the state; and the gaps, from
which habits are computed, are stored already.
"""

from itertools import accumulate
from operator import sub

from retention.calendar import LocalDay

DayCounts = list[int]


def add(counts: DayCounts, day: LocalDay, number: int = 1) -> None:
    """Count one event, or several, on a day; days may come in any order.

    >>> counts = [10, 1]
    >>> add(counts, 12); add(counts, 10); add(counts, 9)
    >>> counts
    [12, 1, 2, 2, 1, 1]
    """
    if not counts:
        counts += day, number
        return
    at, here = 0, counts[0]
    if day > here:
        counts[:1] = day, number, day - here
        return
    while here > day:
        at += 2
        if at == len(counts):
            counts += here - day, number
            return
        earlier = here - counts[at]
        if earlier < day:
            counts[at : at + 1] = here - day, number, day - earlier
            return
        here = earlier
    counts[at + 1] += number


def newest_before(counts: DayCounts, day: LocalDay) -> tuple[int, LocalDay]:
    """Return the place in non-empty counts where the days before a day begin, and the newest of them.

    If there are none: the end, and the oldest day.

    >>> newest_before([12, 1, 2, 2, 1, 1], 12), newest_before([12, 1], 12)
    ((2, 10), (2, 12))
    """
    at, here = 0, counts[0]
    while here >= day:
        at += 2
        if at == len(counts):
            break
        here -= counts[at]
    return at, here


def before(counts: DayCounts, day: LocalDay) -> DayCounts:
    """Return the part of a list of counts before a day: the same list if that is all of it.

    >>> before([12, 1, 2, 2, 1, 1], 12)
    [10, 2, 1, 1]
    """
    if not counts or counts[0] < day:
        return counts
    at, here = newest_before(counts, day)
    return [here, *counts[at + 1 :]] if at < len(counts) else []


def around(counts: DayCounts, day: LocalDay) -> tuple[LocalDay | None, LocalDay | None]:
    """Return the last active day before a day, and the first one from it on.

    >>> around([12, 1, 2, 2, 1, 1], 11), around([12, 1], 12)
    ((10, 12), (None, 12))
    """
    if not counts or counts[0] < day:
        return (counts[0] if counts else None), None
    at, here = newest_before(counts, day)
    if at == len(counts):
        return None, here
    return here, here + counts[at]


def days(counts: DayCounts) -> list[LocalDay]:
    """Return the active days, the newest first.

    >>> days([12, 1, 2, 2, 1, 1])
    [12, 10, 9]
    """
    return list(accumulate(counts[::2], sub))


def within(counts: DayCounts, first: LocalDay, following: LocalDay) -> list[LocalDay]:
    """Return the active days from one to another, without that: the newest first. Those before them are not read.

    >>> within([12, 1, 2, 2, 1, 1, 5, 1], 9, 12)
    [10, 9]
    """
    found: list[LocalDay] = []
    if not counts:
        return found
    at, here, end = 0, counts[0], len(counts)
    while here >= first:
        if here < following:
            found.append(here)
        at += 2
        if at >= end:
            break
        here -= counts[at]
    return found


def counts_to(counts: DayCounts, number: int, place: int = 0) -> bool:
    """Report whether the days from a place on count to a number. The newest, which are added first, mostly suffice.

    >>> counts_to([12, 1, 2, 2, 1, 1], 4), counts_to([12, 1, 2, 2, 1, 1], 5), counts_to([12, 1, 2, 2, 1, 1], 4, 2)
    (True, False, False)
    """
    at, end = place + 1, len(counts)
    while at < end and number > 0:
        number -= counts[at]
        at += 2
    return number <= 0


def first_from(counts: DayCounts, day: LocalDay) -> LocalDay | None:
    """Return the first active day from a day on.

    >>> first_from([12, 1, 2, 2, 1, 1], 10), first_from([12, 1], 13)
    (10, None)
    """
    if not counts or counts[0] < day:
        return None
    at, here = newest_before(counts, day)
    return here + counts[at] if at < len(counts) else here


def prune(counts: DayCounts, first: LocalDay) -> None:
    """Drop the days before `first`.

    >>> counts = [12, 1, 2, 2, 1, 1]
    >>> prune(counts, 10); counts
    [12, 1, 2, 2]
    """
    if counts:
        del counts[newest_before(counts, first)[0] :]


def put_together(counts: DayCounts, others: DayCounts) -> None:
    """Add the counts of another list to one.

    >>> counts = [12, 1, 2, 2]
    >>> put_together(counts, [11, 5, 1, 1]); counts
    [12, 1, 1, 5, 1, 3]
    """
    for day, number in zip(days(others), others[1::2], strict=True):
        add(counts, day, number)
