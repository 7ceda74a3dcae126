"""Joining and leaving the group: what is said while the process waits for partitions, and how it goes at once."""

from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer

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


async def left(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, and have it leave its group at once.

    aiokafka sends no LeaveGroup in generation 0. Apache Kafka counts from 1, but the embedded broker from 0: there the
    next process would wait until the session of one that is gone has ended. The request does not name the generation.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 - nothing public leaves a group
    if getattr(coordinator, "generation", None) == 0:
        coordinator.generation = 1
    await consumer.stop()
