"""States on disk: the same customers as in memory, in less of it; and a copy that goes on where it ended."""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rocksdict", reason="needs the extra `rocksdb`, which has no wheel for this platform")

from retention.calendar import NEVER
from retention.state.customer import newcomer
from streams.customers import CustomerStore
from streams.customers_on_disk import CustomersOnDisk
from streams.differences import newest
from streams.errors import BadSettings, DiskFailed
from streams.folder import hold
from streams.local_state import LocalState
from streams.partition_record import OWN_KEY, VERSION, PartitionRecord
from streams.rocks import Entry, RocksTable
from tests.keeping import FEW, logged, shown, steps, touch, work

HARDLY_ANY = 10**6
"""Partitions that share the room for decoded customers: none of them may keep any."""


def kept_in(folder: Path) -> LocalState:
    return LocalState(RocksTable(folder))


@given(st.lists(steps, min_size=10, max_size=60), st.sampled_from((1, FEW, HARDLY_ANY)), st.booleans())
def test_customers_on_disk_are_those_in_memory(
    done: list[tuple[str, str, int]], partitions: int, differing: bool
) -> None:
    with TemporaryDirectory() as folder:
        memory = CustomerStore()
        disk = CustomersOnDisk(kept_in(Path(folder)), partitions)
        for place, (step, name, number) in enumerate(done):
            work(memory, step, name, number)
            work(disk, step, name, number)
            if step in {"commit", "late commit", "late forget", "restart"}:
                logged(memory)
                entries = logged(disk, differing=differing)
                if step == "late commit":  # events go on being applied while a commit is under way
                    work(memory, "touch", name, number)
                    work(disk, "touch", name, number)
                if step == "late forget":
                    work(memory, "forget", name, number)
                    work(disk, "forget", name, number)
                disk.written(entries, place, 0.0)
            if step == "restart":
                disk.local.close()
                disk = CustomersOnDisk(kept_in(Path(folder)), partitions)
                assert dict(disk.dues()) == dict(memory.dues())
                assert disk.local.position == place
            assert shown(disk) == shown(memory)
            assert len(disk) == len(memory)
        disk.local.close()


def test_a_copy_that_does_not_know_of_which_changelog_it_is_begins_anew(tmp_path: Path) -> None:
    local = kept_in(tmp_path)
    local.clear()
    assert not local.outdated(9)

    local.write([(b"c-1", b"value")], 3)

    assert local.outdated(9)
    local.close()


def test_who_comes_back_before_the_tombstone_is_written_is_kept(tmp_path: Path) -> None:
    store = CustomersOnDisk(kept_in(tmp_path), HARDLY_ANY)
    touch(store, "c-1", 3)
    store.written(logged(store), 1, 0.0)

    store.forget("c-1")
    touch(store, "c-1", 4)
    store.written(logged(store), 2, 0.0)

    assert (store.names(), store.look("c-1").latest) == (["c-1"], 4)


def test_who_is_forgotten_while_a_commit_is_under_way_stays_forgotten(tmp_path: Path) -> None:
    store = CustomersOnDisk(kept_in(tmp_path), HARDLY_ANY)
    touch(store, "c-1", 3)
    store.written(logged(store), 1, 0.0)

    touch(store, "c-2", 3)
    entries = logged(store)
    store.forget("c-1")
    store.written(entries, 2, 0.0)
    assert "c-1" not in store

    store.written(logged(store), 3, 0.0)
    assert ("c-1" in store, store.local.get(b"c-1")) == (False, None)


def test_idle_customers_are_not_in_memory(tmp_path: Path) -> None:
    store = CustomersOnDisk(kept_in(tmp_path), HARDLY_ANY)
    for number in range(100):
        store.add(f"c-{number}", newcomer())

    store.written(logged(store), 1, 0.0)

    assert store.kept == {}
    assert (len(store), store.due("c-7")) == (100, NEVER)


@pytest.mark.parametrize("differing", [False, True])
def test_nothing_of_a_forgotten_customer_is_left_in_the_files(tmp_path: Path, differing: bool) -> None:
    local = kept_in(tmp_path)
    store = CustomersOnDisk(local)
    for place in (1, 2):
        for name in ("anna@example.org", "somebody-else"):
            touch(store, name, place)
        store.written(logged(store, differing=differing), place, 0.0)
    local.close()
    assert holds(tmp_path, b"anna@example.org")

    store = CustomersOnDisk(kept_in(tmp_path), HARDLY_ANY)
    store.forget("anna@example.org")
    store.written(logged(store, differing=differing), 3, 0.0)

    assert not holds(tmp_path, b"anna@example.org")
    assert holds(tmp_path, b"somebody-else")


def holds(folder: Path, text: bytes) -> bool:
    return any(text in file.read_bytes() for file in folder.iterdir() if file.is_file())


def test_a_folder_belongs_to_one_worker(tmp_path: Path) -> None:
    hold(tmp_path)

    with pytest.raises(BadSettings, match="give each a folder of its own"):
        hold(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadSettings, match=r"cannot be used: Not a directory. Name another folder"):
        hold(tmp_path / "file" / "state")


def test_a_copy_is_opened_once(tmp_path: Path) -> None:
    local = kept_in(tmp_path)

    with pytest.raises(DiskFailed, match="cannot be opened"):
        kept_in(tmp_path)
    local.close()


def as_an_earlier_build(folder: Path, log: list[Entry]) -> None:
    """Copy a changelog as builds from before 0088 did: differences are among the partition's own keys there."""
    table = RocksTable(folder)
    for key, value in log:
        name = b"\x01" + blake2b(key, digest_size=16).digest()
        own = key.startswith(b"\x00")
        table.write([(key, value) if own else (name, len(key).to_bytes(2, "big") + key + (value or b""))])
    table.write([(b"\x00\x00copy", msgspec.msgpack.encode([len(log), time.time()]))])
    table.close()


@pytest.mark.parametrize("differs", [True, False])
def test_a_copy_in_which_an_earlier_build_has_put_differences_is_not_continued(tmp_path: Path, differs: bool) -> None:
    """It ends at the own record, but that may come after them: their customers would go on as they were before."""
    store, log = CustomerStore(), list[Entry]()
    for place in range(1, 4 if differs else 2):
        touch(store, "c-1", place)
        log += logged(store, differing=True)
        log.append((OWN_KEY, msgspec.msgpack.encode(PartitionRecord(VERSION, {}, 0, {}, log="1"))))
    as_an_earlier_build(tmp_path, log)

    local = kept_in(tmp_path)

    assert (local.get(b"c-1") != newest(log)[b"c-1"]) is differs
    assert local.outdated(len(log)) is differs
    if differs:
        local.clear()
        local.write(log, len(log))
    assert not local.outdated(len(log))
    assert local.get(b"c-1") == newest(log)[b"c-1"]


@pytest.fixture
def limited() -> Iterator[Callable[[], None]]:
    """Limit files to 1 MB from the call on, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_048_576, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_the_work_and_loses_nothing(
    tmp_path: Path, limited: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.rocks.BUFFER_BYTES", 2 * 1_048_576)
    local = kept_in(tmp_path)
    limited()

    def fill() -> None:
        for number in range(1, 1_000):
            local.write([(b"c-%d" % number, Random(number).randbytes(100_000))], number)

    with pytest.raises(DiskFailed, match="free disk space and start again"):
        fill()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with suppress(DiskFailed):
        local.close()

    again = kept_in(tmp_path)
    assert {key for key, _ in again.customers()} == {b"c-%d" % number for number in range(1, again.position + 1)}
