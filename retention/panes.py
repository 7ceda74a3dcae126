"""Day buckets: the number of events on each local day. Windows are sums over them.

A pane is a flat list: the newest day first, then the number of days between each day and the one before: `[day, count,
gap, count, gap, count, …]`. Both are small numbers, so an active day takes two bytes in the state; and the gaps, from
which habits are computed, are stored already.
"""

from itertools import accumulate
from operator import sub

from retention.calendar import LocalDay

Pane = list[int]


def add(pane: Pane, day: LocalDay) -> None:
    """Count one event on a day; days may come in any order.

    >>> pane = [10, 1]
    >>> add(pane, 12); add(pane, 10); add(pane, 9)
    >>> pane
    [12, 1, 2, 2, 1, 1]
    """
    if not pane:
        pane += day, 1
        return
    at, here = 0, pane[0]
    if day > here:
        pane[:1] = day, 1, day - here
        return
    while here > day:
        at += 2
        if at == len(pane):
            pane += here - day, 1
            return
        earlier = here - pane[at]
        if earlier < day:
            pane[at : at + 1] = here - day, 1, day - earlier
            return
        here = earlier
    pane[at + 1] += 1


def _earlier(pane: Pane, day: LocalDay) -> tuple[int, LocalDay]:
    """Return the place in a non-empty pane where the days before a day begin, and the first of them.

    If there are none: the end, and the oldest day.
    """
    at, here = 0, pane[0]
    while here >= day:
        at += 2
        if at == len(pane):
            break
        here -= pane[at]
    return at, here


def before(pane: Pane, day: LocalDay) -> Pane:
    """Return the part of a pane before a day: the same pane if that is all of it.

    >>> before([12, 1, 2, 2, 1, 1], 12)
    [10, 2, 1, 1]
    """
    if not pane or pane[0] < day:
        return pane
    at, here = _earlier(pane, day)
    return [here, *pane[at + 1 :]] if at < len(pane) else []


def around(pane: Pane, day: LocalDay) -> tuple[LocalDay | None, LocalDay | None]:
    """Return the last active day before a day, and the first one from it on.

    >>> around([12, 1, 2, 2, 1, 1], 11), around([12, 1], 12)
    ((10, 12), (None, 12))
    """
    if not pane or pane[0] < day:
        return (pane[0] if pane else None), None
    at, here = _earlier(pane, day)
    if at == len(pane):
        return None, here
    return here, here + pane[at]


def days(pane: Pane) -> list[LocalDay]:
    """Return the active days, the newest first.

    >>> days([12, 1, 2, 2, 1, 1])
    [12, 10, 9]
    """
    return list(accumulate(pane[::2], sub))


def counts_to(pane: Pane, number: int) -> bool:
    """Report whether a pane counts to a number. The newest days, which are added first, mostly suffice.

    >>> counts_to([12, 1, 2, 2, 1, 1], 4), counts_to([12, 1, 2, 2, 1, 1], 5)
    (True, False)
    """
    at, end = 1, len(pane)
    while at < end and number > 0:
        number -= pane[at]
        at += 2
    return number <= 0


def first_from(pane: Pane, day: LocalDay) -> LocalDay | None:
    """Return the first active day from a day on.

    >>> first_from([12, 1, 2, 2, 1, 1], 10), first_from([12, 1], 13)
    (10, None)
    """
    if not pane or pane[0] < day:
        return None
    at, here = _earlier(pane, day)
    return here + pane[at] if at < len(pane) else here


def prune(pane: Pane, first: LocalDay) -> None:
    """Drop the days before `first`.

    >>> pane = [12, 1, 2, 2, 1, 1]
    >>> prune(pane, 10); pane
    [12, 1, 2, 2]
    """
    if pane:
        del pane[_earlier(pane, first)[0] :]
