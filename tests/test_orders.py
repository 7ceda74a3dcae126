"""Orders, their refunds, and when they make a customer: metrics.md, basis `purchase`."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from retention.calendar import rfc3339
from retention.features.purchases.section import orders_seen
from retention.measures import BASIS_NAMES
from retention.policy import Policy
from tests.building import Log, at, line
from tests.playing import Outcome, Run, play

POLICY = Policy(basis="purchase")
UNTIL = at(200)
WHY_HERE = "it arrived before its order: position and time are those of the order, the rest is as stored"


def counts(outcome: Outcome, month: str) -> dict[str, Any]:
    return outcome.update(f"crr|purchase||month|{month}-01|all").components


def lost(outcome: Outcome, customer: str) -> list[list[tuple[str, str]]]:
    """Return what each loss of a customer is said to have cost."""
    told = [fact for fact in outcome.of_type("customer.churned") if fact.customer_id == customer]
    return [[(part.amount, part.currency) for part in fact.value_lost] for fact in told]


def test_an_order_refunded_in_its_own_instant_makes_nobody_a_customer() -> None:
    log = Log().buys(9, "o-1").refunds(9, "o-1").buys(69, "o-2")

    outcome = play(log.lines(), UNTIL, POLICY, Run(batch=1))

    assert counts(outcome, "2024-03")["new"] == counts(outcome, "2024-03")["acquired"] == 1
    assert counts(outcome, "2024-03")["returned"] == 0
    assert not any(counts(outcome, "2024-01").values())
    assert outcome.of_type("customer.returned") == []


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_refunds_at_once_count_the_same_in_any_order(order: tuple[int, ...]) -> None:
    events = Log().buys(9, "o-1").refunds(9, "o-1", amount="4").refunds(9, "o-1", amount="6").buys(10, "o-2").events

    outcome = play([line(events[place]) for place in order], UNTIL, POLICY, Run(batch=1))

    january = counts(outcome, "2024-01")
    assert (january["E"], january["new"], january["acquired"]) == (1, 1, 1)
    (customer,) = [c for _, c in outcome.partition_states[0].customers.every()]  # type: ignore[attr-defined]
    assert customer.first_order == customer.active_since


@pytest.mark.parametrize("basis", BASIS_NAMES)
def test_who_returns_when_the_first_time_is_behind_the_horizon_returns(basis: str) -> None:
    """Each event is read for itself: what lies before the horizon is forgotten by then."""
    log = Log().buys(0, "o-1").starts(0).ends(10).buys(700, "o-2").starts(700, name="s-2")
    passes = Log("other").login(*range(0, 700, 30))

    outcome = play(together((log, passes)), at(701), Policy(basis=basis), Run(batch=1))

    assert [(fact.basis, fact.at) for fact in outcome.of_type("customer.returned")] == [
        ("purchase", at(700)),
        ("subscription", at(700)),
    ]


def test_what_was_lost_is_net_of_what_was_given_back_by_then() -> None:
    logs = (
        Log("part").buys(4, "o", "50.00").refunds(33, "o", amount="20.00"),
        Log("full").buys(4, "o", "80.00").refunds(62, "o"),
        Log("twice").buys(4, "o", "80.00").refunds(5, "o", amount="30").refunds(6, "o", amount="49.99"),
        Log("two").buys(4, "o-1", "1").buys(5, "o-2", "2000", "JPY").refunds(6, "o-2", amount="500", currency="JPY"),
        Log("later").buys(4, "o", "50.00").refunds(150, "o"),
    )

    outcome = play(together(logs), UNTIL, POLICY)

    assert lost(outcome, "part") == [[("30.00", "EUR")]]
    assert lost(outcome, "full") == [[]]
    assert lost(outcome, "twice") == [[("0.01", "EUR")]]
    assert lost(outcome, "two") == [[("1.00", "EUR"), ("1500", "JPY")]]
    assert lost(outcome, "later") == [[("50.00", "EUR")]]


def together(logs: Iterable[Log]) -> list[bytes]:
    """Return the lines of several customers, in order of time."""
    return [line(event) for event in sorted((e for log in logs for e in log.events), key=lambda e: e["occurred_at"])]


STRANGE: tuple[dict[str, str], ...] = (
    {"currency": "USD"},
    {"currency": "USD", "amount": "10"},
    {"currency": "JPY", "amount": "1000"},
)


@pytest.mark.parametrize("fields", STRANGE)
def test_a_refund_in_another_currency_than_its_order_is_refused(fields: dict[str, str]) -> None:
    log = Log().buys(9, "o-1").refunds(12, "o-1", **fields)

    outcome = play(log.lines(), UNTIL, POLICY)

    assert outcome.counts["contract"] == 1
    assert outcome.counts["applied"] == 1
    assert counts(outcome, "2024-01")["E"] == 1


@pytest.mark.parametrize("fields", STRANGE)
def test_one_that_comes_before_its_order_is_set_aside_when_that_shows_its_currency(fields: dict[str, str]) -> None:
    order, refund = Log().buys(9, "o-1").refunds(12, "o-1", **fields).events

    outcome = play([line(refund), line(order)], UNTIL, POLICY)

    assert counts(outcome, "2024-01")["E"] == 1
    (aside,) = outcome.partition_states[0].asides
    assert (aside.customer_id, aside.event["order_id"]) == ("c-1", "o-1")
    assert aside.wrong == f"currency: a refund in {fields['currency']} of an order in EUR; {WHY_HERE}"


def test_a_refund_that_names_no_currency_waits_for_its_order_to_say() -> None:
    order, refund, other = Log().buys(9, "o-1").refunds(12, "o-1", amount="10").refunds(13, "o-1", amount="0.5").events
    yen = [event | {"customer_id": "yen"} for event in (other, order | {"amount": 10, "currency": "JPY"}, refund)]

    outcome = play(map(line, (refund, order, *yen)), UNTIL, POLICY)

    january = counts(outcome, "2024-01")
    assert (january["acquired"], january["E"]) == (2, 0)
    (aside,) = outcome.partition_states[0].asides
    assert aside.wrong == f"amount: JPY, the currency of its order, has 0 decimals; {WHY_HERE}"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_two_reports_of_an_order_that_differ_in_currency_count_the_same_in_any_order(order: tuple[int, ...]) -> None:
    log = Log().buys(9, "o-1", currency="USD").buys(10, "o-1").refunds(11, "o-1", currency="USD")
    events = log.refunds(12, "o-1", currency="EUR").events

    outcome = play([line(events[place]) for place in order], UNTIL, POLICY, Run(batch=1))

    (customer,) = [c for _, c in outcome.partition_states[0].customers.every()]  # type: ignore[attr-defined]
    (bought,) = orders_seen(customer).values()
    assert (bought.currency, bought.refunded_at() - bought.at) == ("USD", 2 * 86_400_000_000)


@pytest.mark.parametrize("zone", ["Europe/Madrid", "America/New_York", "UTC", "Pacific/Kiritimati"])
def test_a_window_that_holds_a_day_of_23_hours_is_as_many_local_days(zone: str) -> None:
    """One orders in the first instant of the local day 90 days before April, the other just before it."""
    calendar = Policy(zone=zone).calendar
    edge = calendar.start_of_day(calendar.day(calendar.period("month", 2024 * 12 + 3).start) - 90)
    logs = Log("in").buys(0, "o"), Log("out").buys(0, "o")
    for log, placed in zip(logs, (edge, edge - 1), strict=True):
        log.events[0]["occurred_at"] = rfc3339(placed)

    outcome = play(together(logs), UNTIL, replace(POLICY, zone=zone))

    assert counts(outcome, "2024-03")["E"] == 1
