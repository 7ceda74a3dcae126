"""The console on Apache Kafka: transactions, a command that is killed and started again, and topics made anew."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from streams.broker import Broker
from streams.console.app import App
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, HEALTH
from tests.building import at
from tests.console.test_whole import logs, read, with_console
from tests.running import send, worked_off

pytestmark = pytest.mark.kafka


class Command:
    """`backstay console` as a process."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        wanted = {
            "kafka.bootstrap_servers": settings.kafka.bootstrap_servers,
            "topics.prefix": settings.topics.prefix,
            "kafka.group": settings.kafka.group,
            "time.clock": "log",
            "console.dir": str(folder),
            "console.port": "0",
        }
        sets = [part for name, value in wanted.items() for part in ("--set", f"{name}={value}")]
        self._command = [str(Path(sys.executable).with_name("backstay")), "console", *sets]

    async def start(self) -> str:
        """Start it; return its address."""
        self.process = await asyncio.create_subprocess_exec(
            *self._command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().removeprefix("console ").strip()


async def got(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return json.loads(await answer.text()) if answer.status == 200 and "json" in answer.content_type else None


async def ready(url: str) -> dict[str, Any]:
    """Return the pipeline as soon as everything is read."""
    while True:
        found = await got(f"{url}/api/v1/pipeline")
        if found is not None and found["caught_up"]:
            return dict(found)
        await asyncio.sleep(0.05)


@pytest.mark.timeout(240)
async def test_a_command_that_is_killed_goes_on_where_its_rows_end(settings: Settings, tmp_path: Path) -> None:
    await Broker(settings).create_topics()
    await send(settings, logs(), at(62))
    await worked_off(settings)
    one = Command(settings, tmp_path / "store")
    first = await ready(await one.start())
    one.process.kill()
    await one.process.wait()

    url = await one.start()
    again = await ready(url)
    risk = await got(f"{url}/api/v1/at-risk")
    workers = (await got(f"{url}/api/v1/pipeline"))["workers"]
    one.process.terminate()

    assert await one.process.wait() == 0
    assert again["outcomes"] == first["outcomes"]
    assert [one["repeated"] for one in again["outcomes"]] == [0] * len(again["outcomes"])
    assert sum(one["lag"] for one in again["partitions"]) == 0
    assert [row["customer_id"] for row in risk["rows"]] == ["c-leaving"]
    assert (workers["error"], workers["known"], workers["unknown"], workers["lag"]) == (None, True, 0, 0)
    assert workers["watermark"] == "2024-03-03T00:00:00Z"
    for topic in workers["topics"]:
        assert topic["read"] == topic["applied"] + topic["repeated"] + topic["refused"] + topic["other"]
        assert topic["read"] <= topic["passed"]
    assert sum(topic["read"] for topic in workers["topics"]) >= len(logs())


@pytest.mark.timeout(240)
async def test_topics_that_were_made_anew_are_read_from_their_beginning(settings: Settings, tmp_path: Path) -> None:
    broker, kept = Broker(settings), with_console(settings, dir=tmp_path / "store")
    await broker.create_topics()
    await send(settings, logs(), at(62))
    await worked_off(settings)
    async with App(kept) as app:
        await read(app)
        assert app.views.contact("c-leaving", at(62)).known
    width = await broker.partitions()

    for topic in (HEALTH, DEAD_LETTERS):
        await broker.recreate(topic, width)
    async with App(kept) as app:
        await read(app)
        found = app.views.contact("c-leaving", at(62))

    assert (found.known, found.risk) == (True, None)
