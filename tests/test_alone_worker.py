"""A worker that is alone on its broker takes all partitions without a group, and continues from its commits as any."""

from collections.abc import AsyncIterator

import pytest_asyncio

from streams.app import Worker, build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from streams.topics import SIGNALS
from tests.building import Log, at
from tests.running import on, said, send, worked_off


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker of the test's own; time goes by the log."""
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


def leaving(*names: str) -> list[bytes]:
    return [line for name in names for line in Log(name).starts(0).add("cancellation.requested", 6).lines()]


async def worked_off_alone(settings: Settings) -> Worker:
    """Run a worker that is alone until it is idle."""
    worker = await build(settings, alone=True)
    async with worker:
        await worker.until_idle()
        applied = worker.outcomes()
    assert sorted(worker.customers.assignor.owned) == list(range(worker.partitions))
    assert {one for _, one in applied} <= {"applied", "late", "heartbeat"}  # nothing twice
    return worker


async def test_a_worker_that_is_alone_continues_from_its_commits_and_so_does_one_of_a_group(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, leaving("c-1", "c-2", "c-3"), until=at(8))
    await worked_off_alone(settings)
    first = await said(settings, SIGNALS)
    await worked_off_alone(settings)
    again = await said(settings, SIGNALS)

    await send(settings, leaving("c-4"), until=at(9))
    await worked_off_alone(settings)
    more = await said(settings, SIGNALS)
    await worked_off(settings)
    joined = await said(settings, SIGNALS)

    assert {one["key"] for one in first} == {"c-1", "c-2", "c-3"}
    assert again == first
    assert {one["key"] for one in more} == {"c-1", "c-2", "c-3", "c-4"}
    assert joined == more
