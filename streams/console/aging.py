"""Keeps the columns by which customers at risk are ordered, filtered and added up as of today.

When a day begins, the cards that fade are calculated anew, some hundreds in each transaction, so that neither a page
nor a batch of records waits for all of them. A row is shown as of the instant of its columns, so it is never at odds
with its place among the others.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Final, Protocol

from retention.calendar import Instant
from schemas.outbound import CustomerHealth
from streams.console.fading import Bands, amounts, faded
from streams.console.intake import steps_of
from streams.console.waiting import to_the_end

log = logging.getLogger("backstay.console")

SLICE: Final = 500
PAUSE: Final = 0.02
"""Seconds between two slices, for who waits for the writer."""
LOOK_EVERY: Final = 1.0


def age(link: sqlite3.Connection, at: Instant, most: int, bands: Bands) -> int:
    """Bring the columns of some cards to an instant, the oldest first; return how many they were."""
    found = link.execute(
        "SELECT customer, body FROM cards JOIN card_bodies USING (customer) WHERE fades AND aged < ? "
        "ORDER BY aged LIMIT ?",
        (at, most),
    ).fetchall()
    cards = [(customer, faded(CustomerHealth.model_validate_json(body), at, bands)) for customer, body in found]
    link.executemany(
        "UPDATE cards SET aged = ?, risk = ?, band = ? WHERE customer = ?",
        [(at, steps_of(card.risk), card.band, customer) for customer, card in cards],
    )
    link.executemany("DELETE FROM card_values WHERE customer = ?", [(customer,) for customer, _ in found])
    link.executemany(
        "INSERT INTO card_values VALUES (?, ?, ?)",
        [(customer, *one) for customer, card in cards for one in amounts(card)],
    )
    return len(found)


class Ages(Protocol):
    """Keeps cards as of today: the store."""

    def age(self, at: Instant, most: int) -> bool:
        """Bring some cards to an instant; return whether there may be more."""


class Aging:
    """Brings the store to the day that it is. `today` is when that has begun."""

    def __init__(self, store: Ages, today: Callable[[], Instant], is_reading: Callable[[], bool]) -> None:
        self._store, self._today, self._is_reading = store, today, is_reading

    async def run(self) -> None:
        """Run until cancelled. While the topics are read for the first time, there is nothing to show yet."""
        while True:
            if not self._is_reading():
                try:
                    await self.finish()
                except sqlite3.Error as error:  # the subscriber says what to do
                    log.debug("cards are not brought to this day: %s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def finish(self) -> None:
        """Bring all cards to this day."""
        while await to_the_end(asyncio.to_thread(self._slice)):
            await asyncio.sleep(PAUSE)

    def _slice(self) -> bool:
        return self._store.age(self._today(), SLICE)
