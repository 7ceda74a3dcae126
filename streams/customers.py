"""The customers of one partition: stored as bytes, decoded on use; the most active ones stay decoded."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from retention.calendar import NEVER, Instant
from retention.state.codec import decode, due_of, encode, with_due
from retention.state.customer import Customer
from retention.state.written import Written, put_together
from streams.broker import BATCH_BYTES
from streams.differences import record_of
from streams.errors import Lost

_FITS: Final = BATCH_BYTES - 4_096
"""Bytes of a value that a batch has room for, beside Kafka's own. With ids of 128 characters each, `MAX_VALUE_BYTES`
is exceeded three and a half times; the bounds on a state allow no more (tests/test_bounds.py)."""
WARM_BYTES: Final = 33_554_432
"""Bytes of encoded state whose customers stay decoded after a commit, over all partitions: the latest ones are the
likeliest to be used next. Decoded they are some five times as large."""
DIFFERING: Final = 256
"""Most customers of a commit of which differences are written: of more, as in a backlog, whole states take less time.
A live commit has tens of them; 256 differences take 3 ms."""
AtHand = tuple[str, Customer]
"""The id and the state of a decoded customer."""


class CustomerStore:
    """One dict: idle customers as bytes, active ones decoded. An idle customer costs its bytes only.

    `touched` are the customers changed since the last commit. `_at_hand` are those that were written and stay decoded,
    because half of the events are of few customers: each is listed once, and one that was written again since its turn
    came last moves to the end. The bookkeeping stands in the customer itself: a look-up in a table that does not fit
    the cache takes as long as applying a login.
    """

    def __init__(self, partitions: int = 1) -> None:
        self.kept: dict[str, bytes | Customer] = {}
        self.touched: list[AtHand] = []
        self._at_hand: deque[AtHand] = deque()
        self._warm_bytes, self._room = 0, WARM_BYTES // partitions
        self.tombstones: list[str] = []

    def __contains__(self, customer_id: str) -> bool:
        return self._there(customer_id) is not None

    def _there(self, customer_id: str) -> bytes | Customer | None:
        """Return a customer as it is stored, decoded or not."""
        return self.kept.get(customer_id)

    def __len__(self) -> int:
        return len(self.kept)

    def find(self, customer_id: str) -> Customer | None:
        """Return a customer to change; None if unknown."""
        found = self._there(customer_id)
        if found is None:
            return None
        if isinstance(found, bytes):
            found = self.kept[customer_id] = decode(found)
        elif found.touched:
            found.rung_from = -1
            return found
        self._touch(customer_id, found)
        return found

    def _touch(self, customer_id: str, customer: Customer) -> None:
        customer.touched = True
        self.touched.append((customer_id, customer))

    def add(self, customer_id: str, customer: Customer) -> None:
        """Add a new customer. Its next write takes the place of a tombstone."""
        if customer_id in self.tombstones:
            self.tombstones.remove(customer_id)
        self.kept[customer_id] = customer
        self._touch(customer_id, customer)

    def names(self) -> list[str]:
        """Return the ids of all customers."""
        return list(self.kept)

    def dues(self) -> Iterator[tuple[str, Instant]]:
        """Yield the due instant of each customer, without decoding the rest."""
        return ((name, _due(found)) for name, found in self.kept.items())

    def every(self) -> Iterator[tuple[str, Customer]]:
        """Yield every customer, to read only."""
        for name in self.names():
            yield name, self.look(name)

    def look(self, customer_id: str) -> Customer:
        """Return a known customer to read only: it will not be written because of this."""
        found = self._there(customer_id)
        if found is None:
            raise LookupError(f"not kept: {customer_id}")
        return decode(found) if isinstance(found, bytes) else found

    def rearm(self, customer_id: str, due: Instant) -> None:
        """Set the due instant of a customer, in memory only: an old instant in the changelog only fires early."""
        found = self.kept[customer_id]
        if isinstance(found, bytes):
            self.kept[customer_id] = with_due(found, due)
        else:
            found.rearm(due)

    def due(self, customer_id: str) -> Instant:
        """Return the due instant of a customer, without decoding the rest."""
        found = self._there(customer_id)
        return NEVER if found is None else _due(found)

    def detach(self, *, differing: bool = False) -> list[tuple[bytes, bytes]]:
        """Return keys and values of the customers touched since the last call; from now on those are the state.

        If `differing`, they are differences from what was written before, where that is at hand and takes less.
        """
        touched, self.touched = self.touched, []
        differing = differing and len(touched) <= DIFFERING
        changed = [self._written(one, differing) for one in touched]
        self._cool()
        return changed

    def _written(self, one: AtHand, differing: bool) -> tuple[bytes, bytes]:  # noqa: FBT001 - a call for each customer
        """Encode a customer, as of its last event, whenever that is committed."""
        name, customer = one
        value = encode(customer)
        if customer.rung_from >= 0:
            value = with_due(value, customer.rung_from)
        if len(value) > _FITS:
            raise Lost(f"a customer of {len(value):,} bytes: the bounds on the state do not hold")
        customer.touched, customer.rung_from = False, -1
        before = len(customer.written)
        if before:
            customer.again = True
        else:
            self._at_hand.append(one)
            customer.written = Written()
        record = record_of(customer.written, name.encode(), value, differing)
        self._warm_bytes += len(customer.written) - before
        return record

    def _cool(self) -> None:
        """Encode the customers that were not touched for longest."""
        for name, customer in self._coldest():
            self.kept[name] = with_due(customer.written.value(), customer.due)

    def _coldest(self) -> list[AtHand]:
        """Return the customers that no longer stay decoded."""
        cold: list[AtHand] = []
        at_hand = self._at_hand
        for _ in range(2 * len(at_hand)):  # all may have been written again, and each now holds a difference, too
            if self._warm_bytes <= self._room:
                break
            one = at_hand.popleft()
            customer = one[1]
            if customer.touched or customer.again:
                customer.again = False
                at_hand.append(one)
            else:
                self._warm_bytes -= len(customer.written)
                cold.append(one)
        return cold

    def forget(self, customer_id: str) -> None:
        """Remove a customer; the next commit writes its tombstone."""
        found = self.kept.pop(customer_id, None)
        if isinstance(found, Customer):
            self._warm_bytes -= len(found.written)
            self.touched = [one for one in self.touched if one[1] is not found]
            self._at_hand = deque(one for one in self._at_hand if one[1] is not found)
        self.tombstones.append(customer_id)

    def take_tombstones(self) -> list[str]:
        """Return the customers to remove from the changelog, and clear them."""
        dropped, self.tombstones = self.tombstones, []
        return dropped

    def restore(self, customer_id: str, value: bytes | None) -> None:
        """Apply one record of the changelog; None removes the customer."""
        if value is None:
            self.kept.pop(customer_id, None)
        else:
            self.kept[customer_id] = value

    def restore_difference(self, customer_id: str, difference: bytes) -> None:
        """Apply the last difference of a customer, after all records; raise `NotItsBase` if its base is not there."""
        base = self.kept.get(customer_id, b"")
        self.kept[customer_id] = put_together(base if isinstance(base, bytes) else b"", difference)


def _due(found: bytes | Customer) -> Instant:
    return due_of(found) if isinstance(found, bytes) else found.due
