"""An event loop whose clock jumps to the next thing to do: waiting costs nothing, and a seed repeats a run."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Stuck(Exception):
    """Raised when nothing will ever happen again."""


class _Clock:
    """What the loop takes for a selector: waiting moves the time."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self.loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck("everybody waits for something that will not come")
        self.loop.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order of the seed's making; no threads, no sockets, no clock on the wall."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = _Clock(self)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Give the virtual time, in seconds since the start."""
        return self.now

    def _process_events(self, event_list: list[Any]) -> None:
        """No file ever becomes readable here."""

    def _write_to_self(self) -> None:
        """Nobody calls from another thread."""


_AT_WORK: set["asyncio.Task[None]"] = set()


def spawn(work: Coroutine[Any, Any, None]) -> None:
    """Let something happen beside: the task is held until it is done."""
    task = asyncio.ensure_future(work)
    _AT_WORK.add(task)
    task.add_done_callback(_AT_WORK.discard)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end and leave nothing behind: whoever still waits then is one of the dead."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda _loop, _context: None)  # the dead do not fetch their errors
    try:
        loop.run_until_complete(main)
    finally:
        for _ in range(3):  # who is cancelled may want to tidy up, and waits again
            for task in (left := asyncio.all_tasks(loop)):
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left, timeout=1))
        asyncio.set_event_loop(None)
        loop.close()
