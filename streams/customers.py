"""The customers of one partition: bytes until touched, bytes again once committed, and the busiest kept at hand."""

from collections import deque
from collections.abc import Iterator
from typing import Final

from retention.calendar import NEVER, Instant
from retention.state.codec import decode, due_of, encode, with_due
from retention.state.customer import Customer
from streams.broker import BATCH_BYTES
from streams.errors import Lost

_FITS: Final = BATCH_BYTES - 4_096
"""Bytes of a value that a batch has room for, beside Kafka's own. With ids of 128 characters each, `MAX_VALUE_BYTES` is
exceeded three and a half times; more than fits cannot be, by the bounds on a state (tests/test_bounds.py)."""
WARM_BYTES: Final = 33_554_432
"""Bytes of state, as encoded, whose customers stay decoded after a commit, over all partitions that there are: the
latest ones are the likeliest next. Decoded they are some five times as large."""
AtHand = tuple[str, Customer]
"""Somebody who is decoded."""


class CustomerStore:
    """One dict: who is idle as bytes, who is at hand as a customer. An idle customer costs its bytes only.

    `touched` are those changed since the last commit, and say so themselves. `_at_hand` are those who were written and
    stay decoded, for half of what comes is of a few: once each, and whoever was written anew since its turn came last
    goes to the end. What there is to know of one of them it carries itself: a look into a table that does not fit the
    cache takes as long as a login.
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
        elif found.touched:
            found.rung_from = -1
            return found
        self._touch(customer_id, found)
        return found

    def _touch(self, customer_id: str, customer: Customer) -> None:
        customer.touched = True
        self.touched.append((customer_id, customer))

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
            found.rearm(due)

    def due(self, customer_id: str) -> Instant:
        """Give when time may next change a customer, without reading the rest of it."""
        found = self._there(customer_id)
        return NEVER if found is None else _due(found)

    def detach(self) -> list[tuple[str, bytes]]:
        """Give the customers touched since the last time, as bytes; from now on those are the state."""
        touched, self.touched = self.touched, []
        changed = [(one[0], self._written(one)) for one in touched]
        self._cool()
        return changed

    def _written(self, one: AtHand) -> bytes:
        """Write a customer, as of its last event, whenever that is committed."""
        customer = one[1]
        value = encode(customer)
        if customer.rung_from >= 0:
            value = with_due(value, customer.rung_from)
        if len(value) > _FITS:
            raise Lost(f"a customer of {len(value):,} bytes: the bounds on the state do not hold")
        if customer.written:
            customer.again = True
        else:
            self._at_hand.append(one)
        self._warm_bytes += len(value) - len(customer.written)
        customer.touched, customer.rung_from, customer.written = False, -1, value
        return value

    def _cool(self) -> None:
        """Keep those who were not touched for longest as bytes only."""
        for name, customer in self._coldest():
            self.kept[name] = with_due(customer.written, customer.due)

    def _coldest(self) -> list[AtHand]:
        """Give who is to stay at hand no more."""
        cold: list[AtHand] = []
        at_hand = self._at_hand
        for _ in range(len(at_hand)):
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
        """Drop a customer; the next commit writes its tombstone."""
        found = self.kept.pop(customer_id, None)
        if isinstance(found, Customer):
            self._warm_bytes -= len(found.written)
            self.touched = [one for one in self.touched if one[1] is not found]
            self._at_hand = deque(one for one in self._at_hand if one[1] is not found)
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


def _due(found: bytes | Customer) -> Instant:
    return due_of(found) if isinstance(found, bytes) else found.due
