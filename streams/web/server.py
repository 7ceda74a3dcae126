"""The web side of a worker: page, events, metrics and health checks. On loopback unless configured otherwise."""

import asyncio
import json
from importlib import resources
from typing import Final

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from streams.app import Worker
from streams.settings import WebSettings
from streams.web.doors import CONNECTIONS, PATIENCE
from streams.web.headers import policy, protection
from streams.web.listening import Listener
from streams.web.runbook import runbook
from streams.web.view import View, fresh_gauges

SECURITY: Final = protection(policy("script", "style", "connect", images="data:", trusted=True))
"""Headers of every answer. The page uses no script and no style but its own files, and may not be framed."""
REFRESH: Final = 1.0
LOOKED_AT: Final = 3_600.0
"""Seconds after which the stream of events ends; a browser reconnects by itself."""
VIEWERS: Final = 16
"""Most viewers of the stream of events at once: that leaves connections for metrics and probes."""


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
        self.url: str | None = None
        self._patience = patience
        self._viewers = 0
        self._listener = Listener(
            settings,
            settings.port,
            "set web.port to another one, or 0 for any free one",
            SECURITY,
            connections=connections,
            patience=patience,
        )

    async def start(self) -> None:
        """Start to listen; raise `BadSettings` if the port is taken."""
        if not self.settings.enabled:
            return
        self.url = await self._listener.start(
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

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.stop()

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
        self._listener.take_time(request)
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


async def _script(_: web.Request) -> web.Response:
    return web.Response(text=_file("page.js"), content_type="text/javascript")


async def _style(_: web.Request) -> web.Response:
    return web.Response(text=_file("page.css"), content_type="text/css")


async def _runbook(_: web.Request) -> web.Response:
    return web.Response(text=runbook(), content_type="text/html")


def _file(name: str) -> str:
    return resources.files("streams.web").joinpath(name).read_text(encoding="utf-8")
