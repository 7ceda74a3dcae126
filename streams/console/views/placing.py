"""Finds the segment in which a customer counts in a period: what figures by segment are split by.

    figure of a period    a customer counts under its segment at the start or, if it came later, when it came
    its movements         each says in which segments it counts from then on, and so does each change between them

Movements of older workers do not say it. Then the segment is that of the newest card up to the instant, or of the first
one after it (of the plan, that of the last movement): it may have changed between.
"""

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, Generic, NamedTuple, TypeVar

from retention.calendar import Instant
from retention.measures.segments import OTHER
from streams.console.views.shared import Link

PLAN: Final = "plan"
NOBODYS: Final = dict[str, str]()
"""What a record says of one that is no customer any more."""


class Placed(NamedTuple):
    """A segment; None if nothing says it."""

    value: str | None
    is_guessed: bool = False
    """Whether it is that of a card, or of another movement: it may have changed since."""


class _Standing(NamedTuple):
    """The segments in which a customer counts from an instant on; None if the record does not say it."""

    currency: str
    at: Instant
    segments: dict[str, str] | None
    begins: bool
    """Whether it was no customer just before, if nothing of before was read."""


class Placing:
    """Places customers by one attribute."""

    def __init__(self, link: Link, by: str) -> None:
        self._link, self._by = link, by

    @cached_property
    def _listed(self) -> set[str]:
        """Return the values of the attribute that have figures."""
        found = self._link.execute("SELECT DISTINCT value FROM figures WHERE by = ?", (self._by,))
        return {value for (value,) in found}

    def of(self, customer: int, currency: str | None, begins: Instant, came: Instant | None = None) -> Placed:
        """Return where a customer counts in a period that begins at an instant, in a currency or (None) in any.

        `came` is when it came, as far as the console knows that it was not there before.
        """
        found = self._said(customer, currency, begins)
        value = found.get(self._by) if found is not None else None
        if value is not None:
            return Placed(value)
        return Placed(self._likely(customer, begins if came is None else came), is_guessed=True)

    def at(self, customer: int, currency: str, at: Instant) -> Placed:
        """Return where a customer counts from an instant on at which its MRR moved."""
        row = self._link.execute(
            "SELECT segments FROM standings WHERE customer = ? AND currency = ? AND at = ?", (customer, currency, at)
        ).fetchone()
        value = json.loads(row[0]).get(self._by) if row is not None and row[0] is not None else None
        return Placed(value) if value is not None else Placed(self._likely(customer, at), is_guessed=True)

    def _said(self, customer: int, currency: str | None, begins: Instant) -> dict[str, str] | None:
        """Return the segments at the start or, of one that was no customer then, when it became one; None if unsaid."""
        rows = self._standings(customer, currency)
        before = {one.currency: one for one in rows if one.at < begins}
        there = [one.segments for one in before.values() if one.segments != NOBODYS]
        if there:
            return next((segments for segments in there if segments is not None), None)
        later, first = [one for one in rows if one.at >= begins], dict[str, _Standing]()
        for one in later:
            first.setdefault(one.currency, one)
        if any(not one.begins for one in first.values() if one.currency not in before):
            return None
        return next((one.segments for one in later if one.segments != NOBODYS), None)

    def _standings(self, customer: int, currency: str | None) -> list[_Standing]:
        found = self._link.execute(
            "SELECT currency, at, segments, begins FROM standings WHERE customer = ? "
            "AND currency = ifnull(?, currency) ORDER BY at",
            (customer, currency),
        )
        return [
            _Standing(name, at, json.loads(text) if text else None, bool(is_first))
            for name, at, text, is_first in found
        ]

    def _likely(self, customer: int, at: Instant) -> str | None:
        """Return the segment of a customer at an instant by what is known of about then; None if nothing is."""
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


T = TypeVar("T")


class InSegment(NamedTuple, Generic[T]):
    """Those of some customers that count in a segment."""

    there: list[T]
    unplaced: int = 0
    """Of how many of all the segment is not known."""
    is_guessed: bool = False
    """Whether that of any was guessed."""


def in_segment(
    link: Link, segment: tuple[str, str] | None, found: Sequence[T], place: Callable[[Placing, T], Placed]
) -> InSegment[T]:
    """Return those that count in a segment, an attribute and its value; None is that of all customers."""
    if segment is None:
        return InSegment([*found])
    placing = Placing(link, segment[0])
    placed = [(one, place(placing, one)) for one in found]
    there = [one for one, where in placed if where.value == segment[1]]
    unplaced = sum(where.value is None for _, where in placed)
    return InSegment(there, unplaced, any(where.is_guessed for _, where in placed))
