"""Books what a customer that pays in several currencies moves as a whole: what it moves in each cannot be added up.

    EUR 100 → USD 110, at 1.10        in each currency   churn of EUR 100, new USD 110
                                      as a whole         nothing moved

Rule: this is done only with `metrics.currency`, and only for customers that ever paid in two currencies. In each
currency their flows are booked a second time, separately, so that they can be taken out. Over all currencies, one is
added to a count whose name says from what to what the customer moved: only the aggregator knows the rates, and the
rates decide which of two sums is the smaller one.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from retention.errors import IdentityBroken
from retention.features.subscriptions.movements import came_as, left_as
from retention.features.subscriptions.subscription_state import Point
from retention.measures.base import Number, Vector, Window, add

APART: Final = "apart|"
"""Begins the names of flows in one currency that are of customers with several."""
WHOLE: Final = "whole|"
"""Begins the names under which the moves of such customers are counted."""
CHANGE: Final = "change"
"""Takes the place of expansion and contraction in them: which of the two it is depends on rates."""


class Held(NamedTuple):
    """States what a customer pays in each currency; `is_paused` is of one currency, `any_paused` of all of them."""

    is_paused: bool
    amounts: tuple[tuple[str, Fraction], ...]
    any_paused: bool
    paid_before: bool


NONE_HELD: Final = Held(is_paused=False, amounts=(), any_paused=False, paid_before=False)


def held_by(history: Sequence[Point], *, paid: bool) -> list[Held]:
    """Return what a customer holds at each point of its history; `paid` is whether it paid before the first one."""
    found = list[Held]()
    for point in history:
        standings = sorted(point.standings.items())
        amounts = tuple((currency, standing.total) for currency, standing in standings if standing.total)
        any_paused = any(standing.paused for _, standing in standings)
        found.append(Held(is_paused=False, amounts=amounts, any_paused=any_paused, paid_before=paid))
        paid = paid or bool(amounts)
    return found


def holdings(window: Window) -> list[Held]:
    """Return what a customer holds at the start of a period and at its steps; nothing if it has one currency."""
    if not (isinstance(window.before.detail, Held) or isinstance(window.steps[0].detail, Held)):
        return []
    details = (step.detail for step in (window.before, *window.steps))
    return [one if isinstance(one, Held) else NONE_HELD for one in details]


def book_apart(vector: Vector, flows: Vector) -> None:
    """Book the flows of a customer with several currencies in one of them, and once more apart."""
    for name, amount in flows.items():
        add(vector, name, amount)
        add(vector, APART + name, amount)


def book_whole(vector: Vector, held: Sequence[Held]) -> None:
    """Count what a customer moved in a period as a whole, in both views; the first of what it held is at the start."""
    moves = [_move("period", held[0], held[-1], paid_before=held[1].paid_before)]
    moves += [_move("event", before, after, paid_before=after.paid_before) for before, after in pairwise(held)]
    for name in moves:
        if name:
            add(vector, name, 1)


def _move(view: str, before: Held, after: Held, *, paid_before: bool) -> str:
    if before.amounts == after.amounts:
        return ""
    kind: str = CHANGE
    if not before.amounts:
        kind = came_as(was_paused=before.any_paused, paid_before=paid_before)
    elif not after.amounts:
        kind = left_as(is_paused=after.any_paused)
    return f"{WHOLE}{view}|{kind}|{_written(before)}>{_written(after)}"


def _written(held: Held) -> str:
    return ",".join(f"{currency}={amount}" for currency, amount in held.amounts)


def _read(text: str, rates: Mapping[str, Number]) -> Fraction:
    """Return an amount in several currencies converted into one; raise `IdentityBroken` for one that no sum has."""
    found = Fraction()
    for one in filter(None, text.split(",")):
        currency, amount = one.split("=")
        if currency not in rates:
            raise IdentityBroken(f"{text}: a customer moved {currency}, and no sum has any")
        found += Fraction(amount) * rates[currency]
    return found


def as_wholes(flows: Vector, counted: Vector, of_currency: Mapping[str, Vector], rates: Mapping[str, Number]) -> None:
    """Replace what customers with several currencies moved in each of them by what they moved as wholes."""
    for currency, apart in of_currency.items():
        for name, amount in apart.items():
            if name.startswith(APART):
                add(flows, name.removeprefix(APART), -amount * rates[currency])
    for name, customers in counted.items():
        if name.startswith(WHOLE):
            _, view, kind, texts = name.split("|")
            before, after = (_read(text, rates) for text in texts.split(">"))
            _add_move(flows, view, kind, customers, before, after)
            flows.pop(name, None)


def _add_move(flows: Vector, view: str, kind: str, customers: Number, before: Fraction, after: Fraction) -> None:
    if kind == CHANGE:
        kind = "expansion" if after > before else "contraction"
    add(flows, f"{view}_{kind}", customers * abs(after - before))
    if view == "period" and before:
        add(flows, "cohort_change", customers * (after - before))
        add(flows, "cohort_loss", customers * (before - min(before, after)))
