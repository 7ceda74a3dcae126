"""The wall clock, where a run goes by it: what is later than now is not believed. A run by the log alone has no now."""

from datetime import UTC, datetime

from agents.reading import MAX_AHEAD
from retention.calendar import NEVER, Instant, instant
from streams.settings import Settings


def now_of(settings: Settings) -> Instant | None:
    """Return the present instant; None where only the log moves time."""
    return instant(datetime.now(UTC)) if settings.time.clock == "wall" else None


def latest(now: Instant | None) -> Instant:
    """Return when the last event may have happened that is believed now.

    >>> latest(0), latest(None) == NEVER
    (300000000, True)
    """
    return NEVER if now is None else now + MAX_AHEAD * 1_000
