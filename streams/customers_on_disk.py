"""The customers of one partition if there are more than memory holds: idle ones are on disk."""

from collections.abc import Iterator, Sequence

from retention.calendar import Instant
from retention.state.codec import due_of, with_due
from retention.state.customer import Customer
from streams.customers import CustomerStore
from streams.local_state import LocalState
from streams.rocks import Entry


class CustomersOnDisk(CustomerStore):
    """`kept` holds the decoded customers, and as bytes those whose due instant has changed; all others are on disk."""

    def __init__(self, local: LocalState, partitions: int = 1) -> None:
        super().__init__(partitions)
        self.local = local
        self._number = 0
        self._rearmed: set[str] = set()
        self._forgotten: set[str] = set()

    def _there(self, customer_id: str) -> bytes | Customer | None:
        found = self.kept.get(customer_id)
        if found is not None or customer_id in self._forgotten:
            return found
        return self.local.get(customer_id.encode())

    def __len__(self) -> int:
        return self._number

    def add(self, customer_id: str, customer: Customer) -> None:
        """Add a new customer."""
        self._forgotten.discard(customer_id)
        self._number += 1
        super().add(customer_id, customer)

    def names(self) -> list[str]:
        """Return the ids of all customers."""
        found = {key.decode() for key, _ in self.local.customers()} - self._forgotten | self.kept.keys()
        self._number = len(found)
        return sorted(found)

    def dues(self) -> Iterator[tuple[str, Instant]]:
        """Yield the due instant of each customer as it is on disk: right after a restart."""
        self._number = 0
        for key, due in self.local.dues():
            self._number += 1
            yield key.decode(), due

    def rearm(self, customer_id: str, due: Instant) -> None:
        """Set the due instant of a customer; it reaches the disk with the next commit."""
        found = self._there(customer_id)
        if isinstance(found, bytes):
            self.kept[customer_id] = with_due(found, due)
        elif found is not None:
            found.rearm(due)
        self._rearmed.add(customer_id)

    def _cool(self) -> None:
        """Keep every decoded customer until what was detached is on disk."""

    def written(self, entries: Sequence[Entry], position: int, at: float) -> None:
        """Copy a commit that was begun at `at` to disk; release its customers that were not touched for longest."""
        dues = [(name.encode(), self._rearmed_to(name)) for name in self._rearmed]
        self.local.write_whole(entries, position, at, [(key, due) for key, due in dues if due is not None])
        for name in self._rearmed:
            if isinstance(self.kept.get(name), bytes):
                del self.kept[name]
        self._rearmed.clear()
        # A customer erased while the commit was under way is on disk until the next one has written its tombstone.
        self._forgotten.difference_update(key.decode() for key, value in entries if value is None)
        for name, _ in self._coldest():
            del self.kept[name]

    def _rearmed_to(self, name: str) -> Instant | None:
        """Return the new due instant of a customer on disk; None if the next commit writes it anyway."""
        found = self.kept.get(name)
        if found is None:
            return None
        if isinstance(found, bytes):
            return due_of(found)
        return found.due if found.written and not found.touched else None

    def forget(self, customer_id: str) -> None:
        """Remove a customer; the next commit writes its tombstone."""
        self._number -= 1
        self._forgotten.add(customer_id)
        super().forget(customer_id)
