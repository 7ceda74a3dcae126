"""Time to value, milestones and seats: the worked figures, and all of them against the raw log."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from inspect import signature
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import moment
from retention.measures.base import Measure
from retention.measures.first_value import FIRST_VALUE
from retention.measures.milestones import ONBOARDING
from retention.measures.seats import SEATS_IN_USE
from retention.money import decimal_text
from retention.policy import Policy
from schemas.outbound import MetricUpdate
from tests import raw_figures, test_measures
from tests.building import START, Log, at, line, text
from tests.conftest import shared
from tests.playing import Outcome, Run, play
from tests.raw_figures import arriving, in_any_way, period_of
from tests.test_laws import POLICY as LAWS_POLICY

Document = dict[str, Any]
STEPS = ("account", "import", "invite", "report", "alert")
POLICY = Policy(milestones=STEPS)
DAYS = 300
UNTIL = at(DAYS + 20)
BASIS = {"time_to_value": "first_value", "onboarding_completion": "onboarding", "seat_utilisation": "seats"}


def figure(outcome: Outcome, metric: str, month: str = "2024-03-01") -> MetricUpdate:
    return outcome.update(f"{metric}|{BASIS[metric]}||month|{month}|all")


def expected_of(name: str) -> str:
    """Return what the worked example of the definitions expects."""
    [found] = [one["expected"] for one in json.loads(shared("examples/metrics.json").read_text()) if one["id"] == name]
    return str(found)


def march(day: int, hour: int) -> float:
    return (datetime(2024, 3, day, hour, tzinfo=UTC) - START) / timedelta(days=1)


def test_m_47_time_to_value() -> None:
    log = Log().starts(march(1, 10)).add("feature.used", march(3, 16), feature="export")

    update = figure(play(log.lines(), at(100)), "time_to_value")

    hours = int(update.components["seconds"]) // 3_600
    assert f"TTV {hours} h" == expected_of("M-47")
    assert abs(Fraction(update.value or 0) - 54 * 3_600) <= Fraction(54 * 3_600, 100)
    assert (update.unit, update.denominator, update.components["relative_error"]) == ("seconds", "1", "0.01")


def test_m_48_seats_and_milestones() -> None:
    log = Log().starts(march(1, 10)).add("seats.changed", march(2, 9), paid=50, active=30)
    for day, name in enumerate(STEPS[:3], 3):
        log.add("milestone.reached", march(day, 9), milestone=name)

    outcome = play(log.lines(), at(100), POLICY)

    found = [figure(outcome, name) for name in ("seat_utilisation", "onboarding_completion")]
    assert [(one.numerator, one.denominator) for one in found] == [("30", "50"), ("3", "5")]
    assert "; ".join(f"{float(one.value or 0):.0%}".replace("%", " %") for one in found) == expected_of("M-48")


def test_an_earlier_use_that_comes_late_restates_the_time_to_value() -> None:
    log = Log().starts(31).add("feature.used", 35, feature="export").add("login.failed", 75)
    late = Log().add("feature.used", 33, feature="import").events[0] | {"event_id": "late-1"}

    outcome = play([*log.lines(), line(late)], at(80), run=Run(batch=3, publish_every=1))

    said = [u for u in outcome.editions if (u.metric, u.period.kind, f"{u.period.start:%m}") == BY_FEBRUARY]
    assert [(one.edition, one.components["seconds"]) for one in said][-2:] == [
        ("final", str(4 * 86_400)),
        ("restated", str(2 * 86_400)),
    ]
    assert said[-1].causes == ["late-1"]


BY_FEBRUARY = ("time_to_value", "month", "02")


def test_a_use_before_the_start_took_no_time_and_one_after_90_days_is_of_no_new_customer() -> None:
    early = Log("early").add("feature.used", 61, feature="export").starts(63).add("feature.used", 70, feature="export")
    slow = Log("slow").starts(62).add("feature.used", 152, feature="export")

    outcome = play([*early.lines(), *slow.lines()], at(200))

    assert (figure(outcome, "time_to_value").value, figure(outcome, "time_to_value").denominator) == ("0.000", "1")
    june = figure(outcome, "time_to_value", "2024-06-01")
    assert (june.value, june.reason) == (None, "empty_base")


def test_seats_of_an_account_that_left_are_no_longer_counted() -> None:
    log = Log().starts(1).add("seats.changed", 2, paid=50, active=30).add("seats.changed", 50, paid=60).ends(95)

    outcome = play(log.lines(), at(140))

    found = [figure(outcome, "seat_utilisation", f"2024-{month:02}-01") for month in (1, 2, 3, 4)]
    assert [(one.numerator, one.denominator) for one in found] == [("30", "50"), ("30", "60"), ("30", "60"), ("0", "0")]


def test_more_seats_in_use_than_paid_are_not_more_than_all() -> None:
    outcome = play(Log().add("seats.changed", 2, paid=5, active=9).lines(), at(40))

    assert figure(outcome, "seat_utilisation", "2024-01-01").value == "1.0000000000"


def test_without_a_list_of_milestones_nothing_is_counted() -> None:
    outcome = play(Log().starts(1).add("milestone.reached", 2, milestone="import").lines(), at(40))

    assert not [key for key in outcome.updates if key.startswith("onboarding_completion")]


# Against the raw log


def histories(seed: int) -> list[Document]:
    """Draw what a few customers did: starts, ends, uses, seats and milestones, several in one instant."""
    random, events = Random(seed), list[Document]()
    for number in range(random.randrange(1, 90)):
        customer = f"c-{random.randrange(6)}"
        when = START + timedelta(days=random.randrange(DAYS), hours=random.choice((0, 0, 7, 23)))
        kind, fields = random.choice(KINDS)
        event: Document = {"event_id": f"e-{number:03d}", "type": kind, "customer_id": customer}
        events.append(event | {"occurred_at": text(when)} | {key: random.choice(values) for key, values in fields})
    return sorted(events, key=lambda one: (one["occurred_at"], one["event_id"]))


KINDS: list[tuple[str, list[tuple[str, list[Any]]]]] = [
    ("subscription.started", [("subscription_id", ["s-1", "s-2"]), ("mrr", ["10"]), ("currency", ["EUR"])]),
    ("subscription.ended", [("subscription_id", ["s-1", "s-2"])]),
    *(("feature.used", [("feature", ["export", "import"])]) for _ in range(3)),
    *(("seats.changed", [("paid", [5, 10, 50]), ("active", [0, 3, 40])]) for _ in range(2)),
    ("seats.changed", [("paid", [5, 10, 50])]),
    *(("milestone.reached", [("milestone", ["account", "import", "invite", "dance"])]) for _ in range(3)),
]


@in_any_way()
def test_all_of_them_are_those_of_the_raw_log_in_open_and_closed_periods(
    seed: int, zone: str, restart_every: int | None, keeps_sums: bool, kinds: tuple[str, ...]
) -> None:
    events = histories(seed)
    policy = replace(POLICY, zone=zone, periods=kinds, horizon_months=24)
    arrived = arriving(events, seed)

    outcome = raw_figures.played(arrived, UNTIL, policy, restart_every, keeps_sums=keeps_sums)

    now = moment(outcome.books.as_of)
    found = [update for update in outcome.updates.values() if update.metric in BASIS]
    for update in found:
        period = period_of(policy, update.period.kind, update)
        since, until = moment(period.start), min(moment(period.end), now)
        assert of_raw(update.metric, events, since, until, ZoneInfo(zone)) == as_said(update), update
    used = of_raw("time_to_value", events, START, now, ZoneInfo(zone))[0]
    assert ("time_to_value" in {update.metric for update in found}) == bool(used)


def as_said(update: MetricUpdate) -> tuple[Any, ...]:
    if update.metric == "time_to_value":
        return int(update.denominator or 0), int(update.components.get("seconds", 0))
    return update.value, int(update.numerator), int(update.denominator or 0)


def of_raw(metric: str, events: list[Document], since: datetime, until: datetime, zone: ZoneInfo) -> tuple[Any, ...]:
    """Return a figure as the raw log has it: of each customer, and then summed up."""
    names = {event["customer_id"] for event in events}
    logs = [[event for event in events if event["customer_id"] == name] for name in sorted(names)]
    if metric == "time_to_value":
        waits = [wait for log in logs for at, wait in waited(log, zone) if since <= at < until]
        return len(waits), sum(int(wait.total_seconds()) for wait in waits)
    counted = [seats_at(log, until) if metric == "seat_utilisation" else steps_at(log, until, zone) for log in logs]
    part, whole = (sum(one[place] for one in counted) for place in (0, 1))
    return (decimal_text(Fraction(part, whole), 10) if whole else None), part, whole


def when(event: Document) -> datetime:
    return datetime.fromisoformat(event["occurred_at"])


def start_of(log: list[Document]) -> datetime | None:
    return next((when(event) for event in log if event["type"] == "subscription.started"), None)


def days_after(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    local = start.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    return local.replace(tzinfo=zone).astimezone(UTC)


def waited(log: list[Document], zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta]]:
    start, first = start_of(log), next((when(event) for event in log if event["type"] == "feature.used"), None)
    if start is not None and first is not None and first < days_after(start, 90, zone):
        yield max(start, first), max(first, start) - start


def steps_at(log: list[Document], until: datetime, zone: ZoneInfo) -> tuple[int, int]:
    start = start_of(log)
    if start is None or not start < until <= days_after(start, 90, zone):
        return 0, 0
    since = days_after(start, -28, zone)
    steps = [event for event in log if event["type"] == "milestone.reached" and since <= when(event) < until]
    return len({event["milestone"] for event in steps} & set(STEPS)), len(STEPS)


def seats_at(log: list[Document], until: datetime) -> tuple[int, int]:
    told = [event for event in log if when(event) < until]
    seats = [event for event in told if event["type"] == "seats.changed"]
    active = [event["active"] for event in seats if "active" in event]
    if not active or not is_customer(told):
        return 0, 0
    return min(active[-1], seats[-1]["paid"]), seats[-1]["paid"]


def is_customer(told: list[Document]) -> bool:
    """Report whether a subscription stands, or whether there has been none so far."""
    standing: set[str] = set()
    for event in in_turn(told):
        if event["type"] == "subscription.started":
            standing.add(event["subscription_id"])
        elif event["type"] == "subscription.ended":
            standing.discard(event["subscription_id"])
    return bool(standing) or not any(event["type"] == "subscription.started" for event in told)


def in_turn(told: list[Document]) -> list[Document]:
    """Return events in order: of one instant, an end of what stood before comes before a start of the same name."""
    return sorted(told, key=lambda one: (one["occurred_at"], one["type"] == "subscription.started", one["event_id"]))


# The laws of measures, on such logs

LAWS: list[Any] = [
    test_measures.test_between_two_steps_of_time_a_history_reads_the_same,
    test_measures.test_what_time_has_brought_lies_before_the_instant_and_is_a_step,
    test_measures.test_levels_of_the_parts_are_the_levels_of_the_track,
    test_measures.test_a_forgotten_customer_leaves_what_it_did_and_ends_with_nothing,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("measure", [FIRST_VALUE, ONBOARDING, SEATS_IN_USE], ids=lambda measure: measure.name)
@given(seed=st.integers(0, 2**32), day=st.integers(0, 360))
def test_a_law_of_measures_holds_on_them(law: Any, measure: Measure, seed: int, day: int) -> None:
    """The logs that they draw themselves have few seats, and no list of milestones."""
    named = {"measure": measure, "events": histories(seed), "day": day}
    inner = law.hypothesis.inner_test
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.test_measures.POLICY", replace(LAWS_POLICY, milestones=STEPS))

        inner(**{name: value for name, value in named.items() if name in signature(inner).parameters})
