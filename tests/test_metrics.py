"""The worked figures of the design, each by its id, and the parts they are made of."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from retention.calendar import Calendar, instant, iso_day
from retention.engine.shares import values_of
from retention.errors import IdentityBroken
from retention.features.subscriptions.pricing import changed_pricing, stated_price
from retention.measures.base import Values, Vector
from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import METRICS
from retention.metrics.base import RATIO, Metric, wilson
from retention.metrics.customers import end, newcomers
from retention.money import decimal_text, money_text
from retention.policy import Policy
from schemas.outbound import MetricUpdate
from schemas.subscriptions import SubscriptionStarted
from tests.building import Log, at, line
from tests.playing import Outcome, Run, play


def counted(
    S: int,
    lost: int = 0,
    new: int = 0,
    returned: int = 0,
    acquired: int | None = None,
) -> Values:
    flows: Vector = {"lost": lost, "new": new, "returned": returned, "acquired": acquired or new}
    found = Values({"active": S}, {"active": S - lost + new + returned}, flows)
    SUBSCRIPTION.check(found)
    return found


def percent(metric: str, found: Values) -> Any:
    value = {m.name: m for m in METRICS}[metric].value.value(found)
    return None if value is None else round(Decimal(decimal_text(value * 100, 4)), 2)


def companies(*customers: Log) -> list[bytes]:
    events = [event for log in customers for event in log.events]
    return [line(event) for event in sorted(events, key=lambda e: e["occurred_at"])]


def of(
    outcome: Outcome, metric: str, start: str = "2024-02-01", basis: str = "subscription", currency: str = "EUR"
) -> MetricUpdate:
    return outcome.update(f"{metric}|{basis}|{currency}|month|{start}|all")


FEBRUARY, MARCH_3 = at(31), datetime(2024, 3, 3, 0, 10, tzinfo=UTC)


def test_m_01_crr_of_a_hundred() -> None:
    found = counted(S=100, lost=30, new=20)

    assert (end(found), newcomers(found)) == (90, 20)
    assert percent("crr", found) == 70


def test_m_02_churn_is_what_is_not_retained() -> None:
    found = counted(S=10, lost=2)

    assert (percent("crr", found), percent("churn_rate", found)) == (80, 20)


def test_m_03_customers_that_return_do_not_flatter_the_cohort() -> None:
    found = counted(S=10, lost=1, new=2, returned=3)

    assert end(found) == 14
    assert (percent("crr", found), percent("crr_naive", found)) == (90, 120)
    assert found.flow("returned") == 3


def test_m_04_newcomers_that_leave_do_not_count_against_the_cohort() -> None:
    found = counted(S=4, lost=2, acquired=5)

    assert end(found) == 2
    assert (percent("crr", found), percent("crr_naive", found)) == (50, -75)
    assert found.flow("acquired") - found.flow("new") == 5


def test_m_05_churn_of_a_year() -> None:
    assert percent("churn_rate", counted(S=1000, lost=50)) == 5


def test_m_07_the_two_readings_side_by_side() -> None:
    found = counted(S=100, lost=30, new=15, returned=3, acquired=20)

    assert (end(found), newcomers(found)) == (88, 18)
    assert (percent("crr", found), percent("crr_naive", found)) == (70, 68)


def test_m_08_an_empty_base_is_null_with_its_reason() -> None:
    outcome = play(companies(*(Log(f"c-{n}").starts(33) for n in range(4))), MARCH_3)

    update = of(outcome, "crr")
    assert (update.value, update.reason, update.components["E"]) == (None, "empty_base", 4)


def test_m_10_a_small_sample_carries_its_interval() -> None:
    low, high = wilson(12, 20)
    assert (round(low, 4), round(high, 4)) == (0.3866, 0.7812)

    customers = [Log(f"c-{n:02d}").starts(3) for n in range(20)]
    outcome = play(companies(*[log.ends(40) if n >= 12 else log for n, log in enumerate(customers)]), MARCH_3)

    update = of(outcome, "crr")
    assert (update.value, update.interval, update.low_sample) == ("0.6000000000", ("0.3866", "0.7812"), True)


def test_m_20_ndr_and_grr_leave_newcomers_out() -> None:
    lines = companies(
        Log("a").starts(1, "100").changes(40, mrr="150"),
        Log("b").starts(1, "200").changes(40, mrr="150"),
        Log("c").starts(1, "300").ends(40),
        Log("d").starts(1, "400"),
        Log("e").starts(40, "200"),
    )

    outcome = play(lines, MARCH_3)

    assert of(outcome, "ndr").value == "0.7000000000"
    assert of(outcome, "grr").value == "0.6500000000"
    view = of(outcome, "ndr").components["period_view"]
    assert (view["expansion"], view["contraction"], view["churn"]) == ("50.00", "50.00", "300.00")


PAUSED = companies(Log("a").starts(1, "100"), Log("b").starts(1, "100").pauses(40), Log("c").starts(1, "100"))


def test_m_21_a_pause_costs_money_and_no_customer() -> None:
    outcome = play(PAUSED, MARCH_3)

    assert of(outcome, "ndr").value == "0.6666666667"
    assert of(outcome, "ndr").components["period_view"]["pause"] == "100.00"
    assert of(outcome, "crr").value == "1.0000000000"


def test_m_22_on_day_91_of_a_pause_the_customer_is_lost_and_no_second_revenue() -> None:
    outcome = play(PAUSED, datetime(2024, 6, 3, 0, 10, tzinfo=UTC))

    may = of(outcome, "crr", "2024-05-01")
    assert (may.components["S"], may.components["lost"]) == (3, 1)
    assert of(outcome, "ndr", "2024-05-01").value == "1.0000000000"


def test_m_27_who_comes_and_goes_in_one_month_shows_in_the_event_view_only() -> None:
    lines = companies(Log("a").starts(1, "10"), Log("b").starts(33, "50").ends(50))

    outcome = play(lines, MARCH_3)

    components = of(outcome, "ndr").components
    assert (components["event_view"]["new"], components["event_view"]["churn"]) == ("50.00", "50.00")
    assert (components["period_view"]["new"], components["period_view"]["churn"]) == ("0.00", "0.00")
    assert (of(outcome, "ndr").value, of(outcome, "churn_rate").value) == ("1.0000000000", "0.0000000000")


def test_m_28_who_leaves_and_returns_in_one_month_counts_with_its_end() -> None:
    outcome = play(companies(Log("a").starts(1, "100").ends(36).starts(51, "100", name="s-2")), MARCH_3)

    components = of(outcome, "ndr").components
    assert (components["event_view"]["churn"], components["event_view"]["reactivation"]) == ("100.00", "100.00")
    assert (components["period_view"]["churn"], of(outcome, "ndr").value) == ("0.00", "1.0000000000")


def test_m_49_a_month_ends_where_the_company_is() -> None:
    log = Log("a", start=datetime(2026, 1, 5, tzinfo=UTC)).starts(0)
    log.events.append(log.ends(9).events.pop() | {"occurred_at": "2026-02-28T23:30:00-05:00"})
    until = datetime(2026, 4, 3, 6, tzinfo=UTC)

    new_york, utc = (play(log.lines(), until, Policy(zone=zone)) for zone in ("America/New_York", "UTC"))

    assert of(new_york, "churn_rate", "2026-02-01").value == "1.0000000000"
    assert of(utc, "churn_rate", "2026-02-01").value == "0.0000000000"
    assert of(utc, "churn_rate", "2026-03-01").value == "1.0000000000"


def test_m_50_a_day_in_madrid() -> None:
    madrid = Calendar("Europe/Madrid")

    assert iso_day(madrid.day(instant(datetime(2026, 3, 31, 22, 30, tzinfo=UTC)))) == "2026-04-01"
    day = madrid.day(instant(datetime(2026, 3, 29, 12, tzinfo=UTC)))
    assert madrid.start_of_day(day + 1) - madrid.start_of_day(day) == 23 * 3_600 * 1_000_000


def test_m_54_a_late_cancellation_restates_a_closed_month() -> None:
    customers = [Log(f"c-{n:03d}").starts(3) for n in range(200)]
    early = companies(*[log.ends(40) if n < 12 else log for n, log in enumerate(customers)])
    late = Log("c-100").starts(3).ends(45).events[-1] | {"event_id": "late-1"}
    until = datetime(2024, 3, 20, tzinfo=UTC)
    marker = Log("z").add("login.failed", 75).lines()

    outcome = play([*early, *marker, line(late)], until, run=Run(batch=len(early) + 1, publish_every=1))

    said = [
        u for u in outcome.editions if (u.metric, u.period.start.month, u.period.kind) == ("churn_rate", 2, "month")
    ]
    said = [u for u in said if u.currency == "EUR"]
    assert [(u.edition, u.revision, u.numerator, u.value) for u in said] == [
        ("final", 1, "12", "0.0600000000"),
        ("restated", 2, "13", "0.0650000000"),
    ]
    assert (said[1].previous, said[1].delta, said[1].causes) == ("0.0600000000", "0.0050000000", ["late-1"])


def test_m_55_duplicates_and_swapped_sources_leave_one_movement() -> None:
    log = Log().starts(0).changes(5, mrr="10", plan="basic").ends(5.5).changes(6, mrr="30")
    started, renamed, ended, changed = log.lines()

    outcome = play([started, changed, ended, ended, ended, renamed], at(10), run=Run(batch=1))

    assert outcome.counts["duplicate"] == 2
    ledger = {m.at: m for m in outcome.of_type("movement.made") + outcome.of_type("movement.corrected")}
    assert [m.kind for _, m in sorted(ledger.items())] == ["new", "churn", "none"]
    assert outcome.of_type("customer.churned")[-1].at == at(5.5)


def test_m_56_an_old_order_and_a_refunded_one_make_no_customer() -> None:
    log = Log().buys(0, "old").buys(90, "new").refunds(90.5, "new")

    outcome = play(log.lines(), at(140))

    april = of(outcome, "crr", "2024-04-01", basis="purchase", currency="")
    assert (april.components["S"], april.components["E"]) == (0, 0)


def test_m_58_a_yen_has_no_cents() -> None:
    outcome = play(Log().starts(3, "1000", currency="JPY").lines(), MARCH_3)

    assert of(outcome, "mrr", currency="JPY").value == "1000"


@pytest.mark.parametrize(
    ("terms", "wanted"),
    [
        ({"items": [{"price": "600"}], "interval": "year"}, "50.00"),
        ({"items": [{"price": "2000"}], "interval": "year"}, "166.67"),
        ({"items": [{"price": "30"}], "interval": "week"}, "130.00"),
        ({"items": [{"price": "2"}], "interval": "day"}, "60.83"),
        ({"items": [{"price": "90"}], "interval": "quarter"}, "30.00"),
        ({"items": [{"price": "3600"}], "interval": "year", "interval_count": 3}, "100.00"),
        (
            {"items": [{"price": "120"}], "interval": "year", "discounts": [{"percent": 10, "duration": "forever"}]},
            "9.00",
        ),
        ({"items": [{"price": "120"}], "interval": "year", "discounts": [{"percent": 10}]}, "10.00"),
        ({"items": [{"price": "5", "quantity": 3}, {"price": "9", "metered": True}], "interval": "month"}, "15.00"),
    ],
    ids=["M-12", "M-13", "M-16", "M-17", "M-18 quarter", "M-18 years", "M-19", "a discount once", "metered"],
)
def test_terms_come_to_their_mrr(terms: dict[str, object], wanted: str) -> None:
    event = Log().starts(0).events[0]
    del event["mrr"]
    started = SubscriptionStarted.model_validate(event | terms)

    _, priced = stated_price(started)
    mrr, _ = changed_pricing((0, 1), None, priced, 0, Policy().calendar)

    assert money_text(Fraction(*mrr), "EUR") == wanted


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_every_metric_is_null_or_money_for_nobody(metric: Metric) -> None:
    value = metric.value.value(counted(S=0))

    assert value is None if metric.value.denominator is not None else value == 0


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_every_metric_says_what_it_is(metric: Metric) -> None:
    assert metric.help.endswith(".")
    assert metric.gauge.endswith("_ratio") == (metric.unit is RATIO)


def test_an_identity_that_does_not_hold_is_never_published() -> None:
    with pytest.raises(IdentityBroken, match="event view"):
        SUBSCRIPTION.check(values_of("month", {}, {"+mrr": 10, "period_new": 10}))


def test_quarters_are_published_beside_months() -> None:
    outcome = play(companies(Log("a").starts(1), Log("b").starts(2).ends(100)), at(190))

    update = outcome.update("crr|subscription|EUR|quarter|2024-04-01|all")
    assert (update.value, update.edition) == ("0.5000000000", "final")


def test_counts_over_all_currencies_know_each_customer_once() -> None:
    lines = companies(Log("a").starts(1).starts(2, name="s-2", currency="USD"), Log("b").starts(3, currency="USD"))

    outcome = play(lines, MARCH_3)

    assert outcome.update("crr|subscription||month|2024-02-01|all").components["S"] == 2
    assert of(outcome, "crr", currency="USD").components["S"] == 2
    assert of(outcome, "crr", currency="EUR").components["S"] == 1
