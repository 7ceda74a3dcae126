"""The customers of one partition: bytes until touched, bytes again once committed, and the busiest kept at hand."""

from collections.abc import Iterator
from typing import Final

from retention.calendar import NEVER, Instant
from retention.customer import MAX_VALUE_BYTES, Customer, decode, due_of, encode, with_due
from streams.errors import Lost

_SPARE: Final = 4_096
"""Kafka's own bytes around a value."""
WARM_BYTES: Final = 33_554_432
"""Bytes of state, as encoded, whose customers stay decoded after a commit, over all partitions that there are: the
latest ones are the likeliest next. Decoded they are some five times as large."""


class CustomerStore:
    """A dict of bytes, and over it the customers that were touched since the last commit.

    Restoring is filling a dict, and an idle customer costs its bytes only. `warm` are customers just as their bytes
    have them, the longest untouched first: half of what comes is of a few.
    """

    def __init__(self, partitions: int = 1) -> None:
        self.values: dict[str, bytes] = {}
        self.touched: dict[str, Customer] = {}
        self.warm: dict[str, Customer] = {}
        self._warm_bytes, self._room = 0, WARM_BYTES // partitions
        self.tombstones: list[str] = []

    def __contains__(self, customer_id: str) -> bool:
        return customer_id in self.values or customer_id in self.touched

    def __len__(self) -> int:
        return len(self.values) + sum(name not in self.values for name in self.touched)

    def find(self, customer_id: str) -> Customer | None:
        """Give a customer, to be changed."""
        customer = self.touched.get(customer_id)
        if customer is None:
            value = self.values.get(customer_id)
            if value is None:
                return None
            customer = self._cool(customer_id, value) or decode(value)
            self.touched[customer_id] = customer
        return customer

    def _cool(self, customer_id: str, value: bytes) -> Customer | None:
        customer = self.warm.pop(customer_id, None)
        if customer is not None:
            self._warm_bytes -= len(value)
        return customer

    def add(self, customer_id: str, customer: Customer) -> None:
        """Take in a new customer."""
        self.touched[customer_id] = customer

    def names(self) -> list[str]:
        """Give everybody who is kept."""
        return [*self.values, *(name for name in self.touched if name not in self.values)]

    def dues(self) -> Iterator[tuple[str, Instant]]:
        """Give when time may next change each customer, without reading the rest of it."""
        return ((name, due_of(value)) for name, value in self.values.items())

    def every(self) -> Iterator[tuple[str, Customer]]:
        """Give every customer, to look at and not to change."""
        for name in self.names():
            yield name, self.look(name)

    def look(self, customer_id: str) -> Customer:
        """Give a customer that is kept, to look at: nothing will be written because of it."""
        return self.touched.get(customer_id) or self.warm.get(customer_id) or decode(self.values[customer_id])

    def rearm(self, customer_id: str, due: Instant) -> None:
        """Set when time may next change a customer, in memory: an old instant in the changelog only rings early."""
        customer = self.touched.get(customer_id)
        if customer is not None:
            customer.due = due
        else:
            self.values[customer_id] = with_due(self.values[customer_id], due)
            if customer_id in self.warm:
                self.warm[customer_id].due = due

    def due(self, customer_id: str) -> Instant:
        """Give when time may next change a customer, without reading the rest of it."""
        customer = self.touched.get(customer_id)
        if customer is not None:
            return customer.due
        value = self.values.get(customer_id)
        return due_of(value) if value is not None else NEVER

    def detach(self) -> list[tuple[str, bytes]]:
        """Give the customers touched since the last time, as bytes; from now on those are the state."""
        changed = [(name, encode(customer)) for name, customer in self.touched.items()]
        for name, value in changed:
            if len(value) > MAX_VALUE_BYTES + _SPARE:
                raise Lost(f"a customer of {len(value):,} bytes: the bounds on the state do not hold")
            self.values[name] = value
            self._warm_bytes += len(value)
        self.warm |= self.touched
        self.touched.clear()
        while self._warm_bytes > self._room:
            oldest = next(iter(self.warm))
            self._cool(oldest, self.values[oldest])
        return changed

    def forget(self, customer_id: str) -> None:
        """Drop a customer; the next commit writes its tombstone."""
        value = self.values.pop(customer_id, None)
        if value is not None:
            self._cool(customer_id, value)
        self.touched.pop(customer_id, None)
        self.tombstones.append(customer_id)

    def take_tombstones(self) -> list[str]:
        """Give the customers that are to be removed from the changelog, once."""
        dropped, self.tombstones = self.tombstones, []
        return dropped

    def restore(self, customer_id: str, value: bytes | None) -> None:
        """Take in one record of the changelog; None forgets the customer."""
        if value is None:
            self.values.pop(customer_id, None)
        else:
            self.values[customer_id] = value
