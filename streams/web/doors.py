"""The doors of the web side: how many connections there may be, and how long one may take over what it does.

The page shares its loop with the worker: whoever opens connections and says nothing must not cost it anything.
"""

import asyncio
from collections.abc import Callable
from typing import Final

CONNECTIONS: Final = 64
PATIENCE: Final = 10.0
"""Seconds for a request to come in as a whole, or for its answer to be taken; also between two requests."""
ANSWER: Final = 30.0
"""Seconds that an answer may take to be made."""
FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"


class Doors:
    """Makes a connection for whoever comes. When all are taken, the one that has been idle for longest has to go."""

    def __init__(self, serve: Callable[[], asyncio.Protocol], most: int, patience: float) -> None:
        self._serve, self.most, self.patience = serve, most, patience
        self.guests: dict[asyncio.BaseTransport, Guest] = {}
        """In the order in which they came to be idle."""

    def __call__(self) -> asyncio.Protocol:
        """Make the protocol of one connection, as a server of streams asks for it."""
        return Guest(self, self._serve())

    def admit(self, guest: "Guest", transport: asyncio.Transport) -> bool:
        """Report whether there is room for one more."""
        if len(self.guests) >= self.most:
            idle = next((one for one in self.guests.values() if not one.busy), None)
            if idle is None:
                return False
            idle.leave()
        self.guests[transport] = guest
        return True

    def begin(self, transport: asyncio.BaseTransport | None, within: float | None = ANSWER) -> None:
        """Take note that a request has come in as a whole; None for one that may take as long as it likes."""
        guest = self.guests.get(transport) if transport is not None else None
        if guest is not None:
            guest.busy = True
            guest.give(within)

    def end(self, transport: asyncio.BaseTransport | None) -> None:
        """Take note that its answer is made. Whoever is idle now goes after those who have been so for longer."""
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
        """Have it go after so many seconds, or stay."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self.leave)

    def leave(self) -> None:
        """End the connection now, whatever is still to be sent."""
        if self._transport is not None:
            self._doors.guests.pop(self._transport, None)
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or say that there is no room."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what servers of streams make
        if not self._doors.admit(self, transport):
            transport.write(FULL)
            transport.close()
            return
        self._transport = transport
        self._inner.connection_made(transport)
        self.give(self._doors.patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room."""
        self.give(None)
        if self._transport is not None:
            self._doors.guests.pop(self._transport, None)
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass on what came: that something comes is no reason to wait for longer."""
        if self._transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass on that nothing more comes."""
        return self._inner.eof_received() if self._transport is not None else None

    def pause_writing(self) -> None:
        """Pass on that the other side does not read."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that it does again."""
        self._inner.resume_writing()
