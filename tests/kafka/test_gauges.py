"""The company's figures are shown by one worker, whichever of several dies or joins: a sum over workers is right."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.broker import Broker
from streams.embedded import free_port
from streams.settings import Settings
from tests.building import Log, at, line
from tests.kafka.workers import WorkerProcess
from tests.running import send

pytestmark = pytest.mark.kafka

CUSTOMERS = 40
SCRAPE = 0.5
"""Seconds between two looks. Prometheus looks every 15."""
WANTED = {
    "basis": "subscription",
    "period": "month",
    "segment": "all",
    "currency": "EUR",
    "edition": "provisional",
    "state": "end",
}


class Scraped:
    """A worker with a page of its own, and what it says of the customers at the end of the month."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.port = free_port()
        web = {"BACKSTAY_WEB__ENABLED": "true", "BACKSTAY_WEB__PORT": str(self.port)}
        self.worker = WorkerProcess(settings, log, extra=web)

    async def figure(self, session: aiohttp.ClientSession) -> float | None:
        """Return the gauge; None if the worker does not answer, or shows no figures."""
        try:
            async with session.get(f"http://127.0.0.1:{self.port}/metrics", timeout=aiohttp.ClientTimeout(2)) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return None
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        found = [s.value for s in samples if s.name == "backstay_customers" and s.labels.items() >= WANTED.items()]
        return sum(found) if found else None


async def until_shown(
    session: aiohttp.ClientSession, workers: list[Scraped], wanted: int, patience: float = 60
) -> list[int]:
    """Look until one worker shows what is wanted, twice in a row; give how many showed figures at each look."""
    shown: list[int] = []
    right = 0
    async with asyncio.timeout(patience):
        while right < 2:
            values = [await worker.figure(session) for worker in workers]
            figures = [value for value in values if value is not None]
            shown.append(len(figures))
            right = right + 1 if figures == [wanted] else 0
            await asyncio.sleep(SCRAPE)
    return shown


async def shown_by(session: aiohttp.ClientSession, workers: list[Scraped], patience: float = 60) -> Scraped:
    """Return the worker that shows the figures; while another takes them over, none does."""
    async with asyncio.timeout(patience):
        while True:
            for worker in workers:
                if await worker.figure(session) is not None:
                    return worker
            await asyncio.sleep(SCRAPE)


def in_a_row(shown: list[int], several: int) -> int:
    """Return the number of looks in a row in which so many workers or more showed figures."""
    longest = current = 0
    for number in shown:
        current = current + 1 if number >= several else 0
        longest = max(longest, current)
    return longest


@pytest.mark.timeout(240)
async def test_the_sum_of_the_gauges_is_never_wrong_for_longer_than_a_look(settings: Settings, tmp_path: Path) -> None:
    await Broker(settings).create_topics()
    events = [event for number in range(CUSTOMERS) for event in Log(f"c-{number}").starts(3).events]
    await send(settings, [line(event) for event in events], until=at(20))
    workers = [Scraped(settings, tmp_path / f"{number}.log") for number in range(2)]
    try:
        async with aiohttp.ClientSession() as session:
            await until_shown(session, workers, CUSTOMERS)
            for _ in range(2):  # whoever shows the figures dies, and another comes
                shower = await shown_by(session, workers)
                shower.worker.kill()
                workers.remove(shower)
                workers.append(Scraped(settings, tmp_path / f"{shower.port}.log"))

                shown = await until_shown(session, workers, CUSTOMERS)

                assert in_a_row(shown, 2) <= 1
            workers.append(Scraped(settings, tmp_path / "third.log"))
            await asyncio.sleep(5)
            shown = await until_shown(session, workers, CUSTOMERS)
            assert in_a_row(shown, 2) <= 1
    finally:
        for one in workers:
            one.worker.kill()
