"""Limits of the web side: the number of connections, and the time that each may take; and where it is reached.

The page shares its loop with the worker, so connections that stay silent must not cost it anything.
"""

import asyncio
from collections.abc import Callable
from typing import Final

CONNECTIONS: Final = 64
PATIENCE: Final = 10.0
"""Seconds for a request to arrive completely, or for its answer to be read; also between two requests."""
ANSWER: Final = 30.0
"""Seconds to produce an answer."""
FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"


def url_of(listening: asyncio.Server, scheme: str = "http") -> str:
    """Return the address at which a server is reached from this machine."""
    address, port = listening.sockets[0].getsockname()[:2]
    # A server on every address (0.0.0.0) has no address of that name: loopback is one that answers.
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - only read
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"


class Doors:
    """Creates the connections. When all are taken, the one that has been idle for longest is closed."""

    def __init__(self, serve: Callable[[], asyncio.Protocol], most: int, patience: float) -> None:
        self._serve, self.most, self.patience = serve, most, patience
        self.guests: dict[asyncio.BaseTransport, Guest] = {}
        """Ordered by the time since which they are idle."""

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol of one connection, as asyncio's servers call it."""
        return Guest(self, self._serve())

    def admit(self, guest: "Guest", transport: asyncio.Transport) -> bool:
        """Report whether there is room for one more connection."""
        if len(self.guests) >= self.most:
            idle = next((one for one in self.guests.values() if not one.busy), None)
            if idle is None:
                return False
            idle.leave()
        self.guests[transport] = guest
        return True

    def begin(self, transport: asyncio.BaseTransport | None, within: float | None = ANSWER) -> None:
        """Note that a request has arrived completely; `within` None sets no limit for its answer."""
        guest = self.guests.get(transport) if transport is not None else None
        if guest is not None:
            guest.busy = True
            guest.give(within)

    def end(self, transport: asyncio.BaseTransport | None) -> None:
        """Note that an answer is complete: the connection is idle, and goes to the end of the queue."""
        guest = self.guests.pop(transport, None) if transport is not None else None
        if guest is not None and transport is not None:
            self.guests[transport] = guest
            guest.busy = False
            guest.give(self.patience)


class Guest(asyncio.Protocol):
    """One connection: passes everything on to aiohttp's own protocol, until its time is up."""

    def __init__(self, doors: Doors, inner: asyncio.Protocol) -> None:
        self._doors, self._inner = doors, inner
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.busy = False

    def give(self, seconds: float | None) -> None:
        """Close the connection after `seconds`; None sets no limit."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self.leave)

    def leave(self) -> None:
        """Close the connection now, whatever is still to be sent."""
        if self._transport is not None:
            self._doors.guests.pop(self._transport, None)
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the connection, or answer that there is no room."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what servers of streams make
        if not self._doors.admit(self, transport):
            transport.write(FULL)
            transport.close()
            return
        self._transport = transport
        self._inner.connection_made(transport)
        self.give(self._doors.patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Free the place of the connection."""
        self.give(None)
        if self._transport is not None:
            self._doors.guests.pop(self._transport, None)
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on received data: data alone does not extend the limit."""
        if self._transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on the end of the input."""
        return self._inner.eof_received() if self._transport is not None else None

    def pause_writing(self) -> None:
        """Pass on that the client does not read."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the client reads again."""
        self._inner.resume_writing()
