"""Stickiness: the worked figure, and all of it against the raw log, in open and closed periods."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from inspect import signature
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import moment
from retention.engine.partition_state import PartitionState
from retention.engine.sums import figures_digest
from retention.features import REGISTER
from retention.measures.sign_ins import SIGN_INS
from retention.money import decimal_text
from retention.policy import Policy
from schemas.outbound import MetricUpdate
from tests import raw_figures, test_measures
from tests.building import START, Log, at, line, text
from tests.conftest import shared
from tests.playing import Outcome, Run, Shelf, play
from tests.raw_figures import PERIODS, arriving, in_any_way, period_of
from tests.test_laws import POLICY as LAWS_POLICY

Document = dict[str, Any]
STICKY = Policy(stickiness=True)
DAYS = 300
UNTIL = at(DAYS + 20)
APRIL, MAY_4 = 91, at(124)
"""The first of April 2024, a month of 30 days, and an instant after which it is final."""


def figure(outcome: Outcome, month: str = "2024-04-01") -> MetricUpdate:
    return outcome.update(f"stickiness|sign_ins||month|{month}|all")


def expected_of(name: str) -> str:
    """Return what the worked example of the definitions expects."""
    [found] = [one["expected"] for one in json.loads(shared("examples/metrics.json").read_text()) if one["id"] == name]
    return str(found)


def test_m_53_nine_daily_actives_of_thirty_monthly() -> None:
    """Of thirty customers other nine sign in on each day, all of them on some."""
    events = [
        event
        for number in range(30)
        for day in range(30)
        if (number - day) % 30 < 9
        for event in Log(f"c-{number}-{day}").login(APRIL + day + 0.5).events
    ]
    signed_in = sorted(events, key=lambda one: (one["occurred_at"], one["event_id"]))
    named = [event | {"customer_id": event["customer_id"].rpartition("-")[0]} for event in signed_in]

    update = figure(play(map(line, named), MAY_4, STICKY))

    assert f"stickiness {float(update.value or 0):.0%}".replace("%", " %") == expected_of("M-53")
    assert update.components == {"active_days": "270", "actives": "30", "days": "30"}
    assert (update.edition, update.low_sample) == ("final", False)


def test_many_logins_of_one_day_are_one_day_and_other_use_is_none() -> None:
    log = Log().login(APRIL, APRIL + 0.25, APRIL + 0.5, APRIL + 3).add("feature.used", APRIL + 5, feature="export")

    update = figure(play(log.lines(), MAY_4, STICKY))

    assert (update.numerator, update.denominator) == ("2", "30")


def test_of_the_open_month_the_days_that_have_begun_count() -> None:
    outcome = play(Log().login(APRIL, APRIL + 1).lines(), at(APRIL + 9.5), STICKY)

    assert (figure(outcome).edition, figure(outcome).value) == ("provisional", "0.2000000000")


def test_a_late_login_restates_it_with_its_id() -> None:
    late = Log().login(APRIL + 7).events[0] | {"event_id": "late-1"}
    log = Log().login(APRIL).add("login.failed", 130)

    outcome = play([*log.lines(), line(late)], at(135), STICKY, Run(batch=2, publish_every=1))

    assert (figure(outcome).edition, figure(outcome).causes) == ("restated", ["late-1"])
    assert figure(outcome).components["active_days"] == "2"


def test_unless_it_is_set_nothing_is_counted_and_logins_go_the_short_way() -> None:
    outcome = play(Log().login(APRIL).lines(), MAY_4)

    assert not [key for key in outcome.updates if key.startswith("stickiness")]
    state = PartitionState(Policy(), Shelf())
    assert state._entries["login.succeeded"] is REGISTER.entries["login.succeeded"]


def test_setting_it_later_derives_the_sums_again() -> None:
    assert figures_digest(STICKY) != figures_digest(Policy())


# Against the raw log


def histories(seed: int) -> list[Document]:
    """Draw on which days a few customers signed in, some of them often, about midnight in many zones."""
    random, events = Random(seed), list[Document]()
    for number in range(random.randrange(1, 120)):
        when = START + timedelta(days=random.randrange(DAYS), hours=random.choice((0, 7, 21, 22, 23)))
        kind, fields = random.choice(KINDS)
        event: Document = {"event_id": f"e-{number:03d}", "type": kind, "customer_id": f"c-{random.randrange(5)}"}
        events.append(event | fields | {"occurred_at": text(when)})
    return sorted(events, key=lambda one: (one["occurred_at"], one["event_id"]))


KINDS: list[tuple[str, Document]] = [
    *(("login.succeeded", {}) for _ in range(5)),
    ("login.failed", {}),
    ("feature.used", {"feature": "export"}),
    ("purchase.completed", {"order_id": "o-1", "amount": "10", "currency": "EUR"}),
]


@in_any_way(("day", "month", "quarter"), *PERIODS[1:])
def test_it_is_that_of_the_raw_log_in_open_and_closed_periods(
    seed: int, zone: str, restart_every: int | None, keeps_sums: bool, kinds: tuple[str, ...]
) -> None:
    events = histories(seed)
    policy = replace(STICKY, zone=zone, periods=kinds, horizon_months=24)
    arrived = arriving(events, seed)

    outcome = raw_figures.played(arrived, UNTIL, policy, restart_every, keeps_sums=keeps_sums)

    now, found = moment(outcome.books.as_of), list[MetricUpdate]()
    for update in outcome.updates.values():
        if update.metric == "stickiness":
            found.append(update)
            period = period_of(policy, update.period.kind, update)
            until = min(moment(period.end), now)
            assert of_raw(events, moment(period.start), until, ZoneInfo(zone)) == as_said(update), update
    assert bool(found) == any(event["type"] == "login.succeeded" for event in events)


def as_said(update: MetricUpdate) -> tuple[str | None, int, int]:
    return update.value, int(update.numerator), int(update.denominator or 0)


def of_raw(events: list[Document], since: datetime, until: datetime, zone: ZoneInfo) -> tuple[str | None, int, int]:
    """Return the figure as the raw log has it: day by day, who signed in on it."""
    signed_in = [event for event in events if event["type"] == "login.succeeded"]
    inside = [one for one in signed_in if since <= datetime.fromisoformat(one["occurred_at"]) < until]
    daily = {(datetime.fromisoformat(one["occurred_at"]).astimezone(zone).date(), one["customer_id"]) for one in inside}
    monthly = {one["customer_id"] for one in inside}
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    whole = len(monthly) * ((last - since.astimezone(zone).date()).days + 1)
    return (decimal_text(Fraction(len(daily), whole), 10) if whole else None), len(daily), whole


# The laws of measures, on such logs

LAWS: list[Any] = [
    test_measures.test_between_two_steps_of_time_a_history_reads_the_same,
    test_measures.test_what_time_has_brought_lies_before_the_instant_and_is_a_step,
    test_measures.test_levels_of_the_parts_are_the_levels_of_the_track,
    test_measures.test_a_forgotten_customer_leaves_what_it_did_and_ends_with_nothing,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@given(seed=st.integers(0, 2**32), day=st.integers(0, 360))
def test_a_law_of_measures_holds_on_them(law: Any, seed: int, day: int) -> None:
    named = {"measure": SIGN_INS, "events": histories(seed), "day": day}
    inner = law.hypothesis.inner_test
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.test_measures.POLICY", replace(LAWS_POLICY, stickiness=True))

        inner(**{name: value for name, value in named.items() if name in signature(inner).parameters})
