"""Whatever dies, freezes, breaks off or is slow: what is left equals a quiet run and a recomputation."""

import asyncio
import itertools
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from streams.app import build
from streams.broker import Broker
from streams.embedded import free_port
from streams.errors import BrokerUnreachable, InputsGone, Replaced, StateBehind, TopicsUnfit, WorkersRunning
from streams.failpoints import STEPS
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.stage import with_broker
from streams.topics import CHANGELOG
from tests.kafka.broker import ApacheKafka, missing
from tests.kafka.load import LOAD
from tests.kafka.oracle import left_by
from tests.kafka.proxy import Proxy
from tests.kafka.runs import (
    assert_identical,
    assert_same,
    differing_states,
    events,
    feed,
    in_backlog,
    settled,
    undisturbed,
)
from tests.kafka.workers import Supervised, WorkerProcess

pytestmark = pytest.mark.kafka


@pytest.mark.timeout(LOAD.patience)
async def test_a_worker_killed_inside_every_step(settings: Settings, tmp_path: Path) -> None:
    """Each step as often, in turn on its first, second and third passing. All of it in a backlog."""
    lines = events(seed=11, customers=LOAD.customers)
    await Broker(settings).create_topics()
    await feed(settings, lines)
    for turn, step in itertools.product(range(LOAD.steps), STEPS):
        passing = turn % 3 + 1
        worker = WorkerProcess(settings, tmp_path / f"{step}.log", f"{step}:{passing}", a_batch=0.1)
        others = [] if step != "revoked" else await joining(settings, tmp_path, passing)
        assert await asyncio.to_thread(worker.ended) == -signal.SIGKILL, step
        for other in others:
            other.kill()
    assert await in_backlog(settings)
    await settled(settings)

    assert_identical(await left_by(settings), await undisturbed(settings, lines))


@pytest.mark.timeout(LOAD.patience)
async def test_however_often_it_dies_in_a_backlog_it_says_what_a_quiet_run_says(
    settings: Settings, tmp_path: Path
) -> None:
    """Each statement as it was written: of a log that lies there, none depends on what was read or committed when."""
    lines, dice = events(seed=16, customers=LOAD.customers), random.Random(16)
    await Broker(settings).create_topics()
    await feed(settings, lines)
    deaths = 0
    while deaths < LOAD.kills and await in_backlog(settings):
        worker = WorkerProcess(settings, tmp_path / "worker.log")
        await asyncio.sleep(dice.uniform(1.2, 2.2))
        worker.kill()
        deaths += 1
    await settled(settings)
    assert deaths >= LOAD.kills // 5

    assert_identical(await left_by(settings), await undisturbed(settings, lines))


async def joining(settings: Settings, tmp_path: Path, number: int) -> list[WorkerProcess]:
    """Start workers one after the other: each makes the others give partitions up."""
    joined: list[WorkerProcess] = []
    for place in range(number):
        await asyncio.sleep(3)
        joined.append(WorkerProcess(settings, tmp_path / f"other-{place}.log", a_batch=0.1))
    return joined


@pytest.mark.timeout(LOAD.patience)
@pytest.mark.parametrize("told_to_leave", [False, True])
async def test_a_worker_that_slept_through_its_session_writes_nothing_more(
    settings: Settings, tmp_path: Path, *, told_to_leave: bool
) -> None:
    lines = events(seed=12, customers=150 * LOAD.sleepers)
    await Broker(settings).create_topics()
    await feed(settings, lines)
    for turn in range(LOAD.sleepers):
        # It falls asleep inside a transaction: with nothing under way it could join again, as anybody may.
        point = f"sent:{turn + 5}:stop"
        sleeper = WorkerProcess(settings, tmp_path / f"sleeper-{turn}.log", point, a_batch=0.5)
        await asyncio.to_thread(sleeper.fallen_asleep)
        successor = WorkerProcess(settings, tmp_path / f"successor-{turn}.log", a_batch=0.5)
        await asyncio.sleep(7)
        if told_to_leave:
            sleeper.process.send_signal(signal.SIGTERM)
        sleeper.thaw()

        assert await asyncio.to_thread(sleeper.ended) == Replaced.exit_code
        assert "Traceback" not in sleeper.log.read_text()
        successor.terminate()
    assert await in_backlog(settings)
    await settled(settings)

    assert_identical(await left_by(settings), await undisturbed(settings, lines))


@pytest_asyncio.fixture
async def proxied(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[Settings, ApacheKafka, Proxy]]:
    """Return a broker of the test's own, behind a proxy."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    proxy = Proxy(free_port())
    kafka = await asyncio.to_thread(ApacheKafka(tmp_path / "kafka", proxy=proxy.port).start)
    await proxy.start(kafka.port)
    try:
        yield with_broker(settings, kafka.address), kafka, proxy
    finally:
        await proxy.stop()
        kafka.stop()


@pytest.mark.timeout(LOAD.patience)
async def test_a_broker_that_is_killed_a_line_that_is_cut_and_a_slow_one(
    proxied: tuple[Settings, ApacheKafka, Proxy], tmp_path: Path
) -> None:
    settings, kafka, proxy = proxied
    lines, dice = events(seed=13, customers=75 * LOAD.outages), random.Random(13)
    await Broker(settings).create_topics()
    await feed(settings, lines)
    worker = Supervised(settings, tmp_path / "worker.log", a_batch=0.8)
    for turn in range(LOAD.outages):
        await asyncio.sleep(3)
        await proxy.cut(1 + 29 * turn / (LOAD.outages - 1))  # 1 to 30 s
        proxy.delay = (0.15, 0.1)
        await asyncio.sleep(3)
        proxy.delay = (0.0, 0.0)
        kafka.kill()
        await asyncio.sleep(dice.uniform(0.2, 2))
        await asyncio.to_thread(kafka.start)
    await asyncio.sleep(3)
    await worker.until_up()
    assert await in_backlog(settings)
    kafka.freeze()
    assert await worker.leave() == BrokerUnreachable.exit_code
    kafka.thaw()
    assert "Traceback" not in worker.log.read_text()
    await settled(settings)

    assert_identical(await left_by(settings), await undisturbed(settings, lines))


@pytest.mark.timeout(400)
async def test_a_changelog_that_was_deleted_is_refused_and_made_anew(settings: Settings) -> None:
    lines = events(seed=14, customers=100)
    early, late = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    broker = Broker(settings)
    await broker.create_topics()
    await feed(settings, early, last=False)
    await settled(settings)
    before = await left_by(settings)
    admin = await broker.admin()
    await admin.delete_topics([broker.topic(CHANGELOG)])
    await admin.close()

    with pytest.raises(TopicsUnfit, match="topics create"):
        await settled(settings)
    await broker.create_topics()
    with pytest.raises(StateBehind, match="backstay rebuild"):
        await settled(settings)
    assert await rebuild(Broker(settings)) == len(before.states)

    after = await left_by(settings)
    assert differing_states(after, before) == {}
    assert after.said == before.said
    await feed(settings, late)
    await settled(settings)
    assert_same(await left_by(settings), await undisturbed(settings, lines))


async def test_a_rebuild_wants_the_workers_stopped_and_the_inputs_whole(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await feed(settings, events(seed=15, customers=25))
    async with await build(settings) as worker:
        await worker.until_ready()
        with pytest.raises(WorkersRunning, match="stop all"):
            await rebuild(Broker(settings))
    admin = await broker.admin()
    await admin.delete_records({TopicPartition(broker.topic_named("logins"), 0): RecordsToDelete(before_offset=1)})
    await admin.close()

    with pytest.raises(InputsGone, match="--partial"):
        await rebuild(Broker(settings))
    assert await rebuild(Broker(settings), partial=True) > 0
