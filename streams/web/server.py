"""The web side of a worker: page, events, metrics and health checks. On loopback unless configured otherwise."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Final

from aiohttp import web
from aiohttp.http import HttpProcessingError
from prometheus_client.exposition import choose_encoder

from streams.app import Worker
from streams.errors import BadSettings
from streams.hosts import Hosts
from streams.settings import WebSettings
from streams.web.doors import CONNECTIONS, PATIENCE, Doors, url_of
from streams.web.runbook import runbook
from streams.web.view import View, fresh_gauges

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Server": "backstay",
}
"""Headers of every answer. The page uses no script and no style but its own files, and may not be framed."""
PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Open to every client: an orchestrator asks by address, and the answer is only yes or no."""
REFRESH: Final = 1.0
LOOKED_AT: Final = 3_600.0
"""Seconds after which the stream of events ends; a browser reconnects by itself."""
VIEWERS: Final = 16
"""Most viewers of the stream of events at once: that leaves connections for metrics and probes."""


class OwnFaults(logging.Filter):
    """Passes errors of ours. Errors of clients are left out, because clients could fill the log with them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Report whether a line is logged."""
        return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


_log: Final = logging.getLogger("backstay.web")
_log.addFilter(OwnFaults())


class Web:
    """Serves one worker's page. It is read-only, and only the live feed has customer ids."""

    def __init__(
        self,
        settings: WebSettings,
        worker: Worker,
        mode: str = "live",
        *,
        connections: int = CONNECTIONS,
        patience: float = PATIENCE,
    ) -> None:
        self.settings, self.worker = settings, worker
        self.view = View(worker, mode)
        self.hosts = Hosts(settings.host, settings.allowed_hosts)
        self.url: str | None = None
        self._most, self._patience = connections, patience
        self._viewers = 0
        self._doors: Doors | None = None
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    async def start(self) -> None:
        """Start to listen; raise `BadSettings` if the port is taken."""
        if not self.settings.enabled:
            return
        app = web.Application(middlewares=[self._guarded], client_max_size=0)
        app.on_response_prepare.append(_secured)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/page.js", _script),
                web.get("/page.css", _style),
                web.get("/state", self._state),
                web.get("/events", self._events, allow_head=False),
                web.get("/metrics", self._metrics),
                web.get("/runbook", _runbook),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )
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
        await self._listen(self._runner)

    async def _listen(self, runner: web.AppRunner) -> None:
        assert runner.server is not None  # noqa: S101 - it is set up
        self._doors = Doors(runner.server, self._most, self._patience)
        host, port = self.settings.host, self.settings.port
        try:
            self._listening = await asyncio.get_running_loop().create_server(self._doors, host, port)
        except OSError as error:
            raise BadSettings(
                f"cannot listen on {host}:{port} ({error.strerror or error}): "
                "set web.port to another port, or 0 for any free one"
            ) from error
        self.url = url_of(self._listening)

    async def stop(self) -> None:
        """Stop listening."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer only for the configured hosts, within the limits of time."""
        assert self._doors is not None  # noqa: S101 - every request came through them
        self._doors.begin(request.transport)
        try:
            if request.path not in PROBES and not self._is_ours(request):
                raise web.HTTPMisdirectedRequest(
                    text="This worker does not answer for the host of this request. "
                    "Add the name to web.allowed_hosts in its settings.\n"
                )
            return await handler(request)
        finally:
            self._doors.end(request.transport)

    def _is_ours(self, request: web.Request) -> bool:
        transport = request.transport
        came_to = transport.get_extra_info("sockname")[0] if transport is not None else ""
        # A path that is a whole URL contains a host of its own, which would win over the header.
        return request.raw_path.startswith("/") and self.hosts.allow(request.headers.getall("Host", []), came_to)

    async def _page(self, _: web.Request) -> web.Response:
        state = json.dumps(self.view.state()).replace("<", "\\u003c")  # no text of ours may end the script
        return web.Response(text=_file("page.html").replace('"STATE"', state), content_type="text/html")

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(self.view.state())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Push the state once a second for as long as the viewer reads it."""
        if self._viewers >= VIEWERS:
            raise web.HTTPServiceUnavailable(
                text="the page has as many viewers as it allows\n", headers={"Retry-After": "10"}
            )
        self._viewers += 1
        try:
            return await self._pushed(request)
        finally:
            self._viewers -= 1

    async def _pushed(self, request: web.Request) -> web.StreamResponse:
        assert self._doors is not None  # noqa: S101 - every request came through them
        self._doors.begin(request.transport, within=None)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        until = asyncio.get_running_loop().time() + LOOKED_AT
        while not self.worker.failure.done() and asyncio.get_running_loop().time() < until:
            try:
                async with asyncio.timeout(self._patience):
                    await response.write(f"data: {json.dumps(self.view.state())}\n\n".encode())
            except (OSError, TimeoutError):
                if request.transport is not None:
                    request.transport.abort()  # the viewer has gone, or does not read
                break
            await asyncio.sleep(REFRESH)
        return response

    async def _metrics(self, request: web.Request) -> web.Response:
        fresh_gauges(self.worker)
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self.worker.gauges.exposed), headers={"Content-Type": kind})

    async def _healthz(self, _: web.Request) -> web.Response:
        """Report whether the process should live on: an absent broker is no reason to end it."""
        failed = self.worker.failure.done()
        return web.json_response({"alive": not failed}, status=503 if failed else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        """Report whether this worker is ready: assigned, restored, live."""
        ready = self.worker.ready
        return web.json_response({"ready": ready}, status=200 if ready else 503)


async def _secured(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(SECURITY)


async def _script(_: web.Request) -> web.Response:
    return web.Response(text=_file("page.js"), content_type="text/javascript")


async def _style(_: web.Request) -> web.Response:
    return web.Response(text=_file("page.css"), content_type="text/css")


async def _runbook(_: web.Request) -> web.Response:
    return web.Response(text=runbook(), content_type="text/html")


def _file(name: str) -> str:
    return resources.files("streams.web").joinpath(name).read_text(encoding="utf-8")
