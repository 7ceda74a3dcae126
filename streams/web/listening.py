"""Listens for a process of ours: aiohttp within limits of connections, of time and of lines, for our hosts alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from aiohttp import web
from aiohttp.http import HttpProcessingError

from streams.hosts import Hosts
from streams.ports import refused
from streams.settings import WebSettings
from streams.web.doors import CONNECTIONS, PATIENCE, Doors, url_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Open to every client: an orchestrator asks by address, and the answer is only yes or no."""


class OwnFaults(logging.Filter):
    """Passes errors of ours. Errors of clients are left out, because clients could fill the log with them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Report whether a line is logged."""
        return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


_log: Final = logging.getLogger("backstay.web")
_log.addFilter(OwnFaults())


class Listener:
    """One server. `advice` says what to set if its port is taken; `headers` are those of every answer."""

    def __init__(
        self,
        settings: WebSettings,
        port: int,
        advice: str,
        headers: Mapping[str, str],
        *,
        connections: int = CONNECTIONS,
        patience: float = PATIENCE,
    ) -> None:
        self._host, self._port, self._advice, self._headers = settings.host, port, advice, headers
        self._hosts = Hosts(settings.host, settings.allowed_hosts)
        self._most, self._patience = connections, patience
        self._doors: Doors | None = None
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    async def start(self, routes: Iterable[web.RouteDef]) -> str:
        """Start to listen, and return the address; raise `BadSettings` if the port is taken."""
        app = web.Application(middlewares=[self._guarded], client_max_size=0)
        app.on_response_prepare.append(self._secured)
        app.add_routes(routes)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_log,
            shutdown_timeout=1.0,
            keepalive_timeout=self._patience,
            lingering_time=1.0,
            max_line_size=2_048,
            max_field_size=8_190,
            max_headers=64,
        )
        await self._runner.setup()
        assert self._runner.server is not None  # noqa: S101 - it is set up
        self._doors = Doors(self._runner.server, self._most, self._patience)
        try:
            loop = asyncio.get_running_loop()
            self._listening = await loop.create_server(self._doors, self._host, self._port)
        except OSError as error:
            raise refused(self._host, self._port, error, self._advice) from error
        return url_of(self._listening)

    async def stop(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def take_time(self, request: web.Request) -> None:
        """Set no limit for the answer to a request."""
        assert self._doors is not None  # noqa: S101 - every request came through them
        self._doors.begin(request.transport, within=None)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer only for the configured hosts, within the limits of time."""
        assert self._doors is not None  # noqa: S101 - every request came through them
        self._doors.begin(request.transport)
        try:
            if request.path not in PROBES and not self._is_ours(request):
                raise web.HTTPMisdirectedRequest(
                    text="This process does not answer for the host of this request. "
                    "Add the name to web.allowed_hosts in its settings.\n"
                )
            return await handler(request)
        finally:
            self._doors.end(request.transport)

    def _is_ours(self, request: web.Request) -> bool:
        transport = request.transport
        came_to = transport.get_extra_info("sockname")[0] if transport is not None else ""
        # A path that is a whole URL contains a host of its own, which would win over the header.
        return request.raw_path.startswith("/") and self._hosts.allow(request.headers.getall("Host", []), came_to)

    async def _secured(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self._headers)
