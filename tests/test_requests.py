"""Requests to cancel that never took effect are counted in a gauge, and in what a commit leaves."""

from collections.abc import AsyncIterator

import pytest

from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.last_commits import last_commit
from streams.settings import Settings
from streams.web.view import fresh_gauges
from tests.building import Log, at
from tests.running import on, send, worked_off


@pytest.fixture
async def settings() -> AsyncIterator[Settings]:
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


async def shown(settings: Settings) -> float:
    """Return what a worker shows that has worked off what there is."""
    worker = await worked_off(settings, look=fresh_gauges)
    return worker.gauges.registry.get_sample_value("backstay_requests_without_effect") or 0.0


async def test_requests_without_effect_are_shown_and_kept_with_each_commit(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    logs = [Log(f"c-{n}").starts(0).add("cancellation.requested", 5, subscription_id="s-1") for n in range(7)]
    logs[3].ends(9)
    logs[4].add("cancellation.revoked", 6, subscription_id="s-1")
    await send(settings, [text for log in logs for text in log.lines()], at(40))

    before = [await last_commit(broker, number) for number in range(4)]
    numbers = [await shown(settings), await shown(settings)]
    after = [await last_commit(broker, number) for number in range(4)]

    assert before == [None] * 4
    assert numbers == [5, 5]
    assert sum(one.without_effect or 0 for one in after if one is not None) == 5
