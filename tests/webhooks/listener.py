"""A real HTTP listener on loopback that fails in every way that it is told, and remembers what it accepted."""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from standardwebhooks import Webhook, WebhookVerificationError

from tests.webhooks.building import SECRET

Way = str


def _answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    length = [] if any(one.startswith("Content-Length") for one in headers) else [f"Content-Length: {len(body)}"]
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, *length, "", ""]).encode() + body


WAYS: Final[dict[Way, bytes]] = {
    "accept": _answer("204 No Content"),
    "accept_late_body": _answer("200 OK", "Content-Length: 1000", body=b"only the beginning"),
    "accept_not_utf8": _answer("200 OK", "Content-Type: text/plain; charset=utf-8", body=b"\xff\xfe\xfd\xfc"),
    "accept_long": _answer("200 OK", body=b"x" * 2_000),
    "accept_huge": _answer("200 OK", "Content-Length: 500000000", body=b"x" * 1_000_000),
    "accept_bomb": _answer("200 OK", "Content-Encoding: gzip", body=b"\x1f\x8b\x00"),
    "500": _answer("500 Internal Server Error", body=b"sorry"),
    "429": _answer("429 Too Many Requests", "Retry-After: 120"),
    "503_date": _answer("503 Service Unavailable", "Retry-After: Wed, 01 Jan 2020 00:00:00 GMT"),
    "301": _answer("301 Moved Permanently", "Location: http://127.0.0.1:1/elsewhere"),
    "410": _answer("410 Gone"),
    "cut": b"HTTP/1.1 200 O",
    "no_http": b"\x00\x01\x02 this is no HTTP\r\n\r\n",
    "huge_header": _answer("200 OK", "X-Large: " + "y" * 100_000),
    "drop": b"",
    "reset": b"",
}
"""The answers, by the way in which the listener fails; the connection is closed after each, unless it `keeps` them."""
WHOLE: Final = ("accept", "accept_not_utf8", "accept_bomb", "accept_long", "500", "429", "503_date", "301", "410")
"""The answers after which one that keeps connections does so."""
HANGS: Final = ("hang",)
ACCEPTING: Final = tuple(way for way in WAYS if way.startswith("accept"))
REFUSING: Final = (*(way for way in WAYS if way not in ACCEPTING and way != "410"), *HANGS)


@dataclass
class Request:
    """A request that came."""

    id: str
    headers: dict[str, str]
    body: str


@dataclass
class Listener:
    """Answers each request in the way that `choose` says."""

    choose: Callable[[Request], Way] = lambda _: "accept"
    secret: str = SECRET
    context: ssl.SSLContext | None = None
    verifies: bool = True
    keeps: bool = False
    connections: int = 0
    requests: list[Request] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    forged: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self.hold.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.context)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """Return its address."""
        assert self._server is not None
        scheme = "https" if self.context is not None else "http"
        return f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self.connections += 1
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            while await self._answer(reader, writer) in WHOLE and self.keeps:
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._now -= 1
            self._open.discard(writer)
            with contextlib.suppress(OSError):
                writer.close()

    def close_idle(self) -> None:
        """Close the connections that are kept."""
        for writer in list(self._open):
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Way:
        """Answer one request; return the way."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")[1:]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
        body = (await reader.readexactly(int(headers["content-length"]))).decode()
        request = Request(headers["webhook-id"], headers, body)
        self.requests.append(request)
        if self.verifies:
            self._verify(request)
        self.came.set()
        await self.hold.wait()
        way = self.choose(request)
        if way in HANGS:
            await reader.read()  # until the client has had enough
            return way
        if way in ACCEPTING:
            self.accepted[request.id] += 1
        if way == "reset":
            writer.transport.abort()
            return way
        writer.write(WAYS[way])
        await writer.drain()
        return way

    def _verify(self, request: Request) -> None:
        try:
            Webhook(self.secret).verify(request.body, request.headers)
        except WebhookVerificationError as error:
            if "timestamp" not in str(error):  # the clock of these tests is another one
                self.forged.append(request.id)
