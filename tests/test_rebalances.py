"""What a partition had is gone when it is: no unit, desk, producer or customer outlives its assignment."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from streams.app import Worker, build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from tests.building import Log, at
from tests.running import on, send

COUNTED = ("UnitOfWork", "CustomerDesk", "FiguresDesk", "Portfolio", "InStep", "AIOKafkaProducer", "AIOKafkaConnection")
CUSTOMERS = 20


@pytest.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


@pytest.fixture
def _seldom_looked() -> Iterator[None]:
    """Have garbage looked for only where the worker asks for it, as hours of steady work would."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> Counter[str]:
    """Count what there is of everything that belongs to a partition."""
    return Counter(name for one in gc.get_objects() if (name := type(one).__name__) in {*COUNTED, "Customer"})


async def joins_and_leaves(settings: Settings, worker: Worker) -> None:
    async with await build(settings) as other:
        while not (other.desks() and other.ready and worker.ready):
            await asyncio.sleep(0.02)
    await asyncio.wait_for(worker.until_idle(), 60)


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("_seldom_looked")
async def test_what_a_rebalance_takes_away_is_gone(settings: Settings) -> None:
    await Broker(settings).create_topics()
    await send(settings, [line for n in range(CUSTOMERS) for line in Log(f"c-{n}").starts(3).lines()], until=at(70))
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 60)

        counts = []
        for _ in range(5):
            await joins_and_leaves(settings, worker)
            counts.append(alive())

        assert worker.partitions == 4
        assert all(count["CustomerDesk"] <= 4 + 2 for count in counts), counts  # those of the one that has just left
        assert all(count["Customer"] <= CUSTOMERS for count in counts), counts
        for name in COUNTED:
            assert max(count[name] for count in counts[2:]) <= max(count[name] for count in counts[:2]) + 4, counts
