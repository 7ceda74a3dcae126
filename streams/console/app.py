"""The console, put together: store, subscriber, writer of audit records and server, started and stopped as one."""

import asyncio
import contextlib
import logging
import time
from datetime import UTC, datetime
from typing import Self

from retention.calendar import Instant, instant
from retention.risk.arithmetic import STEPS
from streams.broker import Broker
from streams.console.aging import Aging
from streams.console.appraising import Appraising
from streams.console.documents import EPOCH
from streams.console.fading import Bands
from streams.console.gate import Gate
from streams.console.gauges import Read, registry_of
from streams.console.looks import Looks
from streams.console.serving import Serving
from streams.console.site import Site, is_clear_text
from streams.console.store import Store
from streams.console.subscriber import Subscriber
from streams.console.viewing import StoreViews
from streams.console.views.shared import Company
from streams.console.workers import WorkersWatch
from streams.console_settings import ConsoleSettings
from streams.forgetting import key_of
from streams.settings import Settings

log = logging.getLogger("backstay.console")


class App:
    """One console. Use as an async context manager."""

    def __init__(self, settings: Settings, *, rebuild: bool = False, demo: bool = False) -> None:
        wanted = settings.console
        self.gate = Gate(wanted, time.monotonic)
        broker = Broker(settings)
        bands = Bands(round(settings.risk.medium * STEPS), round(settings.risk.high * STEPS))
        self.store = Store(wanted.dir, key_of(settings), wanted.keep_days, bands)
        if rebuild:
            self.store.clear()
        self.aging = Aging(self.store, self._today, self._is_reading)
        self.subscriber = Subscriber(broker, self.store, _clock, self.aging.finish)
        metrics = settings.metrics
        self._company = Company(metrics.basis, metrics.zone, wanted.owner, wanted.horizon_days, metrics.periods, bands)
        self.workers = WorkersWatch(broker, lambda: self.subscriber.status.connected, time.monotonic)
        self.views = StoreViews(self.store, self._company, lambda: self.subscriber.status, lambda: self.workers.found)
        self.looks = Looks(broker, _now)
        read = Read(
            lambda: self.views.pipeline(self._event_time()),
            lambda: (self.looks.written, self.looks.waiting),
            settings.deployment,
        )
        self.appraising = Appraising(
            self.views.signals,
            self._event_time,
            self._is_behind,
            lambda: sum(self.store.positions().values()),
            settings.deployment,
            wanted.horizon_days,
        )
        self.site = Site(
            wanted,
            self.views,
            self.looks,
            self.gate,
            lambda: self.subscriber.status,
            registry_of(read, self.appraising),
            self.workers.fresh,
            by_log=settings.time.clock == "log",
            demo=demo,
        )
        self.serving = Serving(wanted, self.site.app)
        self._tasks: list[asyncio.Task[None]] = []
        _warn(wanted)

    def _event_time(self) -> datetime:
        return self.views.event_time() or EPOCH

    def _today(self) -> Instant:
        return self._company.today(self.site.as_of())

    def _is_behind(self) -> bool:
        return not self.subscriber.status.caught_up

    def _is_reading(self) -> bool:
        status = self.subscriber.status
        return status.connected and not status.caught_up

    @property
    def url(self) -> str:
        """Return the address of the console."""
        return self.serving.url

    async def __aenter__(self) -> Self:
        try:
            await self.serving.start()
        except BaseException:
            self.store.close()
            raise
        parts = (self.subscriber, self.looks, self.aging, self.appraising)
        self._tasks = [asyncio.create_task(one.run()) for one in parts]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.serving.stop()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.looks.stop()
        self.store.close()

    async def failure(self) -> None:
        """Wait until one of its parts ends, which none does by itself, and raise why it has."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def _warn(wanted: ConsoleSettings) -> None:
    if is_clear_text(wanted):
        log.warning("tokens travel in clear text: set console.cert_file and console.key_file, or let a proxy encrypt")
    if wanted.proxy_header is not None and "proxy_roles" not in wanted.model_fields_set:
        log.warning(
            'people whom the proxy names may look, and no more: console.proxy_roles = ["see", "act"] lets them '
            "take the CSV, export a customer, and say what became of an action"
        )


def _now() -> datetime:
    return datetime.now(UTC)


def _clock() -> int:
    return instant(datetime.now(UTC))
