"""Killed and restarted under load, on Apache Kafka: nothing is lost, nothing counts twice, nobody is told twice."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from retention.calendar import instant
from streams.app import build
from streams.broker import Broker
from streams.errors import Lost
from streams.replay import Player
from streams.settings import Settings
from streams.simulator import Company
from tests.kafka.load import LOAD
from tests.kafka.oracle import Left, assert_recomputed, left_by, plain
from tests.kafka.workers import WorkerProcess

pytestmark = pytest.mark.kafka

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 200


def events(seed: int, customers: int = 150) -> list[bytes]:
    """Give the log of a simulated company: late and second deliveries included."""
    return [arrival.line() for arrival in Company(seed, START, DAYS, customers).history()]


async def feed(settings: Settings, lines: list[bytes], pause: float = 0.0, *, last: bool = True) -> None:
    """Send lines in pieces, with pauses between them, and promise after the last that they are all."""
    broker = Broker(settings)
    producer = broker.producer()
    await producer.start()
    player = Player(broker, producer, await broker.input_widths())
    for number, line in enumerate(lines):
        await player.play(line)
        if pause and number % 250 == 249:
            await player.settle()
            await asyncio.sleep(pause)
    await player.settle()
    if last:
        await player.promise(instant(START + timedelta(days=DAYS + 35)))
    await producer.stop()


async def until_committed(settings: Settings, patience: float = 90.0) -> None:
    """Wait until everything that is in the input topics is committed."""
    for _ in range(int(patience / 0.5)):
        left = await _behind(settings)
        if not left:
            return
        await asyncio.sleep(0.5)
    pytest.fail(f"not worked off after {patience:.0f} s: {left} records")


async def _behind(settings: Settings) -> int:
    from tests.kafka.oracle import _behind as behind

    return sum((await behind(Broker(settings), settings)).values())


async def undisturbed(settings: Settings, lines: list[bytes]) -> Left:
    """Play the same log on topics of its own through one worker that nobody disturbs."""
    other = settings.model_copy(
        update={
            "topics": settings.topics.model_copy(update={"prefix": f"plain-{settings.topics.prefix}"}),
            "kafka": settings.kafka.model_copy(update={"group": f"plain-{settings.kafka.group}"}),
        }
    )
    await Broker(other).create_topics()
    await feed(other, lines)
    async with await build(other) as worker:
        await asyncio.wait_for(worker.until_idle(), LOAD.patience / 6)
    return await left_by(other)


def assert_same(left: Left, wanted: Left) -> None:
    """Hold what a disturbed run left against an undisturbed one, and against the raw log."""
    assert left.states.keys() == wanted.states.keys()
    assert differing_states(left, wanted) == {}
    twice = {ident for ident, number in left.ids().items() if number > 1}
    assert [one for one in left.said if one["headers"]["ce_id"] in twice] == []
    assert left.last_words() == wanted.last_words()
    assert left.figures.keys() == wanted.figures.keys()
    assert {k: v[:2] for k, v in left.figures.items()} == {k: v[:2] for k, v in wanted.figures.items()}
    assert not any(left.behind.values())
    assert left.dead == wanted.dead == 0
    assert left.accounted == left.came
    assert_recomputed(left, "2025-01", "2025-07")


def assert_same_of_same_log(left: Left, wanted: Left) -> None:
    """Do the same where the log was the same, record by record: positions are, too."""
    assert_same(left, wanted)
    assert {name: one.offsets for name, one in left.states.items()} == {
        name: one.offsets for name, one in wanted.states.items()
    }


def differing_states(left: Left, wanted: Left) -> dict[str, Any]:
    """Give the fields in which customers differ: what was left, what was wanted."""
    pairs = ((name, plain(left.states[name]), plain(wanted.states[name])) for name in wanted.states)
    return {name: {k: (a[k], b[k]) for k in b if a[k] != b[k]} for name, a, b in pairs if a != b}


async def settled(settings: Settings, *, alone: bool = True) -> None:
    """Let a quiet worker finish what is left, figures included; of everything, unless others work beside it."""
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(alone=alone), LOAD.patience / 6)


@pytest.mark.timeout(LOAD.patience)
async def test_kills_under_load_leave_what_a_quiet_run_leaves(settings: Settings, tmp_path: Path) -> None:
    lines, dice = events(seed=1, customers=LOAD.customers), random.Random(1)
    await Broker(settings).create_topics()
    log = tmp_path / "worker.log"

    worker = WorkerProcess(settings, log)
    for piece in in_pieces(lines, LOAD.kills):
        feeding = asyncio.ensure_future(feed(settings, piece, pause=0.2, last=False))
        await asyncio.sleep(dice.uniform(1.2, 3.5))
        worker.kill()
        worker = WorkerProcess(settings, log)
        await feeding
    await feed(settings, [])
    await asyncio.sleep(3)
    await until_committed(settings)
    worker.terminate()
    await settled(settings)

    assert_same_of_same_log(await left_by(settings), await undisturbed(settings, lines))


@pytest.mark.timeout(LOAD.patience)
async def test_workers_that_join_leave_and_die_leave_what_a_quiet_run_leaves(
    settings: Settings, tmp_path: Path
) -> None:
    """Three places for workers; in each cycle somebody dies, leaves, or takes an empty place."""
    lines, dice = events(seed=4, customers=LOAD.customers), random.Random(4)
    await Broker(settings).create_topics()
    workers: list[WorkerProcess | None] = [WorkerProcess(settings, tmp_path / f"{n}.log") for n in range(3)]
    for piece in in_pieces(lines, LOAD.cycles):
        feeding = asyncio.ensure_future(feed(settings, piece, pause=0.2, last=False))
        await asyncio.sleep(dice.uniform(0.5, 3.0))
        place = dice.randrange(3)
        former = workers[place]
        if former is None:
            workers[place] = WorkerProcess(settings, tmp_path / f"{place}.log")
        else:
            leave = dice.choice((former.kill, former.terminate))
            await asyncio.to_thread(leave)
            workers[place] = WorkerProcess(settings, tmp_path / f"{place}.log") if dice.random() < 0.5 else None
        await feeding
    await feed(settings, [])
    await settled(settings, alone=False)
    for worker in workers:
        if worker is not None:
            worker.kill()
    await asyncio.sleep(2.5)
    await settled(settings)

    assert_same_of_same_log(await left_by(settings), await undisturbed(settings, lines))


def in_pieces(lines: list[bytes], number: int) -> list[list[bytes]]:
    """Cut a log into so many pieces, in order."""
    cuts = [len(lines) * place // number for place in range(number + 1)]
    return [lines[begin:end] for begin, end in pairwise(cuts)]


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

    assert_same_of_same_log(await left_by(settings), await undisturbed(settings, lines))


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

    with pytest.raises(Lost, match="created anew"):
        await settled(settings)
