"""A company that was really played: every record that a worker has written about it, for the console to show."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from streams.app import build
from streams.broker import Broker
from streams.companies import KINDS
from streams.companies.base import Company
from streams.console.documents import Workers
from streams.console.intake import Place, Read
from streams.console.workers import ask
from streams.embedded import EmbeddedBroker
from streams.settings import Settings
from streams.topics import OUTPUTS
from tests.running import on, send

START = datetime(2026, 1, 12, tzinfo=UTC)
PIECE = 30
"""Days."""
BROKEN = (
    {"event_id": "x-1", "type": "purchase.completed", "customer_id": "c-00001", "occurred_at": "2026-05-01T10:00:00Z"},
    {"event_id": "x-2", "type": "ticket.exploded", "customer_id": "c-00002", "occurred_at": "2026-05-02T10:00:00Z"},
)
"""Events that no worker can use: an order without an amount, and a type that does not exist."""


class Played(NamedTuple):
    """Holds what a company has left on the broker: the records of its output topics, and how far its worker is."""

    reads: list[Read]
    workers: Workers


async def played(*, customers: int, days: int, kind: str = "saas", seed: int = 7, segments: bool = True) -> list[Read]:
    """Play a company through a worker, and return all records of its output topics in order of their topics."""
    return (await watched(customers=customers, days=days, kind=kind, seed=seed, segments=segments)).reads


async def watched(*, customers: int, days: int, kind: str = "saas", seed: int = 7, segments: bool = True) -> Played:
    """Play a company through a worker, and return all that it leaves.

    It is played in pieces: at the end of each the worker has caught up, and writes the cards of that day.
    """
    history = list(Company(KINDS[kind], seed, START, days, customers).history())
    lines = [json.dumps(broken).encode() for broken in BROKEN]
    async with EmbeddedBroker() as broker:
        settings = _settings(broker.address) if segments else on(broker.address, metrics__basis="purchase")
        await Broker(settings).create_topics()
        async with await build(settings) as worker:
            for end in (START + timedelta(days=day) for day in (*range(PIECE, days, PIECE), days)):
                there = [one for one in history if one.at < end]
                history = history[len(there) :]
                await send(settings, [*lines, *(one.line() for one in there)], until=end)
                await asyncio.wait_for(worker.until_idle(), 120)
                lines = []
        return Played(await _read(Broker(settings)), await ask(Broker(settings)))


def _settings(address: str) -> Settings:
    """Return the settings of a company with plans and countries of its own."""
    return on(
        address,
        topics__partitions="2",
        metrics__plans="basic,team,pro",
        metrics__periods="month,quarter",
        segments__country__values="ES,IT,DE",
    )


async def _read(broker: Broker) -> list[Read]:
    widths, found = await broker.widths(), []
    for topic in OUTPUTS:
        name = broker.topic(topic)
        for number in range(widths[name]):
            async with aclosing(broker.read(name, number)) as chunks:
                async for records in chunks:
                    found += [
                        Read(
                            Place(topic.name, number, record.offset),
                            record.timestamp,
                            record.key,
                            record.value,
                            dict(record.headers),
                        )
                        for record in records
                    ]
    return found
