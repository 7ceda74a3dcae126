"""A backlog that takes minutes: what waits for its turn waits for as long as the others are being worked off."""

import asyncio
import json
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from streams.broker import Broker
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.building import Log, line, text
from tests.kafka.oracle import Left, left_by
from tests.kafka.runs import (
    START,
    differing_states,
    events,
    feed,
    in_backlog,
    settled,
    undisturbed,
)
from tests.kafka.workers import WorkerProcess

pytestmark = pytest.mark.kafka

A_BATCH = 1.5
"""Seconds that 200 records of a topic take: those of the logins take over a minute in all, and less than one until the
next of them are there."""
FORGOTTEN_ON_DAY = 170


def who_asks(lines: list[bytes]) -> list[str]:
    """Return one customer in five."""
    return sorted({json.loads(one)["customer_id"] for one in lines})[::5]


def with_requests(lines: list[bytes]) -> list[bytes]:
    """Add an erasure request of one customer in five, when most of the log is read."""
    names = who_asks(lines)
    at = START + timedelta(days=FORGOTTEN_ON_DAY)
    requests = [Log(name).add("erasure.requested", 0, occurred_at=text(at)).events[0] for name in names]
    place = next(n for n, one in enumerate(lines) if json.loads(one)["occurred_at"] >= text(at))
    return [*lines[:place], *map(line, requests), *lines[place:]]


async def stop_and_go(worker: WorkerProcess) -> None:
    """Freeze a worker for every other half second, as a machine without free CPU would."""
    while worker.alive():
        worker.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.5)
        worker.thaw()
        await asyncio.sleep(0.5)


@pytest.mark.timeout(400)
async def test_nobody_is_forgotten_before_what_it_did_is_read_however_slowly(
    settings: Settings, tmp_path: Path
) -> None:
    lines = with_requests(events(seed=25, customers=150))
    await Broker(settings).create_topics()
    await feed(settings, lines)
    worker = WorkerProcess(settings, tmp_path / "worker.log", a_batch=A_BATCH)
    begun, stopping = asyncio.get_running_loop().time(), asyncio.create_task(stop_and_go(worker))
    while await in_backlog(settings):
        assert worker.alive(), worker.log.read_text()[-2_000:]
        await asyncio.sleep(1)
    assert asyncio.get_running_loop().time() - begun > 75  # the requests waited for over a minute
    stopping.cancel()
    await asyncio.wait([stopping])
    worker.thaw()
    worker.terminate()
    await settled(settings)

    left, wanted = await left_by(settings), await undisturbed(settings, lines)
    assert_alike(left, wanted)
    assert said_of_others(left, lines) == said_of_others(wanted, lines)
    assert left.accounted == wanted.accounted

    admin = await Broker(settings).admin()
    await admin.delete_topics([Broker(settings).topic(CHANGELOG)])
    await admin.close()
    assert await rebuild(Broker(settings)) == len(wanted.states)
    await settled(settings)
    assert_alike(await left_by(settings), wanted)


def said_of_others(left: Left, lines: list[bytes]) -> Counter[str]:
    """Return each statement about those who stay, as it was written, and how often.

    An action that an erasure withdraws is named by its episode only, not by the customer: which there are depends on
    what was said before the erasure was committed.
    """
    asked = set(who_asks(lines))
    staying = (one for one in left.said if one["key"] not in asked and one["value"].get("cause") != "erased")
    return Counter(json.dumps(one, sort_keys=True) for one in staying)


def assert_alike(left: Left, wanted: Left) -> None:
    """Hold one run against another, by figures and states. What is said of who is forgotten depends on commits."""
    assert left.figures.keys() == wanted.figures.keys()
    assert {k: v[:2] for k, v in left.figures.items()} == {k: v[:2] for k, v in wanted.figures.items()}
    assert differing_states(left, wanted) == {}
