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
    end = place(pane, before)
    return pane[0:end:2], pane[1:end:2]


def place(pane: Pane, day: LocalDay) -> int:
    """Give where a day, and what is later, begins.

    >>> place([10, 2, 11, 1, 12, 1], 12)
    4
    """
    at = len(pane)
    while at and pane[at - 2] >= day:
        at -= 2
    return at


def count_to(pane: Pane, end: int, number: int) -> bool:
    """Tell whether it happened so often before a place. The newest days, which are looked at first, mostly suffice.

    >>> count_to([10, 2, 11, 1, 12, 1], 4, 3), count_to([10, 2, 11, 1, 12, 1], 4, 4)
    (True, False)
    """
    while end and number > 0:
        number -= pane[end - 1]
        end -= 2
    return number <= 0


def prune(pane: Pane, first: LocalDay) -> None:
    """Drop the days before `first`."""
    keep = next((at for at in range(0, len(pane), 2) if pane[at] >= first), len(pane))
    del pane[:keep]
