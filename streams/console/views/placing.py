"""Finds the segment that a customer was in at an instant: what figures by segment are split by.

    figure of a period    a customer counts under its segment at the start or, if it came later, when it came
    what the console has  its cards, each with its segments of then, and of the plan its movements, too

So a segment is that of the newest card up to the instant, or of the first one after it: it may have changed between.
"""

import json
from typing import Final

from retention.calendar import Instant
from retention.measures.segments import OTHER
from streams.console.views.shared import Link

PLAN: Final = "plan"


class Placing:
    """Places customers by one attribute."""

    def __init__(self, link: Link, by: str) -> None:
        self._link, self._by = link, by
        found = link.execute("SELECT DISTINCT value FROM figures WHERE by = ?", (by,))
        self._listed = {value for (value,) in found}

    def at(self, customer: int, at: Instant) -> str | None:
        """Return the segment of a customer at an instant; None if nothing says it."""
        if self._by == PLAN:
            plan = self._plan(customer, at)
            if plan is not None:
                return plan if plan in self._listed else OTHER
        return self._of_card(customer, at)

    def _plan(self, customer: int, at: Instant) -> str | None:
        """Return the plan of the last movement up to an instant."""
        row = self._link.execute(
            "SELECT plan FROM movements WHERE customer = ? AND at <= ? ORDER BY at DESC, currency LIMIT 1",
            (customer, at),
        ).fetchone()
        return row[0] if row is not None else None

    def _of_card(self, customer: int, at: Instant) -> str | None:
        row = self._link.execute(
            "SELECT segments FROM points WHERE customer = ? ORDER BY at > ?, abs(at - ?) LIMIT 1", (customer, at, at)
        ).fetchone()
        return json.loads(row[0]).get(self._by) if row is not None else None
