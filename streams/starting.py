"""Work beside the body of a `with`: a worker that starts meanwhile, and what is shown as long as the body lasts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from types import TracebackType
from typing import Any, Protocol


class Starts(Protocol):
    """Describes what takes a while to start, and ends with the error that it is given: a worker."""

    def fail(self, error: BaseException) -> None:
        """End it with an error."""

    async def __aenter__(self) -> Any: ...  # noqa: ANN401 - whatever it is, nobody reads it

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


@contextlib.asynccontextmanager
async def starting(worker: Starts) -> AsyncIterator[None]:
    """Start a worker without waiting for it, and stop it at the end. If it cannot start, it fails with that error."""

    def end(started: asyncio.Task[Any]) -> None:
        error = None if started.cancelled() else started.exception()
        if error is not None:
            worker.fail(error)

    async with contextlib.AsyncExitStack() as stack:
        start = asyncio.create_task(stack.enter_async_context(worker))
        start.add_done_callback(end)
        try:
            yield
        finally:
            await asyncio.wait([start])  # a worker that is half started cannot be stopped


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run work beside the body, and end it with the body; its errors are raised then."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
