"""`backstay webhooks run` on Apache Kafka: killed at each step of a commit, stopped, and taken over by another one."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGTERM

import pytest

from streams.broker import Broker
from streams.errors import Replaced
from streams.settings import Settings
from tests.kafka.workers import STARTED
from tests.webhooks.building import SECRET, action, signal
from tests.webhooks.listener import Listener
from tests.webhooks.running import on_topic, publish

pytestmark = pytest.mark.kafka

OUTPUTS = 120
NOW = int(time.time()) * 1_000_000


def started(settings: Settings, listener: Listener, failpoint: str = "") -> "subprocess.Popen[bytes]":
    """Start the process beside the test; it dies, or stops, where the failpoint says."""
    command = [str(Path(sys.executable).with_name("backstay")), "webhooks", "run", "--from", "earliest", "--port", "0"]
    for name, value in (
        ("kafka.bootstrap_servers", settings.kafka.bootstrap_servers),
        ("kafka.group", settings.kafka.group),
        ("kafka.session_timeout", "2"),
        ("topics.prefix", settings.topics.prefix),
        ("web.enabled", "false"),
        ("webhooks.crm.url", listener.url),
        ("webhooks.crm.secrets", SECRET),
        ("webhooks.crm.allow_private", "127.0.0.1"),
        ("webhooks.crm.types", "churn_signal.*,action.*"),
    ):
        command += ["--set", f"{name}={value}"]
    environment = os.environ | {"BACKSTAY_FAILPOINT": failpoint}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    STARTED.append(process)  # ended with the test, whatever becomes of it
    return process


async def ended(process: "subprocess.Popen[bytes]", patience: float = 60.0) -> int:
    """Wait for the end of a process; return its exit code."""
    return await asyncio.to_thread(process.wait, patience)


async def until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]", patience: float = 60.0) -> None:
    """Wait until something holds while a process runs."""
    async with asyncio.timeout(patience):
        while not holds():
            assert process.poll() is None, process.returncode
            await asyncio.sleep(0.05)


def stopped(process: "subprocess.Popen[bytes]") -> bool:
    """Report whether a process was stopped by its failpoint."""
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


@pytest.mark.timeout(300)
async def test_nothing_is_lost_and_nothing_waits_whatever_kills_the_process(settings: Settings) -> None:
    await Broker(settings).create_topics()
    outputs = [signal(f"id-{place}", f"c-{place % 40}", NOW) for place in range(OUTPUTS)]
    await publish(settings, outputs)
    async with Listener() as listener:
        for failpoint in ("opened:1", "restored:2", "detached:2", "sent:1", "positioned:2", "committed:3"):
            assert await ended(started(settings, listener, failpoint)) == -SIGKILL, failpoint

        # One is stopped in the middle of a transaction; another takes over, and the first finds itself fenced.
        sleeper = started(settings, listener, "sent:1:stop")
        await until(lambda: stopped(sleeper), sleeper)
        await publish(settings, [signal("id-late", "c-1", NOW)])
        other = started(settings, listener)
        await until(lambda: len(listener.accepted) == OUTPUTS + 1, other)
        sleeper.send_signal(SIGCONT)
        assert await ended(sleeper) == Replaced.exit_code
        await publish(settings, [signal("id-last", "c-1", NOW)])
        await until(lambda: listener.accepted["id-last"] == 1, other)
        other.send_signal(SIGTERM)
        assert await ended(other) == 0

        assert listener.forged == []
    found = await on_topic(settings)
    assert {one.id for one in found.deliveries.values()} == set(listener.accepted)
    assert {one.state for one in found.deliveries.values()} == {"delivered"}
    assert len(found.deliveries) == OUTPUTS + 2


@pytest.mark.timeout(120)
async def test_a_backlog_that_was_read_once_is_not_sent_twice_when_its_positions_are_gone(settings: Settings) -> None:
    """As if an operator had reset the group, or a rebuild had written the same outputs once more."""
    await Broker(settings).create_topics()
    outputs = [signal(f"id-{place}", f"c-{place % 10}", NOW) for place in range(20)]
    await publish(settings, [*outputs, action("a-1", "c-1", NOW, NOW + 3_600_000_000)])
    async with Listener() as listener:
        for place, group in enumerate(("one", "two", "three"), start=1):  # each begins at the beginning
            anew = settings.model_copy(
                update={"kafka": settings.kafka.model_copy(update={"group": f"{settings.kafka.group}-{group}"})}
            )
            process = started(anew, listener)
            await publish(settings, [*outputs, signal(f"id-{group}", "c-1", NOW)])
            # All of it, not only the new one: partitions are opened one by one, and it may be on the first.
            await until(lambda wanted=21 + place: len(listener.accepted) == wanted, process)  # type: ignore[misc]
            process.send_signal(SIGTERM)
            assert await ended(process) == 0

        assert len(listener.accepted) == 21 + 3
        assert max(listener.accepted.values()) == 1
