"""A topic in Avro on Apache Kafka, with a registry that fails at first: a worker waits for it, and reads all."""

import asyncio
import json

import pytest

from streams.app import build
from streams.settings import Settings
from tests.kafka.oracle import left_by
from tests.registry import registry
from tests.test_registry import ROW, filled, in_avro, reading_avro

pytestmark = pytest.mark.kafka


async def test_a_worker_waits_for_the_registry_and_loses_nothing(settings: Settings) -> None:
    with registry() as small:
        ident = small.register("shop-value", json.dumps(ROW))
        small.faults = [(503, b"")] * 2
        ours = reading_avro(settings, small)
        await filled(ours, in_avro(ident, 200))

        async with await build(ours) as worker:
            await asyncio.wait_for(worker.until_idle(), 120)
            counts = worker.outcomes()
        left = await left_by(ours)

    assert small.asked.count(f"/schemas/ids/{ident}") == 3
    assert len(left.states) == 7
    assert counts["sources.mapping", "rejected"] == 0
    assert counts["sources.mapping", "applied"] == 200
