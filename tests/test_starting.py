"""A worker that starts beside the body of a `with`, and work that lasts as long as the body."""

import asyncio
from types import TracebackType
from typing import Self

import pytest

from streams.starting import beside, starting


class Slow:
    """Starts when it may, or cannot; writes down what happened."""

    def __init__(self, error: Exception | None = None) -> None:
        self.may, self.error, self.happened = asyncio.Event(), error, list[str]()
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(self, error: BaseException) -> None:
        self.failure.set_exception(error)

    async def __aenter__(self) -> Self:
        await self.may.wait()
        if self.error is not None:
            raise self.error
        self.happened.append("started")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.happened.append("stopped")


async def test_the_body_begins_before_the_worker_has_started_and_the_worker_is_stopped_after_it() -> None:
    worker = Slow()

    async with starting(worker):
        worker.happened.append("body")
        worker.may.set()

    assert worker.happened == ["body", "started", "stopped"]


async def test_a_worker_that_cannot_start_fails_with_the_error_and_is_not_stopped() -> None:
    worker = Slow(OSError("no broker"))

    async with starting(worker):
        worker.may.set()
        with pytest.raises(OSError, match="no broker"):
            await asyncio.wait_for(worker.failure, 10)

    assert worker.happened == []


async def test_an_error_of_the_body_stops_a_worker_that_had_not_started_yet() -> None:
    worker = Slow()
    asyncio.get_running_loop().call_later(0, worker.may.set)

    with pytest.raises(ZeroDivisionError):
        async with starting(worker):
            raise ZeroDivisionError

    assert worker.happened == ["started", "stopped"]


async def test_work_beside_a_body_ends_with_it() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with beside(work()):
        await asyncio.sleep(0)

    assert ended.is_set()


async def test_an_error_of_the_work_beside_a_body_is_raised_at_its_end() -> None:
    reached = False

    async def work() -> None:
        raise OSError("no console")

    async def run() -> None:
        nonlocal reached
        async with beside(work()):
            await asyncio.sleep(0)
            reached = True

    with pytest.raises(OSError, match="no console"):
        await run()

    assert reached
