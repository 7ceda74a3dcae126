"""Posts bodies to endpoints: no redirects, a bound on each wait and each answer, and no address that is refused.

A connection is kept for the next request. An endpoint may close it just when that is sent: whether it was received
is not known then, and it is sent again at once, on a new connection. Receivers know a delivery by its id.
"""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from retention.calendar import Instant
from schemas.visible import visible
from streams.about import version
from streams.errors import BadSettings
from streams.webhook_settings import EndpointSettings
from streams.webhooks.addresses import refusal
from streams.webhooks.answers import Answer, wished

MOST_READ: Final = 2_048
"""Bytes of an answer that are read; the connection is closed after more."""
READ_WITHIN: Final = 1.0
"""Seconds that the body of an answer may take; the connection is closed after more."""
IDLE_FOR: Final = 10.0
"""Seconds for which a connection without requests is kept."""
MOST_SHOWN: Final = 300
SHORTEST: Final = 0.01
"""Seconds that a request is given at least: none would be no bound."""


class AddressRefused(OSError):
    """Raised before a connection is made to an address that is not allowed."""


class _Resolver(AbstractResolver):
    """Resolves a host, and refuses it if any of its addresses is refused."""

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raise `AddressRefused`."""
        found = await self._inner.resolve(host, port, family)
        for one in found:
            require_public(one["host"])
        return found

    async def close(self) -> None:
        """Close nothing."""


def require_public(address: str) -> None:
    """Raise `AddressRefused` for an address that is refused."""
    why = refusal(address)
    if why is not None:
        raise AddressRefused(f"it has {why}, {address}, and no request is sent there")


def _guarded_socket(address: Any) -> socket.socket:  # noqa: ANN401 - aiohttp's own tuple
    """Return the socket of a connection; raise `AddressRefused` for the very address that it is to be made to."""
    family, kind, protocol, _, where = address
    require_public(str(where[0]))
    return socket.socket(family=family, type=kind, proto=protocol)


class Sender:
    """Sends to one endpoint."""

    def __init__(self, name: str, endpoint: EndpointSettings, now: Callable[[], Instant]) -> None:
        self._endpoint, self._now = endpoint, now
        self._url = URL(endpoint.url.get_secret_value())
        self._allowed = bool(endpoint.allow_private)
        self._context = _context(name, endpoint)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, body: str, headers: Mapping[str, str]) -> Answer:
        """Post a body; return the answer, whatever happens."""
        begun = asyncio.get_running_loop().time()
        answer = await self._sent(body.encode(), headers, begun + self._endpoint.timeout)
        took = asyncio.get_running_loop().time() - begun
        return Answer(answer.status, answer.error, answer.wish, answer.text, took)

    async def _sent(self, body: bytes, headers: Mapping[str, str], until: float) -> Answer:
        connection = SimpleNamespace(reused=False)
        try:
            if not self._allowed and _is_address(self._url.host or ""):
                require_public(self._url.host or "")
            try:
                return await self._posted(self._kept(), body, headers, until, connection)
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
                if not connection.reused or _has_begun_to_answer(error):
                    raise
            async with self._session_of(kept=False) as fresh:
                return await self._posted(fresh, body, headers, until, connection)
        except TimeoutError:
            return Answer(error=f"no answer within {self._endpoint.timeout:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(error=self._explained(error))

    async def _posted(
        self,
        session: aiohttp.ClientSession,
        body: bytes,
        headers: Mapping[str, str],
        until: float,
        connection: SimpleNamespace,
    ) -> Answer:
        """Post a body once, until an instant of the loop; note in `connection` whether one that was kept was taken."""
        left = max(until - asyncio.get_running_loop().time(), SHORTEST)
        async with session.post(
            self._url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=left),
            trace_request_ctx=connection,
        ) as response:
            wish = wished(response.headers.get("Retry-After"), self._now())
            text = await _beginning(response)
            if not response.content.at_eof():
                response.close()  # the rest is not read, so the connection cannot be used again
            return Answer(response.status, wish=wish, text=text)

    def _kept(self) -> aiohttp.ClientSession:
        """Return the session whose connections are kept."""
        if self._session is None:
            self._session = self._session_of(kept=True)
        return self._session

    def _session_of(self, *, kept: bool) -> aiohttp.ClientSession:
        """Return a session that keeps its connections or not; each is made to an address that was checked."""
        guards: dict[str, Any] = {} if self._allowed else {"resolver": _Resolver(), "socket_factory": _guarded_socket}
        keeping: dict[str, Any] = {"keepalive_timeout": IDLE_FOR} if kept else {"force_close": True}
        connector = aiohttp.TCPConnector(
            ssl=self._context, limit=self._endpoint.concurrency, use_dns_cache=False, **guards, **keeping
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a small answer may be a large one, compressed
            headers={"User-Agent": f"backstay/{version()}", "Content-Type": "application/json"},
            trace_configs=[_tracing()],
        )

    def _explained(self, error: Exception) -> str:
        """Return an error in words that name the host, and not the url."""
        host = self._endpoint.host
        inner: BaseException | None = error
        while inner is not None:
            if isinstance(inner, AddressRefused):
                return f'{host}: {inner}; if it is meant to, allow_private = ["{host}"]'
            inner = getattr(inner, "os_error", None) or inner.__cause__
        return f"{host}: {_meaning(error)}"

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


_MEANINGS: Final[tuple[tuple[tuple[type[Exception], ...], str], ...]] = (
    ((aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError), "its certificate is not trusted"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "no TLS connection can be made"),
    ((aiohttp.ClientConnectorDNSError,), "the name cannot be resolved"),
    ((aiohttp.ClientConnectorError,), "no connection can be made"),
    ((aiohttp.ServerDisconnectedError, ConnectionError), "it closed the connection before it answered"),
)
"""The errors of a try, the special ones first."""


def _meaning(error: Exception) -> str:
    found = next((text for kinds, text in _MEANINGS if isinstance(error, kinds)), None)
    return found or f"its answer cannot be read ({type(error).__name__})"


def _tracing() -> aiohttp.TraceConfig:
    """Return what notes whether a request went out on a connection that had been used before."""

    async def note(_session: aiohttp.ClientSession, context: SimpleNamespace, _: object) -> None:
        context.trace_request_ctx.reused = True

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(note)
    return tracing


def _has_begun_to_answer(error: Exception) -> bool:
    """Report whether the endpoint had sent a part of its answer when the connection was lost."""
    return isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str)


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """Return the beginning of an answer as text that is safe to print; the status counts, whatever follows it."""
    found = bytearray()
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
        async with asyncio.timeout(READ_WITHIN):
            while len(found) < MOST_READ and not response.content.at_eof():
                found += await response.content.read(MOST_READ - len(found))
    return visible(found.decode(errors="replace")[:MOST_SHOWN])


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _context(name: str, endpoint: EndpointSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(endpoint.ca_file) if endpoint.ca_file is not None else None)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"webhooks.{name}.ca_file: {endpoint.ca_file} holds no certificates") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
