"""The instants of the tries of one delivery. Nothing here asks what time it is, or draws."""

from typing import Final

from retention.calendar import HOUR, SECOND, Instant

_MINUTE: Final = 60 * SECOND
WAITS: Final = (
    0,
    5 * SECOND,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""The time from each try to the next: the ten tries that Standard Webhooks proposes, three days in all."""
TRIES: Final = len(WAITS)
JITTER: Final = 0.2
"""Largest part by which a wait is longer, so that all that failed together does not come back together."""
LONGEST_WISH: Final = 24 * HOUR
"""Longest time that an endpoint may ask for with Retry-After."""


def next_try(tries: int, at: Instant, draw: float, wish: Instant | None = None) -> Instant | None:
    """Return when a delivery is tried again that has failed at an instant, after so many tries; None if never again.

    `draw` is a number from 0 to 1, `wish` the time for which the endpoint asked to be left alone.

    >>> next_try(1, 0, 0.0), next_try(2, 0, 1.0), next_try(1, 0, 0.0, 60 * SECOND), next_try(10, 0, 0.0)
    (5000000, 360000000, 60000000, None)
    """
    if tries >= TRIES:
        return None
    wait = WAITS[tries]
    return at + max(wait + round(wait * JITTER * draw), min(wish or 0, LONGEST_WISH))
