"""What time changes of a subscription, and what is still to come: worked examples on one walk."""

from fractions import Fraction
from typing import Any

import pytest

from retention.calendar import instant
from retention.fold import terms_of
from retention.policy import Policy
from retention.timeline import Op, Opening, OpKind, Timeline, moments
from tests.building import Log, at
from tests.playing import Run, play

TERMS = terms_of(Policy())


def timeline(*ops: Op) -> Timeline:
    found = Timeline(Opening(), [])
    for one in ops:
        found.add(one)
    return found


def op(day: float, kind: OpKind, ident: str = "", **fields: Any) -> Op:
    """Return an event of subscription s-1; its id comes from its kind and day unless it is given."""
    return Op(instant(at(day)), b"\x02" + (ident or f"{kind}-{day}").encode(), kind, "s-1", **fields)


def started(day: float, ident: str = "") -> Op:
    return op(day, "started", ident, mrr=(10, 1), currency="EUR")


@pytest.mark.parametrize("ids", [("a", "z"), ("z", "a")])
def test_an_end_of_what_stood_comes_before_a_start_of_the_same_instant(ids: tuple[str, str]) -> None:
    *_, last = moments(timeline(started(0), op(40, "ended", ids[0]), started(40, ids[1])), TERMS)

    assert list(last.subscriptions) == ["s-1"]


def test_an_end_of_what_did_not_stand_comes_after_a_start_of_the_same_instant() -> None:
    *_, last = moments(timeline(started(40, "z"), op(40, "ended", "a")), TERMS)

    assert last.subscriptions == {}


def test_a_grace_that_ran_out_during_a_pause_counts_when_the_pause_ends() -> None:
    log = Log().starts(0, "10").changes(10, status="past_due").pauses(20).resumes(60)

    outcome = play(log.lines(), at(100), run=Run(batch=1))

    moved = {body.at: body.kind for body in outcome.of_type("movement.made")}
    assert moved == {at(0): "new", at(20): "pause"}
    assert [fact.at for fact in outcome.of_type("customer.churned")] == [at(60)]


def test_a_discount_that_ends_during_a_pause_shows_when_the_subscription_goes_on() -> None:
    half = [{"percent": "50", "duration": "repeating", "periods": 2}]
    log = Log().starts(0, items=[{"price": "100"}], interval="month", discounts=half)
    del log.events[0]["mrr"]
    log.pauses(40, until="2024-03-31T00:00:00Z")

    outcome = play(log.lines(), at(120))

    moved = [(body.kind, Fraction(body.after)) for body in outcome.of_type("movement.made")]
    assert moved == [("new", Fraction(50)), ("pause", Fraction()), ("resume", Fraction(100))]


def test_items_of_an_unknown_interval_change_nothing() -> None:
    items = [{"price": "99"}]
    log = Log().starts(0, "10").changes(5, items=items).changes(9, items=items, interval="month")

    outcome = play(log.lines(), at(40))

    assert [Fraction(body.after) for body in outcome.of_type("movement.made")] == [10, 99]
