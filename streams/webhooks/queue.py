"""The deliveries of one endpoint and partition that wait to be sent, in an order that customers can rely on.

Rule: of one customer, a delivery waits until those before it are accepted, or have failed three times. So a signal
that was raised arrives before the word that it is over, through any short outage; and one delivery that the endpoint
never accepts does not hold its customer up for three days.

    customer c-1   raised  ✗ 5 s ✗ 5 min ✗ ─ 30 min ─ …       the third failure lets the next one pass
                   cleared ················ ✓
    customer c-2   raised  ✓                                     waits for nothing of c-1
"""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import Final

from retention.calendar import NEVER, Instant
from streams.webhooks.delivery import Delivery

PATIENT: Final = 3
"""Tries of a delivery for which later ones of its customer wait."""


class Queue:
    """Deliveries of one endpoint by the instant at which they are due."""

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, int, bytes]] = []
        self._chains: dict[str, deque[Delivery]] = {}

    def add(self, one: Delivery) -> None:
        """Add a delivery behind those of its customer."""
        if one.customer and one.tries < PATIENT:
            chain = self._chains.setdefault(one.customer, deque())
            chain.append(one)
            if chain[0] is not one:
                return
        self._push(one)

    def again(self, one: Delivery) -> None:
        """Add a delivery that has failed once more: it keeps its place, or lets the next one of its customer pass."""
        if one.tries >= PATIENT:
            self.remove(one)
        self._push(one)

    def remove(self, one: Delivery) -> None:
        """Remove a delivery, so that the next one of its customer may go. Its entry in the heap is passed over."""
        chain = self._chains.get(one.customer)
        if chain is None or not any(one is other for other in chain):
            return
        was_first = chain[0] is one
        if was_first:
            chain.popleft()
        else:
            self._chains[one.customer] = chain = deque(other for other in chain if other is not one)
        if not chain:
            del self._chains[one.customer]
        elif was_first:
            self._push(chain[0])

    def pop(self, now: Instant) -> bytes | None:
        """Remove and return the key of the delivery that is due first; None if none is due."""
        return heappop(self._heap)[2] if self._heap and self._heap[0][0] <= now else None

    @property
    def soonest(self) -> Instant:
        """Return when the first one is due."""
        return self._heap[0][0] if self._heap else NEVER

    def _push(self, one: Delivery) -> None:
        heappush(self._heap, (one.due, one.seq, one.key))


def held_up(found: Iterable[Delivery]) -> Iterator[Delivery]:
    """Yield those of one endpoint and partition that wait behind an earlier one of their customer."""
    first: set[str] = set()
    for one in sorted(found, key=lambda one: one.seq):
        if not one.customer or one.tries >= PATIENT:
            continue
        if one.customer in first:
            yield one
        first.add(one.customer)
