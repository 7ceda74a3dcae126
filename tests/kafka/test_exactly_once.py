"""Killed and restarted under load, on Apache Kafka: nothing is lost, counted twice or published twice."""

import asyncio
import random
from pathlib import Path

import pytest

from streams.app import build
from streams.broker import Broker
from streams.errors import LogGap
from streams.settings import Settings
from tests.kafka.load import LOAD
from tests.kafka.oracle import left_by
from tests.kafka.runs import (
    assert_identical,
    assert_same,
    events,
    feed,
    in_backlog,
    in_pieces,
    oldest_to_come,
    settled,
    undisturbed,
    until_committed,
)
from tests.kafka.workers import WorkerProcess

pytestmark = pytest.mark.kafka


@pytest.mark.timeout(LOAD.patience)
async def test_kills_under_load_leave_what_a_quiet_run_leaves(settings: Settings, tmp_path: Path) -> None:
    lines, dice = events(seed=1, customers=LOAD.customers), random.Random(1)
    await Broker(settings).create_topics()
    log = tmp_path / "worker.log"

    worker = WorkerProcess(settings, log)
    pieces = in_pieces(lines, LOAD.kills)
    for piece, since in zip(pieces, oldest_to_come(pieces), strict=True):
        feeding = asyncio.ensure_future(feed(settings, piece, pause=0.2, last=False, since=since))
        await asyncio.sleep(dice.uniform(1.2, 3.5))
        worker.kill()
        worker = WorkerProcess(settings, log)
        await feeding
    await feed(settings, [])
    await asyncio.sleep(3)
    await until_committed(settings)
    worker.terminate()
    await settled(settings)

    async def promised(other: Settings, _: list[bytes]) -> None:
        """Send the same pieces, with the same promises before them: these are heard as events are."""
        for piece, since in zip(pieces, oldest_to_come(pieces), strict=True):
            await feed(other, piece, last=False, since=since)
        await feed(other, [])

    assert_same(await left_by(settings), await undisturbed(settings, lines, promised))


@pytest.mark.timeout(LOAD.patience)
async def test_workers_that_join_leave_and_die_leave_what_a_quiet_run_leaves(
    settings: Settings, tmp_path: Path
) -> None:
    """In a backlog, three places for workers; in each cycle a worker dies, leaves, or takes an empty place."""
    lines, dice = events(seed=4, customers=LOAD.customers), random.Random(4)
    await Broker(settings).create_topics()
    await feed(settings, lines)

    def start(place: int) -> WorkerProcess:
        return WorkerProcess(settings, tmp_path / f"{place}.log", a_batch=0.2)

    workers: list[WorkerProcess | None] = [start(place) for place in range(3)]
    for _ in range(LOAD.cycles):
        await asyncio.sleep(dice.uniform(0.5, 3.0))
        place = dice.randrange(3)
        former = workers[place]
        if former is None:
            workers[place] = start(place)
        else:
            leave = dice.choice((former.kill, former.terminate))
            await asyncio.to_thread(leave)
            workers[place] = start(place) if dice.random() < 0.5 else None
    assert await in_backlog(settings)
    await settled(settings, alone=False)
    for worker in workers:
        if worker is not None:
            worker.kill()
    await asyncio.sleep(2.5)
    await settled(settings)

    assert_identical(await left_by(settings), await undisturbed(settings, lines))


@pytest.mark.timeout(400)
async def test_two_workers_restarted_in_turn_leave_what_a_quiet_run_leaves(settings: Settings, tmp_path: Path) -> None:
    lines = events(seed=2)
    await Broker(settings).create_topics()
    feeding = asyncio.ensure_future(feed(settings, lines, pause=0.5))
    workers = [WorkerProcess(settings, tmp_path / f"{n}.log") for n in range(2)]

    await asyncio.sleep(5)
    for turn in range(4):
        place = turn % 2
        taken = workers[place].terminate()
        assert taken < 6
        workers[place] = WorkerProcess(settings, tmp_path / f"{place}.log")
        await asyncio.sleep(3)
    await feeding
    await until_committed(settings)
    assert all(worker.alive() for worker in workers)
    for worker in workers:
        worker.terminate()
    await settled(settings)

    assert_same(await left_by(settings), await undisturbed(settings, lines))


async def test_the_broker_is_asked_whether_it_has_transactions(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()

    assert await broker.has_transactions()
    assert (await build(settings)).customers.transactions


async def test_a_worker_that_was_replaced_cannot_write(settings: Settings) -> None:
    """Two owners of one partition: the transactional id lets the newer one win, whatever the older believes."""
    broker = Broker(settings)
    await broker.create_topics()
    old = broker.producer(transactional_id=f"{settings.kafka.group}-0")
    await old.start()
    await old.begin_transaction()
    await old.send_and_wait(broker.topic_named("churn-signals"), b"stale", partition=0)

    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_ready(), 30)
        with pytest.raises(Exception, match=r"(?i)fenced|epoch"):
            await old.commit_transaction()
    await old.stop()

    assert (await left_by(settings)).said == []


async def test_a_topic_that_was_created_anew_is_refused(settings: Settings) -> None:
    broker = Broker(settings)
    await broker.create_topics()
    await feed(settings, events(seed=3, customers=5))
    await settled(settings)
    admin = await broker.admin()
    await admin.delete_topics([broker.topic_named("logins")])
    while broker.topic_named("logins") in await admin.list_topics():
        await asyncio.sleep(0.1)
    await admin.close()
    await broker.create_topics()

    with pytest.raises(LogGap, match="created again"):
        await settled(settings)
