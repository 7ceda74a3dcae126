"""One endpoint as a running process knows it: whether it may be sent to now, and how many requests are under way."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from retention.calendar import SECOND, Instant
from streams.webhook_settings import EndpointSettings
from streams.webhooks.answers import Answer
from streams.webhooks.delivery import Delivery, Switch
from streams.webhooks.schedule import LONGEST_WISH
from streams.webhooks.sending import Sender
from streams.webhooks.signing import signer_of

TOLD_EVERY: Final = 60 * SECOND
"""Time for which a failure is not logged again: an endpoint that is down fails for all that waits."""
MOST_TOLD: Final = 100


class Target:
    """An endpoint with what signs for it and what sends to it. It has a bound of requests of its own."""

    def __init__(self, name: str, settings: EndpointSettings, now: Callable[[], Instant]) -> None:
        self.name, self.settings, self._now = name, settings, now
        self._signer, self._sender = signer_of(name, settings), Sender(name, settings, now)
        self.tasks: set[asyncio.Task[None]] = set()
        self.switch: Switch | None = None
        self._read: set[Switch] = set()
        """Switches that were read from a partition: their copies on others say nothing new."""
        self.left_alone_until: Instant = 0
        """Until when the endpoint asked to be left alone."""
        self._told: dict[str, Instant] = {}

    @property
    def disabled(self) -> bool:
        """Report whether nothing is sent to it."""
        return self.switch is not None and self.switch.disabled

    def has_room(self, now: Instant) -> bool:
        """Report whether one more request may be sent now."""
        room = len(self.tasks) < self.settings.concurrency
        return room and not self.disabled and self.left_alone_until <= now

    def tells(self, says: str, now: Instant) -> bool:
        """Report whether a failure is to be logged: it is another one, or a minute has passed; and note it."""
        last = self._told.get(says)
        if last is not None and last <= now < last + TOLD_EVERY:  # a clock that was set back silences nothing
            return False
        if len(self._told) >= MOST_TOLD:
            self._told.clear()
        self._told[says] = now
        return True

    def turn(self, found: Sequence[Switch]) -> None:
        """Take switches that follow one another on a partition: the last one counts, unless it was read before.

        Their clocks do not count: two operators have two.
        """
        if found and found[-1] not in self._read:
            self.switch = found[-1]
        self._read.update(found)

    async def send(self, one: Delivery, body: str) -> Answer:
        """Send a delivery once; note if the endpoint asks to be left alone."""
        now = self._now()
        answer = await self._sender.send(body, self._signer.headers(one.id, now, body))
        if answer.wish is not None and answer.verdict != "delivered":
            self.left_alone_until = max(self.left_alone_until, self._now() + min(answer.wish, LONGEST_WISH))
        return answer

    async def close(self) -> None:
        """End the requests that are under way, and close all connections."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self._sender.close()
