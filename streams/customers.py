"""The customers of one partition: bytes until touched, bytes again once committed, and the busiest kept at hand."""

from collections.abc import Iterator
from typing import Final

from retention.calendar import NEVER, Instant
from retention.customer import Customer, decode, due_of, encode, with_due
from streams.broker import BATCH_BYTES
from streams.errors import Lost

_FITS: Final = BATCH_BYTES - 4_096
"""Bytes of a value that a batch has room for, beside Kafka's own. With ids of 128 characters each, `MAX_VALUE_BYTES` is
exceeded three and a half times; more than fits cannot be, by the bounds on a state (tests/test_bounds.py)."""
WARM_BYTES: Final = 33_554_432
"""Bytes of state, as encoded, whose customers stay decoded after a commit, over all partitions that there are: the
latest ones are the likeliest next. Decoded they are some five times as large."""


class CustomerStore:
    """One dict: who is idle as bytes, who is at hand as a customer. An idle customer costs its bytes only.

    `touched` are those changed since the last commit, and say so themselves. `_folded` has the instants of those of
    them whose timers have rung since and found all as before: what is written is of the last event, whenever that is
    committed. `_warm` keeps the bytes of those that are just as they were written and stay at hand, the longest
    untouched first: half of what comes is of a few.
    """

    def __init__(self, partitions: int = 1) -> None:
        self.kept: dict[str, bytes | Customer] = {}
        self.touched: dict[str, Customer] = {}
        self._folded: dict[str, Instant] = {}
        self._warm: dict[str, bytes] = {}
        self._warm_bytes, self._room = 0, WARM_BYTES // partitions
        self.tombstones: list[str] = []

    def __contains__(self, customer_id: str) -> bool:
        return self._there(customer_id) is not None

    def _there(self, customer_id: str) -> bytes | Customer | None:
        """Give somebody as kept, wherever that is."""
        return self.kept.get(customer_id)

    def __len__(self) -> int:
        return len(self.kept)

    def find(self, customer_id: str) -> Customer | None:
        """Give a customer, to be changed."""
        found = self._there(customer_id)
        if found is None:
            return None
        if isinstance(found, bytes):
            found = self.kept[customer_id] = decode(found)
        elif found.touched:  # asked of itself: one more look into a large table takes as long as all of this
            if self._folded:
                self._folded.pop(customer_id, None)
            return found
        self._touch(customer_id, found)
        return found

    def _touch(self, customer_id: str, customer: Customer) -> None:
        customer.touched = True
        self.touched[customer_id] = customer

    def add(self, customer_id: str, customer: Customer) -> None:
        """Take in a new customer. What is written of it takes the place of a tombstone."""
        if customer_id in self.tombstones:
            self.tombstones.remove(customer_id)
        self.kept[customer_id] = customer
        self._touch(customer_id, customer)

    def names(self) -> list[str]:
        """Give everybody who is kept."""
        return list(self.kept)

    def dues(self) -> Iterator[tuple[str, Instant]]:
        """Give when time may next change each customer, without reading the rest of it."""
        return ((name, _due(found)) for name, found in self.kept.items())

    def every(self) -> Iterator[tuple[str, Customer]]:
        """Give every customer, to look at and not to change."""
        for name in self.names():
            yield name, self.look(name)

    def look(self, customer_id: str) -> Customer:
        """Give a customer that is kept, to look at: nothing will be written because of it."""
        found = self._there(customer_id)
        if found is None:
            raise LookupError(f"not kept: {customer_id}")
        return decode(found) if isinstance(found, bytes) else found

    def rearm(self, customer_id: str, due: Instant) -> None:
        """Set when time may next change a customer, in memory: an old instant in the changelog only rings early."""
        found = self.kept[customer_id]
        if isinstance(found, bytes):
            self.kept[customer_id] = with_due(found, due)
        else:
            self._rearm(customer_id, found, due)

    def _rearm(self, customer_id: str, customer: Customer, due: Instant) -> None:
        if customer.touched:
            self._folded.setdefault(customer_id, customer.due)
        customer.due = due

    def due(self, customer_id: str) -> Instant:
        """Give when time may next change a customer, without reading the rest of it."""
        found = self._there(customer_id)
        return NEVER if found is None else _due(found)

    def detach(self) -> list[tuple[str, bytes]]:
        """Give the customers touched since the last time, as bytes; from now on those are the state."""
        folded, self._folded = self._folded, {}
        changed = [(name, _written(customer)) for name, customer in self.touched.items()]
        if folded:
            changed = [(name, with_due(v, folded[name]) if name in folded else v) for name, v in changed]
        self.touched.clear()
        for name, value in changed:
            if len(value) > _FITS:
                raise Lost(f"a customer of {len(value):,} bytes: the bounds on the state do not hold")
            self._warm_bytes += len(value) - len(self._warm.pop(name, b""))
            self._warm[name] = value
        self._cool()
        return changed

    def _cool(self) -> None:
        """Keep those who were not touched for longest as bytes only."""
        for name, value in self._coldest():
            self.kept[name] = with_due(value, self.due(name))

    def _coldest(self) -> list[tuple[str, bytes]]:
        """Give who is to stay at hand no more, and what was written of them."""
        cold: list[tuple[str, bytes]] = []
        for name, value in self._warm.items():
            if self._warm_bytes <= self._room:
                break
            if name not in self.touched:
                self._warm_bytes -= len(value)
                cold.append((name, value))
        for name, _ in cold:
            del self._warm[name]
        return cold

    def forget(self, customer_id: str) -> None:
        """Drop a customer; the next commit writes its tombstone."""
        self.kept.pop(customer_id, None)
        self.touched.pop(customer_id, None)
        self._folded.pop(customer_id, None)
        self._warm_bytes -= len(self._warm.pop(customer_id, b""))
        self.tombstones.append(customer_id)

    def take_tombstones(self) -> list[str]:
        """Give the customers that are to be removed from the changelog, once."""
        dropped, self.tombstones = self.tombstones, []
        return dropped

    def restore(self, customer_id: str, value: bytes | None) -> None:
        """Take in one record of the changelog; None forgets the customer."""
        if value is None:
            self.kept.pop(customer_id, None)
        else:
            self.kept[customer_id] = value


def _written(customer: Customer) -> bytes:
    customer.touched = False
    return encode(customer)


def _due(found: bytes | Customer) -> Instant:
    return due_of(found) if isinstance(found, bytes) else found.due
