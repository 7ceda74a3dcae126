"""An event loop whose clock jumps to the next thing to do: waiting costs nothing, and a seed repeats a run."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Stuck(Exception):
    """Raised when nothing can ever happen again."""


class _Clock:
    """The loop's selector: waiting advances the time."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self.loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck("everybody waits for something that will not come")
        self.loop.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in an order drawn from the seed; no threads, no sockets, no wall clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = _Clock(self)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Return the virtual time, in seconds since the start."""
        return self.now

    def _process_events(self, event_list: list[Any]) -> None:
        """Do nothing: there are no files."""

    def _write_to_self(self) -> None:
        """Do nothing: there are no other threads."""


_AT_WORK: set["asyncio.Task[None]"] = set()


def spawn(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine beside the others: the task is held until it is done."""
    task = asyncio.ensure_future(work)
    _AT_WORK.add(task)
    task.add_done_callback(_AT_WORK.discard)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end and leave nothing behind: tasks that still wait then belong to dead processes."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda _loop, _context: None)  # dead processes do not retrieve their errors
    try:
        loop.run_until_complete(main)
    finally:
        for _ in range(3):  # a cancelled task may clean up, and wait again
            for task in (left := asyncio.all_tasks(loop)):
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left, timeout=1))
        asyncio.set_event_loop(None)
        loop.close()
