"""The customers of one partition: bytes until touched, bytes again once committed."""

from collections.abc import Iterator
from typing import Final

from retention.calendar import Instant
from retention.customer import MAX_VALUE_BYTES, Customer, decode, due_of, encode
from streams.errors import Lost

_SPARE: Final = 4_096
"""Kafka's own bytes around a value."""


class CustomerStore:
    """A dict of bytes, and over it the customers that were touched since the last commit.

    Restoring is filling a dict, and an idle customer costs its bytes only.
    """

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.touched: dict[str, Customer] = {}

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
            customer = self.touched[customer_id] = decode(value)
        return customer

    def add(self, customer_id: str, customer: Customer) -> None:
        """Take in a new customer."""
        self.touched[customer_id] = customer

    def every(self) -> Iterator[tuple[str, Customer]]:
        """Give every customer, to look at and not to change."""
        for name in self.values.keys() | self.touched.keys():
            customer = self.look(name)
            if customer is not None:
                yield name, customer

    def look(self, customer_id: str) -> Customer | None:
        """Give a customer to look at; nothing will be written because of it."""
        customer = self.touched.get(customer_id)
        if customer is None:
            value = self.values.get(customer_id)
            customer = decode(value) if value is not None else None
        return customer

    def due(self, customer_id: str) -> Instant:
        """Give when time may next change a customer, without reading the rest of it."""
        customer = self.touched.get(customer_id)
        return customer.due if customer is not None else due_of(self.values[customer_id])

    def detach(self) -> list[tuple[str, bytes]]:
        """Give the customers touched since the last time, as bytes; from now on those are the state."""
        changed = [(name, encode(customer)) for name, customer in self.touched.items()]
        for name, value in changed:
            if len(value) > MAX_VALUE_BYTES + _SPARE:
                raise Lost(f"a customer of {len(value):,} bytes: the bounds on the state do not hold")
            self.values[name] = value
        self.touched.clear()
        return changed

    def restore(self, customer_id: str, value: bytes | None) -> None:
        """Take in one record of the changelog; None forgets the customer."""
        if value is None:
            self.values.pop(customer_id, None)
        else:
            self.values[customer_id] = value
