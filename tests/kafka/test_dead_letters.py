"""`backstay dead-letters retry` on Apache Kafka: killed in the middle, and begun by two operators at once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import NewTopic

from streams.broker import Broker
from streams.dead_letters import dead_letter
from streams.errors import Replaced
from streams.letters.done import PIECE
from streams.records import LogRecord
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import AUDIT, DEAD_LETTERS, INPUTS
from tests.building import Log, at, line
from tests.kafka.oracle import left_by, read_all
from tests.kafka.runs import settled
from tests.running import send

pytestmark = pytest.mark.kafka

LETTERS = 4 * PIECE
PLACES = 2
"""Letters are on so few partitions that there are several batches on each."""


def lines() -> list[bytes]:
    """Return a login each of so many customers, which some earlier build did not read."""
    return [line(Log(f"c-{number}").login(1).events[0]) for number in range(LETTERS)]


async def write(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    producer = broker.producer()
    await producer.start()
    stamp = int(at(30).timestamp() * 1_000)
    sent = []
    for place, value in enumerate(lines()):
        record = LogRecord("logins", place % 4, place, stamp, None, value, ())
        one = dead_letter(broker.topic(DEAD_LETTERS), broker.topic_named("logins"), record, "unsupported", "not yet")
        sent.append(await producer.send(one.topic, one.value, one.key, place % PLACES, headers=list(one.headers)))
    for future in sent:
        await future
    await producer.stop()


def begin(settings: Settings, *arguments: str, failpoint: str = "") -> "subprocess.Popen[str]":
    """Start the command beside the test; it dies, or stops, where the failpoint says."""
    command = [str(Path(sys.executable).with_name("backstay")), "dead-letters", *arguments, "--json"]
    for name, value in (
        ("kafka.bootstrap_servers", settings.kafka.bootstrap_servers),
        ("kafka.group", settings.kafka.group),
        ("topics.prefix", settings.topics.prefix),
        ("time.clock", "log"),
    ):
        command += ["--set", f"{name}={value}"]
    environment = os.environ | {"BACKSTAY_FAILPOINT": failpoint}
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(process: "subprocess.Popen[str]") -> tuple[int, Any]:
    """Return the exit code and the document of a command."""
    said, wrong = process.communicate(timeout=120)
    return process.returncode, json.loads(said) if said else wrong


def asleep(process: "subprocess.Popen[str]", patience: float = 60.0) -> None:
    """Wait until a command has stopped where its failpoint says."""
    until = time.monotonic() + patience
    while Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.timeout(300)
async def test_each_letter_is_sent_again_once_whatever_kills_the_command_and_whoever_else_begins(
    settings: Settings,
) -> None:
    await write(settings)
    retry = ("retry", "--yes")

    # Killed with its second batch sent and not committed; killed again just after it was committed.
    assert ended(begin(settings, *retry, failpoint="sent:2"))[0] == -signal.SIGKILL
    assert ended(begin(settings, "list"))[1]["retried"] == PIECE
    assert ended(begin(settings, *retry, failpoint="committed:1"))[0] == -signal.SIGKILL
    assert ended(begin(settings, "list"))[1]["retried"] == 2 * PIECE

    # Ann is stopped in the middle of a batch, and Bob begins: his first request ends her transaction.
    ann = begin(settings, *retry, failpoint="sent:1:stop")
    asleep(ann)
    code, bob = ended(begin(settings, *retry, "--by", "bob"))
    ann.send_signal(signal.SIGCONT)
    assert (code, bob["retried"]) == (0, 2 * PIECE)
    code, said = ended(ann)
    assert code == Replaced.exit_code, said
    assert "another `backstay dead-letters` has begun" in said

    code, listed = ended(begin(settings, "list"))
    assert (code, listed["dead_letters"], listed["retried"]) == (0, 0, LETTERS)
    (logins,) = (topic for topic in INPUTS if topic.name == "logins")
    sent = await read_all(Broker(settings), logins)
    assert Counter(one.value for one in sent) == Counter(lines())
    marks = [json.loads(one.value) for one in await read_all(Broker(settings), AUDIT)]
    assert sum(mark["reasons"]["unsupported"] for mark in marks) == LETTERS
    assert ended(begin(settings, *retry))[1]["chosen"] == 0

    await send(settings, [])
    await settled(settings)
    left = await left_by(settings)
    assert len(left.states) == LETTERS
    assert (left.outcomes["applied"] + left.outcomes["late"], left.outcomes["duplicate"]) == (LETTERS, 0)


RECORDS = 2 * PIECE + 100
RULES = '[{"type": "login.succeeded", "event_id": "%s", "customer_id": "who", "occurred_at": "at"}]'
"""Of records that have an `id`; by another name none can be read."""


async def write_foreign(settings: Settings) -> None:
    """Write records of a source's topic."""
    broker = Broker(settings)
    admin, topic = await broker.admin(), broker.topic_named("sources.mapping")
    await admin.create_topics([NewTopic(topic, 2, 1)])
    await admin.close()
    await broker.create_topics()
    producer = broker.producer()
    await producer.start()
    for number in range(RECORDS):
        value = json.dumps({"id": f"v-{number}", "who": f"c-{number}", "at": at(1).isoformat()}).encode()
        await producer.send(topic, value, b"any", number % 2)
    await producer.stop()


@pytest.mark.timeout(300)
async def test_records_of_a_source_are_sent_again_once_after_the_mapping_was_mended(settings: Settings) -> None:
    shop = f"{settings.topics.prefix}shop"  # tests share a broker

    def by(ident: str) -> Settings:
        said = {"sources.mapping.topic": shop, "sources.mapping.events": RULES % ident}
        return settings.model_copy(update={"sources": read_settings(overrides=said).sources})

    wrong, right = by("number"), by("id")
    await write_foreign(wrong)
    await settled(wrong)
    mended = ("--set", f"sources.mapping.topic={shop}", "--set", f"sources.mapping.events={RULES % 'id'}")
    retry = ("retry", "--yes", *mended)

    assert ended(begin(settings, *retry, failpoint="sent:2"))[0] == -signal.SIGKILL
    assert ended(begin(settings, *retry, failpoint="committed:1"))[0] == -signal.SIGKILL
    code, said = ended(begin(settings, *retry))
    assert code == 0, said
    assert ended(begin(settings, *retry))[1]["chosen"] == 0

    await settled(right)
    left = await left_by(right)
    assert len(left.states) == RECORDS
    assert (left.outcomes["applied"] + left.outcomes["late"], left.outcomes["duplicate"]) == (RECORDS, 0)
    assert left.outcomes["rejected"] == RECORDS
