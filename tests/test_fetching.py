"""Fetches, beside what the group does with the partitions meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.fetching import Fetching
from streams.topics import SIGNALS
from tests.running import on


class Unit:
    """A unit that has sought the beginning of its only lane."""

    fetched = {"lane": 0}

    def lane(self, _: TopicPartition) -> str:
        return "lane"


@pytest_asyncio.fixture
async def broker() -> AsyncIterator[Broker]:
    async with EmbeddedBroker() as embedded:
        broker = Broker(on(embedded.address))
        await broker.create_topics()
        yield broker


async def test_a_rebalance_during_a_fetch_leaves_nothing_fetched(broker: Broker) -> None:
    """A partition that is assigned anew has no position until its unit has restored, and none that was committed."""
    where = TopicPartition(broker.topic(SIGNALS), 0)
    unit: Any = Unit()
    consumer: AIOKafkaConsumer = broker.consumer("worker", group_id="g", auto_offset_reset="none")
    consumer.assign([where])
    await consumer.start()
    consumer.pause(where)
    consumer.seek(where, 0)
    consumer.resume(where)
    fetching = Fetching(consumer, broker, lambda _: unit, (), exact_ends=True, max_batch=1)

    fetch = asyncio.ensure_future(fetching.fetch([where], 10_000))
    await asyncio.sleep(0.2)  # it waits for records: there are none
    consumer.assign([where])
    consumer.pause(where)

    assert await asyncio.wait_for(fetch, 30) == []
    await consumer.stop()
