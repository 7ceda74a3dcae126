"""Owners and standbys of partitions, and their takeover. tests/kafka shows how little is read then."""

import asyncio
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.app import Worker, build
from streams.assignor import Member, share_out, stand_by
from streams.broker import Broker
from streams.copies import Copies
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings
from streams.folder import RocksFolder
from streams.local_state import MAX_AGE
from streams.setting_sources import read_settings
from streams.settings import Settings, StateSettings
from tests.plain_company import Company
from tests.running import on, send

numbers_ = st.lists(st.integers(0, 11), unique=True)
groups = st.dictionaries(st.sampled_from("abcde"), st.builds(Member, numbers_, numbers_), min_size=1)


@given(st.integers(1, 12), groups)
def test_every_number_has_one_owner_and_nobody_has_more_than_one_too_many(
    numbers: int, members: dict[str, Member]
) -> None:
    plan = share_out(range(numbers), members)

    assert sorted(number for owned in plan.values() for number in owned) == list(range(numbers))
    sizes = [len(owned) for owned in plan.values()]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(1, 12), groups, st.integers(0, 3))
def test_every_number_has_as_many_standbys_as_there_can_be(
    numbers: int, members: dict[str, Member], standbys: int
) -> None:
    plan = share_out(range(numbers), members)
    standing = stand_by(plan, members, standbys)

    held = Counter(number for kept in standing.values() for number in kept)
    assert all(held[number] == min(standbys, len(members) - 1) for number in range(numbers))
    assert not any(set(plan[name]) & set(standing[name]) for name in plan)


def test_who_has_a_copy_takes_over() -> None:
    plan = share_out(range(6), {"a": Member([0, 1], [4, 5]), "b": Member([2], [3])})

    assert plan == {"a": [0, 1, 4], "b": [2, 3, 5]}


def test_standbys_need_a_folder() -> None:
    with pytest.raises(BadSettings, match=r"state: .*set it too, a folder for each worker"):
        read_settings(overrides={"state.standbys": "1"})


def test_copies_that_are_too_old_and_belong_to_nobody_are_deleted(tmp_path: Path) -> None:
    pytest.importorskip("rocksdict", reason="needs the extra `rocksdb`, which has no wheel for this platform")
    now = 0.0
    copies = Copies(RocksFolder(tmp_path, "changelog"), "changelog", lambda: now)
    for number in range(4):
        copies.stand_by(number).write([(b"c-1", b"value")], 1)
    for number in range(3):
        copies.stand_down(number)
    for number in (1, 2, 3):
        for file in (tmp_path / f"changelog-{number}").iterdir():
            os.utime(file, (1_000.0, 1_000.0))

    now = max(file.stat().st_mtime for file in (tmp_path / "changelog-0").iterdir()) + MAX_AGE
    assert copies.at_hand() == [0, 3]
    copies.drop_old(used={2})

    assert sorted(place.name for place in tmp_path.glob("changelog-*")) == ["changelog-0", "changelog-2", "changelog-3"]
    copies.close()


def test_a_file_that_rocksdb_deletes_meanwhile_is_passed_over(tmp_path: Path) -> None:
    folder = RocksFolder(tmp_path, "changelog")
    place = tmp_path / "changelog-0"
    place.mkdir()
    (place / "000038.sst").touch()
    (place / "000039.sst").symlink_to("gone")  # is listed, and not there when it is looked at

    assert folder.written() == {0: (place / "000038.sst").stat().st_mtime}
    folder.close()


def standing(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"state": StateSettings(dir=folder, standbys=1)})


def lines() -> list[bytes]:
    return [arrival.line() for arrival in Company(3, datetime(2025, 1, 1, tzinfo=UTC), 60, 40).history()]


async def until_copied(workers: tuple[Worker, Worker]) -> None:
    """Wait until each stands by for what the other owns, and has copied all of it."""
    while True:
        lags = [worker.standbys.lag if worker.standbys is not None else {} for worker in workers]
        owned = [set(worker.customers.units) for worker in workers]
        if [set(lag) for lag in lags] == owned[::-1] and not any(any(lag.values()) for lag in lags):
            return
        await asyncio.sleep(0.1)


async def test_whoever_stood_by_takes_over(tmp_path: Path) -> None:
    pytest.importorskip("rocksdict", reason="needs the extra `rocksdb`, which has no wheel for this platform")
    async with EmbeddedBroker() as address:
        settings = on(address.address)
        await Broker(settings).create_topics()
        async with await build(standing(settings, tmp_path / "one")) as one:
            async with await build(standing(settings, tmp_path / "other")) as other:
                await send(settings, lines(), until=datetime(2025, 3, 1, tzinfo=UTC))
                await asyncio.wait_for(asyncio.gather(*(w.until_idle(alone=False) for w in (one, other))), 60)
                await asyncio.wait_for(until_copied((one, other)), 30)
                kept = sum(len(processor.store) for worker in (one, other) for processor in worker.processors())
            await asyncio.wait_for(one.until_idle(), 60)

            assert {processor.number for processor in one.processors()} == {0, 1, 2, 3}
            assert sum(len(processor.store) for processor in one.processors()) == kept
