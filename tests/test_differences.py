"""Differences in the changelog: whatever a compaction leaves of it, the last states can be put together from it."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import NotItsBase
from retention.state.codec import due_of, encode
from retention.state.written import HEAD, Written, difference, put_together
from streams import customers
from streams.customers import CustomerStore
from streams.differences import Differences, key_of_difference, newest, record_of
from streams.errors import StateBehind, explained
from streams.partition_record import OWN_KEY, SOURCES_KEY, read_own
from tests.building import Log, at, text
from tests.homes import Homes
from tests.keeping import FEW, logged, steps, work

Record = tuple[bytes, bytes | None]

states = st.one_of(
    st.binary(min_size=HEAD, max_size=400),
    st.integers(HEAD, 70_000).map(lambda size: Random(size).randbytes(size)),
)


class Changed(NamedTuple):
    """A state and what became of it: some bytes are others, some are gone, some are new."""

    before: bytes
    after: bytes


@st.composite
def changes(draw: st.DrawFn) -> Changed:
    before = draw(states)
    after = bytearray(before)
    for _ in range(draw(st.integers(0, 8))):
        begin = draw(st.integers(0, len(after)))
        after[begin : begin + draw(st.integers(0, 40))] = draw(st.binary(max_size=40))
    return Changed(before, bytes(after).ljust(HEAD, b"\0"))


@given(changes())
def test_a_difference_and_its_base_are_the_state(changed: Changed) -> None:
    assert put_together(changed.before, difference(*changed)) == changed.after


@given(changes())
def test_the_first_bytes_of_a_state_are_those_of_its_difference(changed: Changed) -> None:
    """They have its due instant: timers are rebuilt, and set, without its base."""
    found = difference(*changed)

    assert (found[:HEAD], due_of(found)) == (changed.after[:HEAD], due_of(changed.after))


@given(changes(), st.binary(max_size=400))
def test_a_difference_from_another_base_is_an_error_or_the_state(changed: Changed, other: bytes) -> None:
    found = difference(*changed)
    try:
        state = put_together(other, found)
    except NotItsBase:
        return
    assert state == changed.after


@given(changes(), st.data())
def test_a_broken_difference_is_an_error_or_the_state(changed: Changed, data: st.DataObject) -> None:
    found = bytearray(difference(*changed))
    place = data.draw(st.integers(HEAD, len(found) - 1))
    found[place] ^= data.draw(st.integers(1, 255))
    try:
        state = put_together(changed.before, bytes(found[: data.draw(st.integers(place, len(found)))]))
    except NotItsBase:
        return
    assert state == changed.after


def test_a_changelog_without_a_base_is_told_with_what_to_do() -> None:
    with pytest.raises(NotItsBase) as error:
        newest([(key_of_difference(b"c-1"), difference(b"the state of c-1", b"the state of c-1, later"))])

    told = explained(error.value, "kafka:9092")

    assert isinstance(told, StateBehind)
    assert "backstay rebuild" in str(told)


@given(st.lists(changes(), min_size=1, max_size=5))
def test_what_was_written_last_is_known(made: list[Changed]) -> None:
    written, log = Written(), list[Record]()
    for value in (value for changed in made for value in changed):
        log.append(record_of(written, b"c-1", value, differing=True))
        assert written.value() == value
        assert newest(log) == {b"c-1": value}


def test_of_a_state_that_grows_a_base_is_written_now_and_then() -> None:
    """On average a write costs a third of a state, or less: a tenth would need a state that grows more slowly."""
    written, random = Written(), Random(1)
    state, sizes, bases = random.randbytes(1_200), list[int](), 0
    for _ in range(200):
        state = state[:HEAD] + state[HEAD + 40 :] + random.randbytes(40)
        key, value = record_of(written, b"c-1", state, differing=True)
        sizes.append(len(value))
        bases += key == b"c-1"

    assert sum(sizes) / len(sizes) < len(state) / 3
    assert 10 < bases < 40


@pytest.mark.parametrize(("size", "is_whole"), [(31_000, False), (33_000, True)])
def test_a_state_longer_than_deflate_looks_back_is_written_whole(size: int, *, is_whole: bool) -> None:
    """A difference from it would be the whole state, compressed, and take milliseconds for each event."""
    written = Written()
    state = b"event of c-1. " * (size // 14)
    record_of(written, b"c-1", state, differing=True)

    key, value = record_of(written, b"c-1", state[:-1] + b"!", differing=True)

    assert (key == b"c-1", len(value) == len(state)) == (is_whole, is_whole)


# The log: customers that change, are forgotten and restored, whatever a compaction leaves of it


def compacted(log: Sequence[Record], random: Random) -> list[Record]:
    """Return what a log cleaner may leave of a log, which cleans only its beginning, and keeps some deletions."""
    end = random.randint(0, len(log))
    last = {key: place for place, (key, _) in enumerate(log[:end])}
    forgets = random.random() < 0.5
    kept = [one for place, one in enumerate(log[:end]) if last[one[0]] == place and not (one[1] is None and forgets)]
    return [*kept, *log[end:]]


def half_compacted(log: Sequence[Record], random: Random) -> list[Record]:
    """Return what a reader may find while the cleaner is at work: some of what it removes is there yet."""
    last = {key: place for place, (key, _) in enumerate(log)}
    return [one for place, one in enumerate(log) if last[one[0]] == place or random.random() < 0.5]


def restored(log: Iterable[Record]) -> CustomerStore:
    """Return a store that was filled as a worker does."""
    store, differences = CustomerStore(), Differences()
    for key, value in log:
        if not differences.takes(key, value):
            store.restore(key.decode(), value)
    for key, found in differences:
        store.restore_difference(key.decode(), found)
    return store


def replayed(
    done: Sequence[tuple[str, str, int]],
    partitions: int,
    seed: int,
    look: Callable[[list[Record], CustomerStore], None],
) -> None:
    """Take steps, compact the log now and then, and restart from it; look at both after each commit."""
    store, log, random = CustomerStore(partitions), list[Record](), Random(seed)
    for step, name, number in done:
        work(store, step, name, number)
        if "commit" in step or step == "restart":
            log += logged(store, differing=True)
            look(log, store)
            log = random.choice((compacted, half_compacted))(log, random) if random.random() < 0.5 else log
        if step == "restart":
            store = restored(log)


def as_stored(store: CustomerStore) -> dict[str, bytes]:
    return {name: encode(store.look(name))[HEAD:] for name in store.names()}


@settings(max_examples=200)
@given(st.lists(steps, min_size=20, max_size=80), st.sampled_from((1, FEW)), st.integers(0, 2**32))
def test_the_last_states_are_put_together_from_whatever_is_left(
    done: list[tuple[str, str, int]], partitions: int, seed: int
) -> None:
    random = Random(seed)

    def look(log: list[Record], store: CustomerStore) -> None:
        wanted = as_stored(store)
        assert as_stored(restored(log)) == wanted
        assert as_stored(restored(compacted(log, random))) == wanted
        assert as_stored(restored(half_compacted(log, random))) == wanted
        assert {key.decode(): value[HEAD:] for key, value in newest(log).items()} == wanted

    replayed(done, partitions, seed, look)


@given(st.lists(steps, min_size=20, max_size=80), st.integers(0, 2**32))
def test_of_who_is_forgotten_nothing_is_left_after_a_compaction(done: list[tuple[str, str, int]], seed: int) -> None:
    def look(log: list[Record], store: CustomerStore) -> None:
        last = dict(log)
        gone = {name.encode() for name in ("c-1", "c-2", "c-3")} - {name.encode() for name in store.names()}
        left = {key for key, value in last.items() if value is not None}
        assert not left & (gone | {key_of_difference(key) for key in gone})

    replayed(done, 1, seed, look)


@given(st.lists(steps, min_size=20, max_size=80), st.integers(0, 2**32))
def test_a_commit_that_is_read_from_the_start_or_continued_is_the_same(
    done: list[tuple[str, str, int]], seed: int
) -> None:
    """A copy goes on from any place of the log: customers and differences before it are on disk."""
    pytest.importorskip("rocksdict", reason="needs the extra `rocksdb`, which has no wheel for this platform")
    from streams.local_state import LocalState
    from streams.rocks import RocksTable

    random = Random(seed)
    log = list[Record]()
    replayed(done, 1, seed, lambda records, _: log.__setitem__(slice(None), records))
    with TemporaryDirectory() as folder:
        local = LocalState(RocksTable(Path(folder)))
        place = 0
        while place < len(log):
            end = random.randint(place + 1, len(log))
            local.write(log[place:end], end)
            place = end
        assert dict(local.customers()) == newest(log)
        assert dict(local.dues()) == {key: due_of(value) for key, value in newest(log).items()}
        assert all(local.get(key) == value for key, value in newest(log).items())
        local.close()


def test_of_a_commit_of_many_customers_whole_states_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take less time than differences, and a backlog has no time for them."""
    monkeypatch.setattr(customers, "DIFFERING", 2)
    store = CustomerStore()
    kinds = list[set[bytes]]()
    for names in (("c-1", "c-2", "c-3"), ("c-1", "c-2"), ("c-1", "c-2", "c-3")):
        for name in names:
            work(store, "touch", name, 3)
        kinds.append({key for key, _ in store.detach(differing=True)})

    of_differences = {key_of_difference(b"c-1"), key_of_difference(b"c-2")}
    assert kinds == [{b"c-1", b"c-2", b"c-3"}, of_differences, {b"c-1", b"c-2", b"c-3"}]


def test_who_is_cold_is_written_whole() -> None:
    store = CustomerStore(10**9)
    for _ in range(2):
        work(store, "touch", "c-1", 3)
        assert [key for key, _ in store.detach(differing=True)] == [b"c-1"]


async def test_who_is_erased_without_transactions_leaves_no_difference_of_the_time_with_them() -> None:
    """A broker may lose its transactions. Deletions are gone after some hours: a difference would stay, and end all."""
    homes = Homes(1)
    for number, one in enumerate(Log("c-1").login(1, 2, 3).events):
        homes.read(one)
        homes.commit(0)
        assert (key_of_difference(b"c-1") in homes.changelogs[0]) is (number > 0)
    homes.atomic = False
    await homes.reopen(0)
    homes.read({"event_id": "e", "type": "erasure.requested", "customer_id": "c-1", "occurred_at": text(at(4))})
    homes.commit(0)

    left = {key: value for key, value in homes.changelogs[0].items() if value is not None}

    assert not [key for key in left if key.endswith(b"c-1")]
    assert newest(left.items())


async def test_an_earlier_build_refuses_a_changelog_that_has_had_differences_and_no_other() -> None:
    """It cannot read that `sources` is null. Without transactions there are no differences, and it may go back."""
    homes = Homes(1, atomic=False)
    homes.read(Log("c-1").login(1).events[0])
    homes.commit(0)
    assert read_own(homes.changelogs[0][OWN_KEY] or b"").sources is not None
    assert SOURCES_KEY not in homes.changelogs[0]

    for atomic in (True, False):
        homes.atomic = atomic
        await homes.restart(0)
        homes.read(Log("c-1").login(2 if atomic else 3).events[0] | {"event_id": f"atomic {atomic}"})
        homes.commit(0)
        assert read_own(homes.changelogs[0][OWN_KEY] or b"").sources is None
        assert homes.changelogs[0][SOURCES_KEY]
    assert homes.states()["c-1"].logins[1::2] == [1, 1, 1]
