"""Listens for the console: uvicorn's HTTP within our own limits of connections and of time."""

import asyncio
import logging
import socket
import ssl
from typing import Any, Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from streams.console_settings import ConsoleSettings
from streams.errors import BadSettings
from streams.ports import refused
from streams.web.doors import CONNECTIONS, PATIENCE, Doors, url_of

MOST_HEADERS: Final = 16_384
"""Bytes of the headers of a request."""


class _OwnFaults(logging.Filter):
    """Passes errors of ours. Errors of clients are left out, because clients could fill the log with them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Report whether a line is logged."""
        error = record.exc_info[1] if record.exc_info is not None else None
        return error is not None and not isinstance(error, asyncio.CancelledError)  # its client has gone


logging.getLogger("uvicorn.error").addFilter(_OwnFaults())


class _Tied:
    """The application for one connection: tells the doors when a request has come, and when it is answered."""

    def __init__(self, app: ASGIApp, doors: Doors, connection: H11Protocol) -> None:
        self._app, self._doors, self._connection = app, doors, connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request within the time that it may take."""
        self._doors.begin(self._connection.transport)
        try:
            await self._app(scope, receive, send)
        finally:
            self._doors.end(self._connection.transport)


class Serving:
    """Listens, and stops."""

    def __init__(
        self,
        settings: ConsoleSettings,
        app: ASGIApp,
        *,
        connections: int = CONNECTIONS,
        patience: float = PATIENCE,
    ) -> None:
        self._settings, self._app = settings, app
        self._state = ServerState()
        self._most, self._patience = connections, patience
        self._listening: asyncio.Server | None = None
        self.url = ""

    async def start(self) -> None:
        """Start to listen; raise `BadSettings` if the port is taken, or the certificate cannot be used."""
        config = Config(
            self._app,
            http=H11Protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=int(self._patience) or 1,
            h11_max_incomplete_event_size=MOST_HEADERS,
        )
        config.load()

        def serve() -> asyncio.Protocol:
            connection = H11Protocol(config=config, server_state=self._state, app_state={})
            connection.app = cast("Any", _Tied(config.loaded_app, doors, connection))
            return connection

        doors = Doors(serve, self._most, self._patience)
        host, port, secured = self._settings.host, self._settings.port, _context(self._settings)
        try:
            self._listening = await asyncio.get_running_loop().create_server(doors, host, port, ssl=secured)
        except socket.gaierror as error:
            raise BadSettings(
                f"console.host = {host!r} is no name of this machine: set it to an address of it, as 127.0.0.1"
            ) from error
        except OSError as error:
            raise refused(
                host, port, error, "set console.port (--port) to another one, or 0 for any free one"
            ) from error
        self.url = url_of(self._listening, "http" if secured is None else "https")

    async def stop(self) -> None:
        """Stop to listen, and close what is idle; an answer that is being written is finished."""
        if self._listening is not None:
            self._listening.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(list(self._state.tasks), timeout=1.0)


def _context(settings: ConsoleSettings) -> ssl.SSLContext | None:
    if settings.cert_file is None or settings.key_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(
            f"console.cert_file and console.key_file cannot be used: {error}. They are PEM files, and the key is "
            "that of the certificate"
        ) from error
    return context
