"""The metrics and health checks of `backstay webhooks run`. On loopback unless configured otherwise."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from streams.errors import BadSettings
from streams.hosts import Hosts
from streams.settings import WebSettings
from streams.web.doors import CONNECTIONS, PATIENCE, Doors, url_of
from streams.webhooks.process import Process

PORT: Final = 6067
"""A worker on the same machine has 6066."""
PROBES: Final = frozenset({"/healthz", "/readyz"})


class WebhooksWeb:
    """Serves the metrics and the health of one process. Nothing in it is about a customer."""

    def __init__(self, settings: WebSettings, process: Process, port: int = PORT) -> None:
        self.settings, self.process, self.port = settings, process, port
        self.hosts = Hosts(settings.host, settings.allowed_hosts)
        self.url: str | None = None
        self._doors: Doors | None = None
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        """Start to listen; raise `BadSettings` if the port is taken."""
        if not self.settings.enabled:
            return
        app = web.Application(middlewares=[self._guarded], client_max_size=0)
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, keepalive_timeout=PATIENCE)
        await self._runner.setup()
        assert self._runner.server is not None  # noqa: S101 - it is set up
        self._doors = Doors(self._runner.server, CONNECTIONS, PATIENCE)
        host = self.settings.host
        try:
            self._listening = await asyncio.get_running_loop().create_server(self._doors, host, self.port)
        except OSError as error:
            raise BadSettings(
                f"cannot listen on {host}:{self.port} ({error.strerror or error}): give --port another port, or 0 for "
                "any free one"
            ) from error
        self.url = url_of(self._listening)

    async def stop(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer only for the configured hosts, within the limits of time."""
        assert self._doors is not None  # noqa: S101 - every request came through them
        self._doors.begin(request.transport)
        try:
            if request.path not in PROBES and not self._is_ours(request):
                raise web.HTTPMisdirectedRequest(text="Add the name of this host to web.allowed_hosts.\n")
            return await handler(request)
        finally:
            self._doors.end(request.transport)

    def _is_ours(self, request: web.Request) -> bool:
        transport = request.transport
        came_to = transport.get_extra_info("sockname")[0] if transport is not None else ""
        return request.raw_path.startswith("/") and self.hosts.allow(request.headers.getall("Host", []), came_to)

    async def _metrics(self, request: web.Request) -> web.Response:
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self.process.gauges.exposed), headers={"Content-Type": kind})

    async def _healthz(self, _: web.Request) -> web.Response:
        failed = self.process.failure.done()
        return web.json_response({"alive": not failed}, status=503 if failed else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        """Report whether partitions were assigned and are open: an endpoint that is down is no reason."""
        ready = self.process.ready
        return web.json_response({"ready": ready}, status=200 if ready else 503)
