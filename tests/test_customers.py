"""Customers in memory: who stays decoded after a commit shows in nothing but memory."""

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.state.codec import due_of
from retention.state.customer import Customer
from streams.customers import WARM_BYTES, CustomerStore
from streams.differences import newest
from tests.keeping import FEW, logged, shown, steps, work


def decoded(store: CustomerStore) -> dict[str, Customer]:
    return {name: found for name, found in store.kept.items() if isinstance(found, Customer)}


@settings(max_examples=100)
@given(st.lists(steps, min_size=20, max_size=60), st.sampled_from((FEW, WARM_BYTES)), st.booleans())
def test_who_stays_decoded_shows_in_nothing(done: list[tuple[str, str, int]], partitions: int, differing: bool) -> None:
    roomy, narrow = CustomerStore(), CustomerStore(partitions)
    logs = list[tuple[bytes, bytes | None]](), list[tuple[bytes, bytes | None]]()
    for step, name, number in done:
        for store in (roomy, narrow):
            work(store, step, name, number)
        if "commit" in step:
            for store, log in zip((roomy, narrow), logs, strict=True):
                log.extend(logged(store, differing=differing))
            assert newest(logs[0]) == newest(logs[1])
            assert differing or logs[0] == logs[1]
            assert sum(len(one.written) for one in decoded(narrow).values()) <= WARM_BYTES // partitions
        assert shown(narrow) == shown(roomy)


def test_those_who_come_again_and_again_stay_decoded_until_others_do() -> None:
    store = CustomerStore(FEW)
    for commit in range(20):
        work(store, "touch", "regular", commit)
        work(store, "touch", f"passer-by {commit}", commit)
        logged(store)
        assert set(decoded(store)) == {"regular", f"passer-by {commit}"}
        if commit % 2:
            work(store, "forget", f"passer-by {commit}", commit)
    for commit in range(2):
        for name in ("c-1", "c-2"):
            work(store, "touch", name, commit)
        logged(store)
    assert set(decoded(store)) == {"c-1", "c-2"}


def test_who_is_forgotten_is_held_nowhere() -> None:
    store = CustomerStore(FEW)
    work(store, "touch", "c-1", 3)
    logged(store)
    work(store, "forget", "c-1", 3)
    assert logged(store) == [(b"c-1", None)]
    for passer_by in range(20):
        work(store, "touch", f"c-{passer_by + 2}", 3)
        logged(store)
        assert "c-1" not in store


def test_of_who_is_forgotten_before_a_commit_only_a_tombstone_is_written() -> None:
    store = CustomerStore()
    work(store, "touch", "c-1", 3)
    work(store, "forget", "c-1", 3)
    assert logged(store) == [(b"c-1", None)]


def test_what_is_written_of_when_somebody_is_due_is_of_the_last_event() -> None:
    store = CustomerStore()
    for step, number in (("touch", 3), ("rearm", 40), ("rearm", 50)):
        work(store, step, "c-1", number)
    assert [due_of(value) for _, value in store.detach()] == [3]
    for step, number in (("touch", 5), ("rearm", 40), ("touch", 6)):
        work(store, step, "c-1", number)
    assert [due_of(value) for _, value in store.detach()] == [6]
