"""A history that is loaded into Apache Kafka, stopped by Ctrl-C on the way, and gone on with."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.broker import Broker
from streams.errors import TopicsUnfit
from streams.loading import check_topics
from streams.settings import Settings
from streams.topics import INPUTS
from tests.building import Log
from tests.kafka.oracle import read_all

pytestmark = pytest.mark.kafka

CUSTOMERS = 40


def command(settings: Settings, file: Path, rate: int) -> list[str]:
    backstay = str(Path(sys.executable).with_name("backstay"))
    to = ("--set", f"kafka.bootstrap_servers={settings.kafka.bootstrap_servers}")
    prefix = ("--set", f"topics.prefix={settings.topics.prefix}", "--set", f"kafka.group={settings.kafka.group}")
    return [backstay, "load", str(file), "--rate", str(rate), *to, *prefix]


async def run(arguments: list[str], interrupted_after: Path | None = None) -> tuple[int | None, str]:
    """Run the command; where a note is named, press Ctrl-C as soon as it says that something has been sent."""
    process = await asyncio.create_subprocess_exec(*arguments, stderr=asyncio.subprocess.PIPE)
    if interrupted_after is not None:
        while not (interrupted_after.exists() and json.loads(interrupted_after.read_text())["done"]):
            await asyncio.sleep(0.05)
        process.send_signal(signal.SIGINT)
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def set_on(broker: Broker, topic: str, **configs: str) -> None:
    admin = await broker.admin()
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)
    await admin.alter_configs([resource])
    await admin.close()
    async with asyncio.timeout(30):  # Kafka answers once the controller has them, and reads them a moment later
        while not (await broker.configs([topic]))[topic].items() >= configs.items():
            await asyncio.sleep(0.1)


@pytest.mark.timeout(180)
async def test_a_load_that_is_interrupted_goes_on_and_sends_each_event_once(settings: Settings, tmp_path: Path) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    logs = [Log(f"c-{number}").starts(1).login(*range(2, 90)) for number in range(CUSTOMERS)]
    lines = [text for log in logs for text in log.lines()]
    file = tmp_path / "history.jsonl"
    file.write_bytes(b"\n".join(lines))

    stopped, first = await run(command(settings, file, rate=300), tmp_path / "history.jsonl.loading")
    whole, second = await run(command(settings, file, rate=100_000))

    assert (stopped, whole) == (130, 0), first + second
    assert "the same command resumes here" in first
    found = [record for topic in INPUTS for record in await read_all(broker, topic)]
    events = [json.loads(record.value) for record in found]
    assert len(events) == len(lines)
    assert {event["event_id"] for event in events} == {event["event_id"] for log in logs for event in log.events}
    assert all(event["backfill"] is True for event in events)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("configs", "says"),
    [({"retention.ms": "3600000"}, "for 1 hours"), ({"cleanup.policy": "compact"}, "is compacted")],
)
async def test_a_topic_that_would_lose_a_history_is_refused(
    settings: Settings, configs: dict[str, str], says: str
) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await check_topics(broker)
    await set_on(broker, broker.topic(INPUTS[0]), **configs)

    with pytest.raises(TopicsUnfit, match=says):
        await check_topics(broker)
