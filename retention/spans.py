"""The spans in which a customer was active, half-open, and what changed at their edges.

A span `(start, end)` holds at t when start < t ≤ end: "at t" means after every event before t (metrics.md, rule 1).
"""

from collections.abc import Iterable

from retention.calendar import NEVER, Instant

Span = tuple[Instant, Instant]
"""From activation to lapse; `NEVER` while it lasts."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans joined where they touch: events of one instant leave no gap.

    >>> merged([(5, 9), (1, 3), (3, 4)])
    [(1, 4), (5, 9)]
    """
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif start < end:
            joined.append((start, end))
    return joined


def active_at(spans: Iterable[Span], at: Instant) -> bool:
    """Report whether a customer with these spans is active at an instant."""
    return any(start < at <= end for start, end in spans)


def until(spans: list[Span], as_of: Instant) -> list[Span]:
    """Return spans with the end left open if event time has not passed it: only then does a lapse count.

    >>> until([(1, 5), (8, 12)], as_of=5), until([(1, 5), (8, 12)], as_of=6)
    ([(1, 4611686018427387904)], [(1, 5), (8, 4611686018427387904)])
    """
    return merged((start, end if end < as_of else NEVER) for start, end in spans)
