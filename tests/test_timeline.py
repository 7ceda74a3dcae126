"""Changes that time makes to a subscription, and those to come: worked examples on one walk."""

from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from retention.calendar import instant
from retention.features.subscriptions.opening import fold
from retention.features.subscriptions.pricing import Priced
from retention.features.subscriptions.requests import without_effect
from retention.features.subscriptions.section import timeline_seen
from retention.features.subscriptions.timeline import Op, Opening, OpKind, Timeline, terms_of
from retention.features.subscriptions.walk import moments
from retention.policy import Policy
from streams.recomputation.lines import distinct
from streams.recomputation.months import subscription_months
from streams.recomputation.rules import Rules
from tests.building import Log, at, text
from tests.playing import Outcome, Run, play

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


def paying() -> Log:
    return Log().starts(0, "50")


PAUSES = {
    "extended before it ends": (
        paying().pauses(10, until=text(at(40))).pauses(32, until=text(at(69))),
        {10: 0, 69: 50},
    ),
    "told again at its end": (paying().pauses(10, until=text(at(40))).pauses(40, until=text(at(69))), {10: 0, 69: 50}),
    "given an end later": (paying().pauses(10).pauses(20, until=text(at(40))), {10: 0, 40: 50}),
    "given no end later": (paying().pauses(10, until=text(at(40))).pauses(20), {10: 0}),
    "brought forward": (paying().pauses(10, until=text(at(69))).pauses(20, until=text(at(40))), {10: 0, 40: 50}),
    "within a free month that it outlives": (
        paying().changes(10, status="trialing", trial_end=text(at(40))).pauses(20).resumes(64),
        {10: 0, 64: 50},
    ),
    "within a free month that outlives it": (
        paying().changes(10, status="trialing", trial_end=text(at(64))).pauses(20).resumes(40),
        {10: 0, 64: 50},
    ),
    "with a free month told during it": (
        paying().pauses(10).changes(15, status="trialing", trial_end=text(at(69))).resumes(20),
        {10: 0, 69: 50},
    ),
    "with a free month whose end is told later": (
        paying().pauses(10).changes(15, status="trialing").changes(16, trial_end=text(at(50))).resumes(20),
        {10: 0, 50: 50},
    ),
    "with a free month that is over when it is": (
        paying().pauses(10).changes(15, status="trialing", trial_end=text(at(30))).resumes(40),
        {10: 0, 40: 50},
    ),
    "with a free month that is taken back": (
        paying().pauses(10).changes(15, status="trialing").changes(16, status="active").resumes(20),
        {10: 0, 20: 50},
    ),
}
"""Pauses of a subscription of 50 since day 0, and what it pays from which day on."""


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("how", PAUSES)
def test_a_pause_lasts_until_the_instant_that_was_told_last(how: str, batch: int) -> None:
    log, wanted = PAUSES[how]

    outcome = play(log.lines(), at(120), run=Run(batch=batch))

    moved = {body.at: Fraction(body.after) for body in outcome.of_type("movement.made")}
    assert moved == {at(0): Fraction(50)} | {at(day): Fraction(after) for day, after in wanted.items()}
    (figures,) = subscription_months(distinct(log.lines()), "2024-03", "2024-03", "EUR", Rules()).values()
    assert figures.mrr_end == (0 if max(wanted) == 10 or max(wanted) > 91 else 50)


def test_a_pause_that_is_extended_says_each_time_what_is_known_then() -> None:
    log = Log().starts(0, "50").pauses(10, until=text(at(40))).pauses(20, until=text(at(69)))

    raised, medium, high, cleared = play(log.lines(), at(80), run=Run(batch=100)).signals("paused")

    assert (raised.transition, raised.observed) == ("raised", {"planned_end": text(at(40))})
    assert (medium.severity, medium.observed) == ("medium", {"planned_end": text(at(40))})  # open for a week
    assert (high.severity, high.observed) == ("high", {"planned_end": text(at(69))})  # 14 days before the new end
    assert (cleared.transition, cleared.cleared_at) == ("cleared", at(69))


def _without_effect(outcome: Outcome) -> int:
    (customer,) = [customer for _, customer in outcome.partition_states[0].customers.every()]  # type: ignore[attr-defined]
    return without_effect(timeline_seen(customer), TERMS)


def asks_to_cancel(log: Log, day: float, **fields: Any) -> Log:
    return log.add("cancellation.requested", day, **fields)


@pytest.mark.parametrize(
    ("log", "waiting"),
    [
        (asks_to_cancel(Log().starts(0), 5, subscription_id="S-1"), 1),
        (asks_to_cancel(Log().starts(0), 5, subscription_id="S-1", at_period_end=False), 1),
        (asks_to_cancel(Log(), 5, subscription_id="s-1"), 1),
        (asks_to_cancel(asks_to_cancel(Log(), 5), 6), 1),
        (asks_to_cancel(asks_to_cancel(Log(), 5, subscription_id="a"), 6, subscription_id="b"), 2),
        (asks_to_cancel(Log(), 5, subscription_id="s-1").ends(6), 0),
        (asks_to_cancel(Log(), 5, subscription_id="s-1").ends(6, None), 0),
        (asks_to_cancel(Log(), 5).add("cancellation.revoked", 6), 0),
        (asks_to_cancel(Log(), 5, subscription_id="s-1").starts(4, term_end=text(at(9))), 0),
        (asks_to_cancel(Log().starts(0).ends(3), 5, subscription_id="s-1"), 0),
        (asks_to_cancel(Log().starts(0).ends(3), 5), 0),
    ],
)
def test_a_request_for_what_nobody_has_heard_of_is_one_without_effect(log: Log, waiting: int) -> None:
    outcome = play(log.lines(), at(50), run=Run(batch=1))

    assert (_without_effect(outcome), outcome.partition_states[0].without_effect) == (waiting, waiting)


def test_a_request_that_a_renewal_follows_waits_for_an_event() -> None:
    log = (
        Log()
        .starts(0, "50", term_end=text(at(40)))
        .add("cancellation.requested", 10, subscription_id="s-1")
        .add("subscription.renewed", 30, subscription_id="s-1", term_end=text(at(70)))
    )

    outcome = play(log.lines(), at(80))

    assert [body.kind for body in outcome.of_type("movement.made")] == ["new"]
    assert [signal.transition for signal in outcome.signals("cancellation-requested")] == ["raised", "escalated"]
    assert _without_effect(outcome) == 1


def test_a_request_after_a_renewal_takes_effect_at_the_end_of_the_next_term() -> None:
    log = (
        Log()
        .starts(0, "50", term_end=text(at(40)))
        .add("cancellation.requested", 10, subscription_id="s-1")
        .add("subscription.renewed", 30, subscription_id="s-1", term_end=text(at(70)))
    )
    log.add("cancellation.requested", 50, subscription_id="s-1")

    outcome = play(log.lines(), at(80))

    assert {body.at: body.kind for body in outcome.of_type("movement.made")} == {at(0): "new", at(70): "churn"}


@pytest.mark.parametrize("day", [40, 39.999])
def test_a_request_by_the_instant_at_which_the_term_ends_takes_effect_then(day: float) -> None:
    log = Log().starts(0, "50", term_end=text(at(40))).add("cancellation.requested", day, subscription_id="s-1")

    outcome = play(log.lines(), at(80))

    assert {body.at: body.kind for body in outcome.of_type("movement.made")} == {at(0): "new", at(40): "churn"}


def test_an_item_may_have_a_count_of_its_own_of_the_intervals_of_its_subscription() -> None:
    log = Log().starts(0, items=[{"price": "120", "interval_count": 3}, {"price": "7"}], interval="month")
    del log.events[0]["mrr"]

    outcome = play(log.lines(), at(40))

    assert [Fraction(body.after) for body in outcome.of_type("movement.made")] == [47]


def test_items_of_an_unknown_interval_change_nothing() -> None:
    items = [{"price": "99"}]
    log = Log().starts(0, "10").changes(5, items=items).changes(9, items=items, interval="month")

    outcome = play(log.lines(), at(40))

    assert [Fraction(body.after) for body in outcome.of_type("movement.made")] == [10, 99]


def test_a_start_that_is_paused_in_its_own_instant_has_never_paid() -> None:
    outcome = play(Log().starts(1, "50").pauses(1, until=text(at(40))).lines(), at(80))

    assert {body.at: body.kind for body in outcome.of_type("movement.made")} == {at(40): "new"}


def test_a_start_that_turns_out_a_trial_in_its_own_instant_makes_no_customer() -> None:
    log = Log().starts(1, "50").changes(1, status="trialing", trial_end=text(at(40)))

    assert play(log.lines(), at(80)).of_type("movement.made") == []


def test_two_sources_that_number_their_events_alike_are_both_read() -> None:
    log = Log().starts(1, "50").ends(40).starts(1, "20", name="s-2").login(50)
    for event in log.events:
        event["event_id"] = "1"

    outcome = play(log.lines() + log.lines(), at(80))

    assert [(body.at, Fraction(body.after)) for body in outcome.of_type("movement.made")] == [
        (at(1), Fraction(70)),
        (at(40), Fraction(20)),
    ]


@pytest.mark.parametrize("percent", [33.333333333333336, "12.3456789012345678", "100.0000000000000000"])
def test_a_share_that_a_program_has_computed_is_a_percentage(percent: float | str) -> None:
    log = Log().starts(1, "10", discounts=None).changes(5, discounts=[{"percent": percent, "duration": "forever"}])
    del log.events[0]["discounts"]

    first, last = play(log.lines(), at(40)).of_type("movement.made")

    assert Fraction(first.after) == 10
    assert float(last.after) == pytest.approx(10 - float(percent) / 10, abs=0.01)


@pytest.mark.parametrize(("said", "after"), [({"periods": 3}, 5), ({"duration": "once", "periods": 3}, 10), ({}, 10)])
def test_a_discount_that_says_only_for_how_many_periods_lasts_so_long(said: dict[str, Any], after: int) -> None:
    log = Log().starts(1, items=[{"price": "10"}], interval="month", discounts=[{"percent": 50} | said])
    del log.events[0]["mrr"]

    (movement,) = play(log.lines(), at(40)).of_type("movement.made")

    assert Fraction(movement.after) == after


def test_null_where_nothing_need_be_said_says_nothing() -> None:
    log = (
        Log().starts(1, "10").add("cancellation.requested", 5, subscription_id="s-1", at_period_end=False, reason=None)
    )
    log.events[0] |= {"synthetic": None, "backfill": None, "channel": None}

    outcome = play(log.lines(), at(40))

    assert [body.kind for body in outcome.of_type("movement.made")] == ["new", "churn"]


def priced(day: float, **fields: Any) -> Log:
    log = Log().starts(day, items=[{"price": "100"}], interval="month", **fields)
    del log.events[0]["mrr"]
    return log


def paid(log: Log, until: float = 200, run: Run | None = None) -> dict[datetime, Fraction]:
    """Return what is paid after each movement."""
    found = play(log.lines(), at(until), run=run or Run())
    moved = found.of_type("movement.made") + found.of_type("movement.corrected")
    return {body.at: Fraction(body.after) for body in moved}


ENDS: dict[str, tuple[str, float, dict[str, Any], dict[float, Any]]] = {
    "within the first billing period": ("month", 20, {}, {1: 100}),
    "with the second billing period": ("month", 31.5, {}, {1: 100}),
    "beyond it": ("month", 60, {}, {1: 50, 60: 100}),
    "beyond it, of a year": ("year", 60, {}, {1: Fraction("8.33")}),
    "of two periods by its own words": ("year", 60, {"periods": 2}, {1: Fraction("4.17"), 60: Fraction("8.33")}),
    "for ever, until then": ("month", 20, {"duration": "forever"}, {1: 50, 20: 100}),
    "once": ("month", 60, {"duration": "once"}, {1: 100}),
    "before it began": ("month", 0.5, {"periods": 2}, {1: 100}),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_discount_ends_when_it_says_and_counts_if_a_second_period_begins_before(name: str) -> None:
    interval, end, more, after = ENDS[name]
    log = priced(1, discounts=[{"percent": 50, "ends_at": text(at(end))} | more])
    log.events[0]["interval"] = interval

    assert paid(log) == {at(day): amount for day, amount in after.items()}


TOLD: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "it holds": ({"discounts": [{"percent": 50, "duration": "forever"}]}, {}, 50),
    "the start states others": ({"discounts": [{"percent": 50, "duration": "forever"}]}, {"discounts": []}, 100),
    "it was over by then": ({"discounts": [{"percent": 50, "periods": 2, "ends_at": text(at(3))}]}, {}, 100),
    "an mrr came after it": ({"mrr": "7"}, {}, 100),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_discount_that_is_stated_before_the_start_holds_from_the_start_on(name: str) -> None:
    said, start, after = TOLD[name]
    log = priced(5, **start).changes(1, discounts=[{"percent": 10, "duration": "forever"}]).changes(2, **said)
    log.events[0] |= {"currency": "EUR"}

    assert paid(log) == {at(5): after}
    assert paid(log, run=Run(batch=1)) == {at(5): after}


def test_a_discount_that_is_stated_after_an_end_is_not_of_the_next_start() -> None:
    half: list[dict[str, Any]] = [{"percent": 50, "duration": "forever"}]
    log = priced(1).ends(10).changes(11, discounts=half)
    log.events += [priced(20).events[0] | {"event_id": "again"}]

    assert paid(log) == {at(1): 100, at(10): 0, at(20): 100}


HALF: list[dict[str, Any]] = [{"percent": 50, "duration": "forever"}]


@pytest.mark.parametrize(("day", "after"), [(2, 100), (3, 100), (4, 50)])
def test_an_end_of_all_drops_what_was_stated_before_it_and_not_what_is_stated_later(day: float, after: int) -> None:
    log = priced(6).starts(1, "30", name="other").ends(3, name=None).changes(day, discounts=HALF)

    assert paid(log) == {at(1): 30, at(3): 0, at(6): after}
    assert paid(log, run=Run(batch=1)) == {at(1): 30, at(3): 0, at(6): after}


@pytest.mark.parametrize("day", [2, 3, 4])
@pytest.mark.parametrize("cut", [2.5, 3.5, 4.5, 5.5, 6.5])
def test_what_was_stated_around_an_end_of_all_counts_the_same_behind_the_horizon(day: float, cut: float) -> None:
    hundred, half = Priced(lines=[("", 0, 100, 1)], interval="month", count=1), Priced(discounts=[(1, 2, 0, 1, 0)])
    ops = [
        started(1),
        replace(op(3, "ended"), subscription=None),
        replace(op(day, "changed", priced=half), subscription="later"),
        replace(op(6, "started", priced=hundred, currency="EUR"), subscription="later"),
    ]
    whole, folded = timeline(*ops), timeline(*ops)

    fold(folded, TERMS, instant(at(cut)))

    *_, last = moments(folded, TERMS)
    assert {name: one.mrr for name, one in last.subscriptions.items()} == {"later": (50 if day > 3 else 100, 1)}
    *_, last = moments(whole, TERMS)
    assert {name: one.mrr for name, one in last.subscriptions.items()} == {"later": (50 if day > 3 else 100, 1)}
