"""The wall clock: events later than now are not believed. A replay has no clock."""

from datetime import UTC, datetime

from agents.reading import MAX_AHEAD
from retention.calendar import NEVER, Instant, instant
from streams.settings import Settings


def now_of(settings: Settings) -> Instant | None:
    """Return the present instant; None if the run has no clock."""
    return instant(datetime.now(UTC)) if settings.time.clock == "wall" else None


def latest(now: Instant | None) -> Instant:
    """Return the latest event time that is believed now.

    >>> latest(0), latest(None) == NEVER
    (300000000, True)
    """
    return NEVER if now is None else now + MAX_AHEAD * 1_000
