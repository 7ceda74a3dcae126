"""States on disk, on Apache Kafka: killed, left and taken over, and never anything but a copy of the changelog."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from streams.app import Worker, build
from streams.broker import Broker
from streams.copies import Copies
from streams.errors import StateBehind
from streams.local_state import MAX_AGE
from streams.rebuild import rebuild
from streams.settings import Settings, StateSettings
from streams.topics import CHANGELOG
from tests.kafka.load import LOAD
from tests.kafka.oracle import left_by
from tests.kafka.runs import (
    assert_identical,
    assert_same,
    events,
    feed,
    in_backlog,
    oldest_to_come,
    settled,
    undisturbed,
)
from tests.kafka.workers import WorkerProcess

pytest.importorskip("rocksdict", reason="needs the extra `rocksdb`, which has no wheel for this platform")
pytestmark = pytest.mark.kafka


def on_disk(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"state": StateSettings(dir=folder)})


@pytest.fixture
def read_of_changelog(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Count the records that are read of the changelog, by partition."""
    counted: Counter[int] = Counter()
    read = Broker.read

    async def counting(self: Broker, topic: str, partition: int, *args: Any, **options: Any) -> AsyncIterator[Any]:
        async for records in read(self, topic, partition, *args, **options):
            if topic == self.topic(CHANGELOG):
                counted[partition] += len(records)
            yield records

    monkeypatch.setattr(Broker, "read", counting)
    return counted


@pytest.mark.timeout(LOAD.patience)
@pytest.mark.parametrize("standbys", [0, 1])
async def test_two_workers_killed_in_turn_leave_what_a_quiet_run_in_memory_leaves(
    settings: Settings, tmp_path: Path, standbys: int
) -> None:
    """Partitions come back to folders that have missed what another worker did meanwhile, or have followed it."""
    lines, dice = events(seed=11), random.Random(11)
    await Broker(settings).create_topics()
    await feed(settings, lines)

    def start(place: int) -> WorkerProcess:
        own = {"BACKSTAY_STATE__DIR": str(tmp_path / f"state-{place}"), "BACKSTAY_STATE__STANDBYS": str(standbys)}
        return WorkerProcess(settings, tmp_path / f"{place}.log", extra=own, a_batch=0.6)

    workers = [start(0), start(1)]
    for number in range(8):
        await asyncio.sleep(dice.uniform(1.5, 3.5))
        place = number % 2
        await asyncio.to_thread(workers[place].kill if number % 4 < 2 else workers[place].terminate)
        await asyncio.sleep(dice.uniform(0.0, 3.0))
        workers[place] = start(place)
    await asyncio.sleep(3)
    assert all(worker.alive() for worker in workers)
    assert await in_backlog(settings)
    for worker in workers:
        worker.terminate()
    await settled(on_disk(settings, tmp_path / "state-0"))

    assert_identical(await left_by(settings), await undisturbed(settings, lines))


async def test_whoever_stood_by_has_read_it_already(
    settings: Settings, tmp_path: Path, read_of_changelog: Counter[int]
) -> None:
    lines = events(seed=17, customers=40)
    await Broker(settings).create_topics()

    def standing(name: str) -> Settings:
        return settings.model_copy(update={"state": StateSettings(dir=tmp_path / name, standbys=1)})

    async with await build(standing("one")) as one:
        async with await build(standing("other")) as other:
            await asyncio.wait_for(both_work(one, other), 30)
            # Both read at once: nothing may be late, for what is depends on how fast each reads.
            await feed(settings, lines, since=oldest_to_come([lines])[0])
            await asyncio.wait_for(asyncio.gather(*(w.until_idle(alone=False) for w in (one, other))), 60)
            await asyncio.wait_for(until_copied(one, other), 30)
            read_of_changelog.clear()
        await asyncio.wait_for(one.until_idle(), 60)

        assert read_of_changelog.total() <= 4  # nothing, but for what the other wrote when it left
    assert_same(await left_by(settings), await undisturbed(settings, lines))


async def both_work(one: Worker, other: Worker) -> None:
    while {len(one.processors()), len(other.processors())} != {2}:
        await asyncio.sleep(0.1)


async def until_copied(one: Worker, other: Worker) -> None:
    """Wait until each stands by for what the other owns, and has copied all of it."""
    while True:
        lags = [worker.standbys.lag if worker.standbys is not None else {} for worker in (one, other)]
        if [set(lag) for lag in lags] == [set(w.customers.units) for w in (other, one)] and not any(
            any(lag.values()) for lag in lags
        ):
            return
        await asyncio.sleep(0.1)


async def test_a_restart_reads_the_tail_only(
    settings: Settings, tmp_path: Path, read_of_changelog: Counter[int]
) -> None:
    lines = events(seed=12, customers=40)
    await Broker(settings).create_topics()
    kept = on_disk(settings, tmp_path)
    await feed(settings, lines[:-20], last=False)
    await settled(kept)
    read_of_changelog.clear()

    await feed(settings, lines[-20:])
    await settled(kept)

    assert sum(read_of_changelog.values()) == 0
    assert_same(await left_by(settings), await undisturbed(settings, lines))


async def test_a_copy_of_a_changelog_that_was_deleted_and_rebuilt_is_thrown_away(
    settings: Settings, tmp_path: Path, read_of_changelog: Counter[int]
) -> None:
    lines = events(seed=13, customers=20)
    broker = Broker(settings)
    await broker.create_topics()
    kept = on_disk(settings, tmp_path)
    await feed(settings, lines)
    await settled(kept)
    await broker.recreate(CHANGELOG, await broker.partitions())

    with pytest.raises(StateBehind, match="backstay rebuild"):
        await settled(kept)
    await asyncio.sleep(2.5)  # until the group has forgotten that worker
    await rebuild(Broker(settings), lambda *_: None, partial=False)
    read_of_changelog.clear()
    await settled(kept)

    assert read_of_changelog.total() > 0
    assert_same(await left_by(settings), await undisturbed(settings, lines))


async def test_a_copy_that_has_missed_tombstones_is_read_anew(
    settings: Settings, tmp_path: Path, read_of_changelog: Counter[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    await Broker(settings).create_topics()
    kept = on_disk(settings, tmp_path)
    await feed(settings, events(seed=14, customers=10))
    await settled(kept)
    take_folder = Worker._take_folder

    def later(worker: Worker) -> Copies | None:
        copies = take_folder(worker)
        if copies is not None:
            copies.clock = lambda: time.time() + MAX_AGE
        return copies

    monkeypatch.setattr(Worker, "_take_folder", later)
    read_of_changelog.clear()

    async with await build(kept) as worker:
        await asyncio.wait_for(worker.until_ready(), 30)

    assert read_of_changelog.total() > 0
