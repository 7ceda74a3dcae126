"""Describes the store of customers as the engine uses it: in memory, on disk, and in tests a dict."""

from collections.abc import Iterable
from typing import Protocol

from retention.calendar import Instant
from retention.state.customer import Customer


class Customers(Protocol):
    """The store of customers. What `find` returned or `add` took is written with the next commit."""

    def find(self, customer_id: str) -> Customer | None:
        """Return a customer to change; None if unknown."""

    def add(self, customer_id: str, customer: Customer) -> None:
        """Add a new customer."""

    def forget(self, customer_id: str) -> None:
        """Remove a customer, and every stored byte of it."""

    def look(self, customer_id: str) -> Customer:
        """Return a known customer to read only: it will not be written because of this."""

    def due(self, customer_id: str) -> Instant:
        """Return the due instant of a customer, without decoding the rest."""

    def names(self) -> Iterable[str]:
        """Return the ids of all customers."""

    def rearm(self, customer_id: str, due: Instant) -> None:
        """Set the due instant of a customer, for as long as this process lives: firing early does no harm."""
