"""No unit, processor, producer or customer outlives the assignment of its partition."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
from aiokafka import AIOKafkaConsumer

from streams.app import Worker, build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from tests.building import Log, at
from tests.running import on, send

COUNTED = ("aiokafka", "agents", "streams", "retention", "schemas")
"""Packages whose objects are counted."""
CUSTOMERS = 20


@pytest.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


@pytest.fixture
def _seldom_looked() -> Iterator[None]:
    """Collect garbage only when the worker asks for it, as after hours of steady work."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> Counter[str]:
    """Count what there is of everything that may belong to a partition, and the tasks that run."""
    counts = Counter(
        kind.__name__ for one in gc.get_objects() if str((kind := type(one)).__module__).split(".")[0] in COUNTED
    )
    return counts + Counter(f"task {getattr(task.get_coro(), '__qualname__', '?')}" for task in asyncio.all_tasks())


async def joins_and_leaves(settings: Settings, worker: Worker) -> None:
    async with await build(settings) as other:
        while not (other.processors() and other.ready and worker.ready):
            await asyncio.sleep(0.02)
    await asyncio.wait_for(worker.until_idle(), 60)
    # An idle worker looks now and then whether there is something to commit: all its units at once.
    looking = [one for one in asyncio.all_tasks() if getattr(one.get_coro(), "__qualname__", "") == "UnitOfWork.commit"]
    await asyncio.gather(*looking)


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("_seldom_looked")
async def test_what_a_rebalance_takes_away_is_gone(settings: Settings) -> None:
    before = alive()  # what tests before this one have left in the process
    await Broker(settings).create_topics()
    await send(settings, [line for n in range(CUSTOMERS) for line in Log(f"c-{n}").starts(3).lines()], until=at(70))
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 60)

        counts = []
        for _ in range(6):
            await joins_and_leaves(settings, worker)
            counts.append(alive())

        assert worker.partitions == 4
        of_processors, of_customers = (
            [count[name] - before[name] for count in counts] for name in ("PartitionProcessor", "Customer")
        )
        assert max(of_processors) <= 4 + 2, of_processors  # those of the one that has just left
        assert max(of_customers) <= CUSTOMERS, of_customers
        # What a restore has read with is gone as well. Clients are of two groups, four partitions of customers and one
        # of figures, and of the two groups of the worker that has just left.
        clients = [count["AIOKafkaClient"] - before["AIOKafkaClient"] for count in counts]
        assert max(clients) <= 2 + 4 + 1 + 2, clients
        for name in set().union(*counts):
            assert max(count[name] for count in counts[2:]) <= max(count[name] for count in counts[:2]) + 4, name


async def test_a_restore_that_is_cut_off_while_it_closes_leaves_no_client(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Broker(settings).create_topics()
    closing, stop = asyncio.Event(), AIOKafkaConsumer.stop

    async def said_and_stopped(self: AIOKafkaConsumer) -> None:
        closing.set()
        await stop(self)

    monkeypatch.setattr(AIOKafkaConsumer, "stop", said_and_stopped)
    before = asyncio.all_tasks()

    for steps in range(10):  # of the loop, from the begin of its end: a client ends one task after the other
        closing.clear()
        restoring = asyncio.ensure_future(Broker(settings).newest("logins", 0, 5))
        await closing.wait()
        for _ in range(steps):
            await asyncio.sleep(0)
        restoring.cancel()
        await asyncio.wait([restoring])

    left = asyncio.all_tasks() - before
    assert not left or not (await asyncio.wait(left, timeout=10))[1]
