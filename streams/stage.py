"""The stage of a demonstration: a broker with empty topics. It is set up while the demonstration itself is imported."""

import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from rich.console import Console

from streams.about import version
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.errors import TopicsUnfit
from streams.settings import Settings

EMBEDDED_SESSION: Final = 2.0
"""Seconds. The embedded broker lets a member wait, a second at a time, until half of the session is over."""
WIDTH: Final = 140
"""Columns of the output if there is no terminal."""
LONG: Final = 9.95
"""Seconds from which on tenths are left out."""


class Stage:
    """Shows a demonstration, and has a broker where it takes place."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        if not self.console.is_terminal:
            self.console = Console(highlight=False, width=WIDTH)
        self.begun = time.monotonic()
        self._embedded: EmbeddedBroker | None = None

    def step(self, what: str, says: str) -> None:
        """Show that one thing more is ready, and when."""
        seconds = time.monotonic() - self.begun
        taken = f"{seconds:.1f}" if seconds < LONG else f"{seconds:.0f}"  # no longer: the line fills 80 columns
        self.console.print(f" [green]✓[/] {what:<8} {says}  [dim]{taken} s[/]", soft_wrap=True)

    @asynccontextmanager
    async def broker(self, settings: Settings, address: str | None) -> AsyncIterator[Settings]:
        """Yield settings with a broker that has empty topics: the given one, or an embedded one."""
        where = "in-memory broker, nothing is stored" if address is None else "on a broker of yours"
        self.console.print(f"[bold]backstay {version()}[/]  demo: {where}")
        async with AsyncExitStack() as stack:
            if address is None:
                self._embedded = await stack.enter_async_context(EmbeddedBroker())
                there = with_broker(settings, self._embedded.address, session_timeout=EMBEDDED_SESSION)
            else:
                there = with_broker(settings, address)
            broker = Broker(there)
            await require_none(broker, "demo")
            self.step("broker", there.kafka.bootstrap_servers)
            made = await broker.create_topics()
            self.step("topics", f"{len(made)} created, {settings.topics.partitions} partitions each for customers")
            yield there

    def leave(self) -> None:
        """End the process now, and the embedded broker: clients of Kafka that are cancelled may never end."""
        if self._embedded is not None:
            self._embedded.kill()
        self.console.show_cursor(True)
        sys.stdout.flush()
        os._exit(130)


def with_broker(settings: Settings, address: str, **others: object) -> Settings:
    """Return the same settings with another broker."""
    kafka = settings.kafka.model_copy(update={"bootstrap_servers": address, **others})
    return settings.model_copy(update={"kafka": kafka})


async def require_none(broker: Broker, purpose: str) -> None:
    """Raise `TopicsUnfit` if the broker has any of our topics: their records would mix with this run."""
    there = [name for name, width in (await broker.widths()).items() if width]
    if there:
        raise TopicsUnfit(
            f"the broker at {broker.servers} has topics of these names already ({', '.join(sorted(there)[:3])}…), and "
            f"{purpose} needs its own: use a broker without them, or others with --set topics.prefix={purpose}- "
            f"--set kafka.group={purpose}"
        )
