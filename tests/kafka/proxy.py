"""A TCP proxy between clients and the broker, which can be cut and slowed down."""

import asyncio
import contextlib
import random


class Proxy:
    """Forwards bytes to a port of 127.0.0.1. Every client goes through it: the broker advertises its address."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.upstream = 0
        self.delay = (0.0, 0.0)
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, upstream: int) -> None:
        """Listen, and forward to a port."""
        self.upstream = upstream
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.close()
            return
        self._open |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await source.read(65_536):
                mean, spread = self.delay
                if mean:
                    await asyncio.sleep(max(0.0, random.uniform(mean - spread, mean + spread)))
                sink.write(data)
                await sink.drain()
        self._open.discard(sink)
        sink.close()

    async def cut(self, seconds: float) -> None:
        """Drop every connection and accept none, for a while."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(seconds)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """End."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
