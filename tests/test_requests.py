"""Requests to cancel that never took effect are counted where somebody looks: a gauge, doctor, and after a restart."""

from collections.abc import AsyncIterator

import pytest

from streams.broker import Broker
from streams.checks import requests
from streams.embedded import EmbeddedBroker
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


async def test_requests_without_effect_are_shown_and_doctor_warns_of_them(settings: Settings) -> None:
    await Broker(settings).create_topics()
    before = await requests(Broker(settings))
    logs = [Log(f"c-{n}").starts(0).add("cancellation.requested", 5, subscription_id="s-1") for n in range(7)]
    logs[3].ends(9)
    logs[4].add("cancellation.revoked", 6, subscription_id="s-1")
    await send(settings, [text for log in logs for text in log.lines()], at(40))

    numbers = [await shown(settings), await shown(settings)]
    after = await requests(Broker(settings))

    assert numbers == [5, 5]
    assert (before.warns, after.warns) == (False, True)
    assert "4 of 4 partitions have no commit that counts them" in before.says
    assert after.says.startswith("requests to cancel that never took effect: 5.")
    assert "partitions" not in after.says
