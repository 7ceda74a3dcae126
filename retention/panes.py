"""Day buckets: how often something happened on each local day. Windows are sums over them.

A pane is a flat, sorted list `[day, count, day, count, …]`: four bytes an active day in the state.
"""

from retention.calendar import LocalDay

Pane = list[int]


def add(pane: Pane, day: LocalDay) -> None:
    """Count one more on a day, in whatever order the days come.

    >>> pane = [10, 1]
    >>> add(pane, 12); add(pane, 10); add(pane, 11)
    >>> pane
    [10, 2, 11, 1, 12, 1]
    """
    if pane and pane[-2] == day:
        pane[-1] += 1
        return
    at = len(pane)
    while at and pane[at - 2] > day:
        at -= 2
    if at and pane[at - 2] == day:
        pane[at - 1] += 1
    else:
        pane[at:at] = (day, 1)


def split(pane: Pane, before: LocalDay) -> tuple[list[LocalDay], list[int]]:
    """Give the active days before a day, ascending, and how often it happened on each.

    >>> split([10, 2, 11, 1, 12, 1], 12)
    ([10, 11], [2, 1])
    """
    at = len(pane)
    while at and pane[at - 2] >= before:
        at -= 2
    return pane[0:at:2], pane[1:at:2]


def prune(pane: Pane, first: LocalDay) -> None:
    """Drop the days before `first`."""
    keep = next((at for at in range(0, len(pane), 2) if pane[at] >= first), len(pane))
    del pane[:keep]
