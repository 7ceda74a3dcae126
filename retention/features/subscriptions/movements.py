"""MRR movements: every change of what a customer pays, in the trade's words (metrics.md, Recurring revenue)."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from retention.calendar import Instant
from retention.features.subscriptions.subscription_state import NOTHING, Point, Standing

MovementKind = Literal["new", "reactivation", "resume", "expansion", "contraction", "churn", "pause"]

MOVEMENT_KINDS: Final[tuple[MovementKind, ...]] = (
    "new",
    "reactivation",
    "resume",
    "expansion",
    "contraction",
    "churn",
    "pause",
)
UP: Final = frozenset({"new", "reactivation", "resume", "expansion"})


class Movement(NamedTuple):
    """One change of a customer's total in one currency."""

    at: Instant
    currency: str
    kind: MovementKind
    before: Fraction
    after: Fraction
    point: Point


def kind_of(before: Standing, after: Standing, *, paid_before: bool) -> MovementKind | None:
    """Return the kind of movement between two standings; None if the total stays the same.

    >>> ten, twelve = (Standing(Fraction(n), True, False) for n in (10, 12))
    >>> kind_of(ten, twelve, paid_before=True), kind_of(twelve, ten, paid_before=True)
    ('expansion', 'contraction')
    >>> kind_of(NOTHING, ten, paid_before=False), kind_of(ten, NOTHING, paid_before=True)
    ('new', 'churn')
    """
    if before.total == after.total:
        return None
    if not before.total:
        return came_as(was_paused=before.paused, paid_before=paid_before)
    if not after.total:
        return left_as(is_paused=after.paused)
    return "expansion" if after.total > before.total else "contraction"


def came_as(*, was_paused: bool, paid_before: bool) -> MovementKind:
    """Return the kind of movement of a customer that begins to pay."""
    if not paid_before:
        return "new"  # the first money ever, by any event
    return "resume" if was_paused else "reactivation"


def left_as(*, is_paused: bool) -> MovementKind:
    """Return the kind of movement of a customer that no longer pays."""
    return "pause" if is_paused else "churn"


def movements(history: list[Point], paid_before: Iterable[str]) -> list[Movement]:
    """Return every movement since the opening balance, in order of time; changes of one instant are one.

    `paid_before` are the currencies in which the customer had paid before that.
    """
    found: list[Movement] = []
    paid = set(paid_before)
    previous = history[0].standings
    for point in history[1:]:
        for currency in sorted({*previous, *point.standings}):
            before, after = previous.get(currency, NOTHING), point.standings.get(currency, NOTHING)
            kind = kind_of(before, after, paid_before=currency in paid)
            if kind is not None:
                found.append(Movement(point.at, currency, kind, before.total, after.total, point))
            if after.total:
                paid.add(currency)
        previous = point.standings
    return found
