"""Joining the group: what is said while the process waits for partitions."""

from dataclasses import dataclass
from typing import Final

from retention.calendar import SECOND, Instant

QUIET_FOR: Final = 3 * SECOND
"""Time of waiting that needs no word: a join usually takes less."""
SAID_EVERY: Final = 30 * SECOND


@dataclass(slots=True)
class Waiting:
    """A wait for partitions that began at an instant. `session` is `kafka.session_timeout`."""

    group: str
    session: float
    since: Instant
    said: Instant | None = None

    def says(self, now: Instant) -> str | None:
        """Return what to log now; None if nothing, as it is early, or was said a moment ago.

        >>> waiting = Waiting("backstay-webhooks", 45, 0)
        >>> waiting.says(2 * SECOND)
        >>> print(waiting.says(4 * SECOND))
        waiting for the group backstay-webhooks for 4 s; another process may hold it until its session ends, up to 45 s
        >>> waiting.says(5 * SECOND)
        """
        last = self.said if self.said is not None else self.since + QUIET_FOR - SAID_EVERY
        if now < last + SAID_EVERY:
            return None
        self.said = now
        return (
            f"waiting for the group {self.group} for {(now - self.since) // SECOND} s; another process may hold it "
            f"until its session ends, up to {self.session:g} s"
        )
