"""The web side of a worker: the page, its events, metrics and health. On loopback unless told otherwise."""

import asyncio
import json
from importlib import resources
from typing import Final

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from streams.app import Worker
from streams.errors import BadSettings
from streams.settings import WebSettings
from streams.web.runbook import runbook
from streams.web.view import View, fresh_gauges

_SECURITY: Final = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
REFRESH: Final = 1.0


class Web:
    """Serves one worker's page. Nothing here writes, and nothing here names a customer but the live feed."""

    def __init__(self, settings: WebSettings, worker: Worker, mode: str = "live") -> None:
        self.settings, self.worker = settings, worker
        self.view = View(worker, mode)
        self.url: str | None = None
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; raise `BadSettings` if the port is taken."""
        if not self.settings.enabled:
            return
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/state", self._state),
                web.get("/events", self._events),
                web.get("/metrics", self._metrics),
                web.get("/runbook", self._runbook),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.settings.host, self.settings.port)
        try:
            await site.start()
        except OSError as error:
            raise BadSettings(
                f"cannot listen on {self.settings.host}:{self.settings.port} ({error.strerror or error}): "
                "set web.port to another port, or 0 for any free one"
            ) from error
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _page(self, _: web.Request) -> web.Response:
        page = resources.files("streams.web").joinpath("page.html").read_text()
        state = json.dumps(self.view.state()).replace("<", "\\u003c")  # no text of ours may end the script
        return web.Response(text=page.replace('"STATE"', state), content_type="text/html", headers=_SECURITY)

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(self.view.state(), headers=_SECURITY)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Push the state once a second for as long as somebody looks."""
        response = web.StreamResponse(headers={**_SECURITY, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        while not self.worker.failure.done():
            try:
                await response.write(f"data: {json.dumps(self.view.state())}\n\n".encode())
            except (ConnectionResetError, ConnectionError):
                break  # the reader has gone
            await asyncio.sleep(REFRESH)
        return response

    async def _metrics(self, request: web.Request) -> web.Response:
        fresh_gauges(self.worker)
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self.worker.gauges.exposed), headers={"Content-Type": kind})

    async def _runbook(self, _: web.Request) -> web.Response:
        return web.Response(text=runbook(), content_type="text/html", headers=_SECURITY)

    async def _healthz(self, _: web.Request) -> web.Response:
        """Tell whether the process should live on: the broker's absence is no reason to end it."""
        failed = self.worker.failure.done()
        return web.json_response({"alive": not failed}, status=503 if failed else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        """Tell whether this worker works: assigned, restored, live."""
        ready = self.worker.ready
        return web.json_response({"ready": ready}, status=200 if ready else 503)
