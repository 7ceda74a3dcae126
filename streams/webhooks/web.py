"""The metrics and health checks of `backstay webhooks run`. On loopback unless configured otherwise."""

from typing import Final

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from streams.settings import WebSettings
from streams.web.headers import policy, protection
from streams.web.listening import Listener
from streams.webhooks.process import Process

PORT: Final = 6067
"""A worker on the same machine has 6066."""
SECURITY: Final = protection(policy())
"""Headers of every answer: none of them is a page."""


class WebhooksWeb:
    """Serves the metrics and the health of one process. Nothing in it is about a customer."""

    def __init__(self, settings: WebSettings, process: Process, port: int = PORT) -> None:
        self.settings, self.process = settings, process
        self.url: str | None = None
        self._listener = Listener(settings, port, "set --port to another one, or 0 for any free one", SECURITY)

    async def start(self) -> None:
        """Start to listen; raise `BadSettings` if the port is taken."""
        if not self.settings.enabled:
            return
        self.url = await self._listener.start(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )

    async def stop(self) -> None:
        """Stop listening."""
        await self._listener.stop()

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
