"""`purchase-overdue` and `single-purchase`: whose order is missed since when, and what ends it."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retention.calendar import DAY, instant
from retention.engine.partition_state import PartitionState
from retention.policy import Policy
from retention.signals.base import Signal
from retention.signals.purchase_overdue import PURCHASE_OVERDUE
from retention.signals.single_purchase import SINGLE_PURCHASE
from tests.building import START, Log, at, line
from tests.playing import Outcome, Run, in_turn_with_time, play
from tests.quiet import require_quiet

OVERDUE, SINGLE = "purchase-overdue", "single-purchase"
SHOP = Policy(basis="purchase")
LONG_LIVED = Policy(basis="purchase", purchase_window_days=300)
BOTH = (PURCHASE_OVERDUE, SINGLE_PURCHASE)


def buys(*days: float, log: Log | None = None) -> Log:
    log = log if log is not None else Log()
    for day in days:
        log.buys(day, f"o-{len(log.events)}")
    return log


def told(outcome: Outcome, signal: str) -> list[tuple[str, str, float]]:
    """Return transition, severity and day since the start of the statements about a signal."""
    found = [s for s in outcome.statements if s.type.startswith("churn_signal.")]
    said: list[Any] = [(s, s.body) for s in found]
    return [
        (body.transition, body.severity, round((s.at - instant(at(0))) / DAY, 2))
        for s, body in said
        if body.signal == signal
    ]


#  purchase-overdue
#  day   0    10   20        48 49       56
#        o    o    o          |  [low     [medium)      a gap of 10 days → 28 days at the least; 14 without a visit, 21


def test_an_order_is_overdue_after_four_weeks_at_the_least() -> None:
    outcome = play(buys(0, 10, 20).lines(), at(60), SHOP)

    assert told(outcome, OVERDUE) == [("raised", "medium", 49)]
    (raised,) = outcome.signals(OVERDUE)
    assert (raised.observed, raised.baseline) == ({"days_without_order": 29}, {"usual_gap_days": 10})
    assert raised.explanation.en == "No order for 29 days; usually one every 10 days"
    assert raised.explanation.es == "29 días sin pedidos; lo habitual es uno cada 10 días"
    assert raised.explanation.it == "29 giorni senza ordini; di solito uno ogni 10 giorni"
    assert raised.since == at(20).date()


@pytest.mark.parametrize(("days", "raised"), [((0, 20, 40), 81), ((0, 20, 25, 30), 59), ((0, 30, 40, 41), 70)])
def test_it_waits_for_twice_the_usual_gap(days: tuple[int, ...], raised: int) -> None:
    """Medians of 20, 5 and 10 days."""
    assert told(play(buys(*days).lines(), at(95), LONG_LIVED), OVERDUE)[0] == ("raised", "medium", raised)


def test_it_needs_orders_on_three_days() -> None:
    log = buys(0, 0.5, 10, 10.2)

    assert told(play(log.lines(), at(89), SHOP), OVERDUE) == []


def test_who_looks_around_is_not_missed_until_two_weeks_after_the_last_visit() -> None:
    log = buys(0, 10, 20).login(44, 58)

    outcome = play(log.lines(), at(85), SHOP)

    assert told(outcome, OVERDUE) == [("raised", "low", 73), ("escalated", "medium", 80)]


def test_a_visit_ends_nothing_and_keeps_it_from_getting_worse() -> None:
    log = buys(0, 10, 20).login(30, 47, 63)

    outcome = play(log.lines(), at(88), SHOP)

    assert told(outcome, OVERDUE) == [("raised", "low", 62), ("escalated", "medium", 85)]


@pytest.mark.parametrize("order", [49.01, 49.5, 53.25])
@pytest.mark.parametrize("batch", [1, 10])
def test_an_order_ends_it_at_its_own_time(order: float, batch: int) -> None:
    outcome = play(buys(0, 10, 20, order).lines(), at(60), SHOP, Run(batch=batch))

    assert told(outcome, OVERDUE)[-1] == ("cleared", "medium", order)
    assert outcome.signals(OVERDUE)[-1].cause == "recovered"
    assert outcome.open_signals() == set()


def test_an_order_on_the_day_before_leaves_nothing_to_say() -> None:
    assert told(play(buys(0, 10, 20, 48.9).lines(), at(60), SHOP), OVERDUE) == []


def test_where_subscriptions_make_a_customer_no_order_is_missed() -> None:
    several, one = buys(0, 10, 20, log=Log().starts(0)), buys(0, log=Log("c-2").starts(0))

    assert play([*several.lines(), *one.lines()], at(89), Policy(basis="subscription")).signals() == []


def test_it_is_over_after_three_months() -> None:
    outcome = play(buys(0, 10, 20).lines(), at(200), LONG_LIVED)

    assert told(outcome, OVERDUE) == [("raised", "medium", 49), ("cleared", "medium", 139)]


def test_what_is_open_is_over_when_the_company_lives_by_something_else() -> None:
    (before,) = play(buys(0, 10, 20).lines(), at(60), SHOP).partition_states
    state = PartitionState(Policy(), before.customers, before.watermark, before.sources)
    (name,) = before.customers.names()
    state.load(name, before.customers.look(name))

    state.advance(instant(at(200)))

    (cleared, _) = (one for one in state.take_statements() if "signal" in one.type or "action" in one.type)
    assert (cleared.type, cleared.body.cause) == ("churn_signal.cleared", "late_evidence")  # type: ignore[attr-defined]
    assert not state.customers.look(name).open_episodes


def test_who_has_left_is_not_missed() -> None:
    outcome = play(buys(0, 40, 80).lines(), at(300), SHOP)

    assert told(outcome, OVERDUE) == [("raised", "medium", 161), ("cleared", "medium", 170)]
    assert outcome.signals(OVERDUE)[-1].cause == "churned"


def test_an_order_that_was_given_back_at_once_is_none() -> None:
    log = buys(0, 10, 20).buys(40, "back").refunds(40, "back")

    assert told(play(log.lines(), at(60), SHOP), OVERDUE)[0] == ("raised", "medium", 49)


def test_an_order_that_was_given_back_later_shows_that_the_customer_came() -> None:
    log = buys(0, 10, 20).buys(40, "back").refunds(45, "back")

    assert told(play(log.lines(), at(80), SHOP), OVERDUE)[0] == ("raised", "medium", 69)


@pytest.mark.parametrize("late", [{"order": 45.0}, {"login": 44.0}], ids=["an order", "a visit"])
def test_what_comes_late_refutes_it(late: dict[str, float]) -> None:
    log = buys(0, 10, 20, log=Log()).add("ticket.opened", 50, ticket_id="t")
    log = log.buys(late["order"], "late") if "order" in late else log.login(late["login"])

    outcome = play(log.lines(), at(51), SHOP, Run(batch=1))

    assert [(s.transition, s.cause) for s in outcome.signals(OVERDUE)][-1] == ("cleared", "late_evidence")


def test_an_order_that_comes_late_makes_a_rhythm() -> None:
    log = buys(0, 20).add("ticket.opened", 60, ticket_id="t").buys(10, "late")

    assert told(play(log.lines(), at(61), SHOP, Run(batch=1)), OVERDUE)[0] == ("raised", "medium", 49)


@pytest.mark.parametrize("restart", [None, 1])
@pytest.mark.parametrize("source", ["purchases", "logins"])
def test_days_without_data_are_no_days_without_orders_or_visits(source: str, restart: int | None) -> None:
    """The source was silent from day 42 to day 46; another customer shows it every three hours at other times."""
    pulse = Log("c-2")
    for number in range(60 * 8):
        if not 42 * 8 < number < 46 * 8:
            pulse = pulse.login(number / 8) if source == "logins" else pulse.buys(number / 8, f"p-{number}")
    events = [*buys(0, 10, 20, log=Log().login(1, 34)).events, *pulse.events]
    ordered = sorted(events, key=lambda event: (event["occurred_at"], event["event_id"]))

    outcome = play(map(line, ordered), at(59), SHOP, Run(restart_every=restart))

    (first, *_) = [s for s in outcome.signals(OVERDUE) if s.customer_id == "c-1"]
    assert first.raised_at == at(53)
    assert first.data_gaps == [f"{source} 2024-02-12/2024-02-15"]


#  single-purchase


def test_a_single_order_is_missed_after_six_weeks_and_a_half() -> None:
    outcome = play(buys(5).lines(), at(80), SHOP)

    assert told(outcome, SINGLE) == [("raised", "medium", 51)]
    (raised,) = outcome.signals(SINGLE)
    assert raised.observed == {"days_without_order": 46}
    assert raised.explanation.en == "One order, on 6 January 2024, and none in the 46 days since"
    assert raised.explanation.es == "Un solo pedido, el 6 de enero de 2024, y ninguno más en 46 días"
    assert raised.explanation.it == "Un solo ordine, il 6 gennaio 2024, e nessun altro in 46 giorni"


def test_two_orders_of_one_day_are_one_purchase_and_a_second_day_ends_it() -> None:
    outcome = play(buys(5, 5.4, 55.5).lines(), at(80), SHOP)

    assert told(outcome, SINGLE) == [("raised", "medium", 51), ("cleared", "medium", 55.5)]


def test_a_visit_within_two_weeks_puts_it_off() -> None:
    outcome = play(buys(5).login(5, 45).lines(), at(80), SHOP)

    assert told(outcome, SINGLE) == [("raised", "low", 60), ("escalated", "medium", 67)]


def test_who_ordered_before_what_is_kept_has_not_ordered_once() -> None:
    """The first order is older than the horizon of 16 months, and was dropped; the customer has returned since."""
    log = buys(0, 560, log=Log("c-1")).login(561)

    outcome = play(log.lines(), at(620), SHOP, Run(batch=1))

    assert told(outcome, SINGLE)[-1][0] == "cleared"
    assert outcome.open_signals() == set()


#  both


def test_what_time_shows_of_a_backlog_that_was_read_ahead_is_what_it_showed_live() -> None:
    log = buys(0, 60, 70, 80, 130, 132, 200)

    live, ahead = (in_turn_with_time(log, days, 320, LONG_LIVED) for days in (0, 40))

    assert [(one.signal, one.transition, one.raised_at, one.cleared_at) for one in ahead] == [
        (one.signal, one.transition, one.raised_at, one.cleared_at) for one in live
    ]
    assert len(live) == 7


def drawn(seed: int) -> list[dict[str, Any]]:
    """Return orders, refunds and visits of two customers, in order of time."""
    random, events = Random(seed), []
    for number in range(random.randrange(1, 24)):
        customer = f"c-{random.randrange(2)}"
        moment = START + timedelta(days=random.randrange(300), minutes=random.choice((0, random.randrange(1440))))
        kind = random.choice(("purchase.completed", "purchase.completed", "purchase.refunded", "login.succeeded"))
        order = {"order_id": f"{customer}-{random.randrange(9)}"} if kind.startswith("purchase") else {}
        paid = {"amount": "10", "currency": "EUR"} if kind == "purchase.completed" else {}
        named = {"event_id": f"e-{number}", "type": kind, "customer_id": customer, "occurred_at": _text(moment)}
        events.append(named | order | paid)
    return sorted(events, key=lambda event: (event["occurred_at"], event["event_id"]))


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@given(st.integers(0, 2**32), st.integers(0, 2**32), st.sampled_from((SHOP, LONG_LIVED, Policy())))
def test_in_whatever_order_they_come_the_same_is_open(seed: int, other: int, policy: Policy) -> None:
    events = drawn(seed)
    shuffled = events.copy()
    Random(other).shuffle(shuffled)

    plain = play(map(line, events), at(340), policy, Run(batch=1))
    mixed = play(map(line, [*shuffled, *shuffled[:3]]), at(340), policy, Run(batch=2, restart_every=2))

    assert mixed.open_signals() == plain.open_signals()


@given(st.integers(0, 2**32), st.sampled_from((1, 4)))
def test_read_in_steps_or_at_once_the_same_is_told(seed: int, batch: int) -> None:
    events = drawn(seed)

    plain = play(map(line, events), at(420), LONG_LIVED, Run(batch=batch))
    once = play(map(line, events), at(420), LONG_LIVED, Run(batch=len(events), restart_every=1))

    for signal in (OVERDUE, SINGLE):
        assert told(once, signal) == told(plain, signal)


@given(st.integers(0, 2**32), st.integers(0, 420), st.integers(0, 60), st.sampled_from(BOTH))
@example(0, 60, 10, PURCHASE_OVERDUE)
def test_it_has_nothing_to_say_while_it_is_quiet(seed: int, day: int, days: int, signal: Signal) -> None:
    """Skipping a check must not skip an episode, also if events are known that lie ahead of the instant."""
    (partition_state,) = play(map(line, drawn(seed)), at(340), LONG_LIVED).partition_states
    tuned = replace(signal.tuned(LONG_LIVED), cooldown_days=0)
    for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        require_quiet(signal, tuned, (name, customer), LONG_LIVED, instant(at(day)), days)
