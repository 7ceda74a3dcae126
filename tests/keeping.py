"""Steps that change stored customers, and what they show: in memory and on disk alike."""

from hypothesis import strategies as st

from retention.state.codec import encode
from retention.state.customer import newcomer
from streams.customers import WARM_BYTES, CustomerStore
from streams.differences import key_of_difference

NAMES = ("c-1", "c-2", "c-3")

FEW = WARM_BYTES // (2 * len(encode(newcomer())) + 20)
"""So many partitions leave each of them room for two of these customers."""

steps = st.tuples(
    st.sampled_from(("touch", "touch", "rearm", "look", "forget", "commit", "late commit", "late forget", "restart")),
    st.sampled_from(NAMES),
    st.integers(1, 9),
)


def logged(store: CustomerStore, *, differing: bool = False) -> list[tuple[bytes, bytes | None]]:
    """Return what a commit would write to the changelog."""
    changed: list[tuple[bytes, bytes | None]] = [*store.detach(differing=differing)]
    gone = [name.encode() for name in store.take_tombstones()]
    changed += [(key, None) for key in gone]
    return changed + ([(key_of_difference(key), None) for key in gone] if differing else [])


def touch(store: CustomerStore, name: str, number: int) -> None:
    customer = store.find(name)
    if customer is None:
        customer = newcomer()
        store.add(name, customer)
    customer.latest, customer.due = customer.latest + number, number


def work(store: CustomerStore, step: str, name: str, number: int) -> None:
    match step:
        case "touch":
            touch(store, name, number)
        case "rearm" if name in store:
            store.rearm(name, number + 100)
        case "look" if name in store:
            store.look(name)
        case "forget" if name in store:
            store.forget(name)


def shown(store: CustomerStore) -> dict[str, tuple[bytes, int]]:
    return {name: (encode(store.look(name)), store.due(name)) for name in store.names()}
