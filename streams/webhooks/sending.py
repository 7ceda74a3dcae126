"""Posts bodies to endpoints: no redirects, a bound on each wait and each answer, and no address that is refused."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
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
MOST_SHOWN: Final = 300


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
        """Post a body once; return the answer, whatever happens."""
        begun = asyncio.get_running_loop().time()
        answer = await self._sent(body, headers)
        took = asyncio.get_running_loop().time() - begun
        return Answer(answer.status, answer.error, answer.wish, answer.text, took)

    async def _sent(self, body: str, headers: Mapping[str, str]) -> Answer:
        try:
            if not self._allowed and _is_address(self._url.host or ""):
                require_public(self._url.host or "")
            async with self._opened().post(
                self._url, data=body.encode(), headers=headers, allow_redirects=False
            ) as response:
                wish = wished(response.headers.get("Retry-After"), self._now())
                text = await _beginning(response)
                response.close()  # whatever is left of the answer is not read
                return Answer(response.status, wish=wish, text=text)
        except TimeoutError:
            return Answer(error=f"no answer within {self._endpoint.timeout:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(error=self._explained(error))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            guards: dict[str, Any] = (
                {} if self._allowed else {"resolver": _Resolver(), "socket_factory": _guarded_socket}
            )
            connector = aiohttp.TCPConnector(
                ssl=self._context,
                limit=self._endpoint.concurrency,
                use_dns_cache=False,
                force_close=True,  # a receiver may close a connection just when it is used again
                **guards,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=self._endpoint.timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a small answer may be a large one, compressed
                headers={"User-Agent": f"backstay/{version()}", "Content-Type": "application/json"},
            )
        return self._session

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


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """Return the beginning of an answer as text that is safe to print; the status counts, whatever follows it."""
    try:
        found = await response.content.read(MOST_READ)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return ""
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
