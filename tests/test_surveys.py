"""NPS, CSAT and CES: the worked figures, and all of them against the raw log, in closed periods and in the open one."""

from datetime import datetime, timedelta
from fractions import Fraction
from inspect import signature
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import moment
from retention.measures.base import Measure
from retention.measures.nps_answers import NPS_ANSWERS
from retention.measures.support_answers import SUPPORT_ANSWERS
from retention.money import decimal_text
from retention.policy import Policy
from schemas.outbound import MetricUpdate
from streams.recomputation.lines import Document, distinct
from streams.recomputation.rules import Rules
from streams.recomputation.surveys import rated, recommending
from tests import raw_figures, test_measures
from tests.building import START, Log, at, line, text
from tests.playing import Outcome, Run, play
from tests.raw_figures import arriving, in_any_way, period_of

DAYS = 400
UNTIL = at(DAYS + 20)
MARCH_5 = at(64)


def answers(kind: str, scores: list[int], day: float = 35, **fields: Any) -> list[Document]:
    """Return one answer of each of several customers."""
    events = []
    for number, score in enumerate(scores):
        events += Log(f"{kind}-{number:03d}").add("survey.answered", day, kind=kind, score=score, **fields).events
    return events


def figure(outcome: Outcome, metric: str, month: str = "2024-02-01") -> MetricUpdate:
    basis = "nps_answers" if metric == "nps" else "support_answers"
    return outcome.update(f"{metric}|{basis}||month|{month}|all")


def played(events: list[Document], until: datetime = MARCH_5) -> Outcome:
    return play(map(line, events), until)


@pytest.mark.parametrize(
    ("scores", "value", "balance"),
    [
        ([10] * 25 + [9] * 25 + [8] * 15 + [7] * 15 + [6] * 10 + [0] * 10, "0.3000000000", "30"),
        ([9] * 30 + [7] * 50 + [3] * 20, "0.1000000000", "10"),
    ],
)
def test_m_37_nps_of_a_hundred_answers(scores: list[int], value: str, balance: str) -> None:
    update = figure(played(answers("nps", scores)), "nps")

    assert (update.value, update.numerator, update.denominator) == (value, balance, "100")


def test_m_38_csat_and_ces() -> None:
    outcome = played(answers("csat", [5, 4, 3, 5, 2]) + answers("ces", [7, 6, 5, 2]))

    assert [figure(outcome, name).value for name in ("csat", "csat_mean", "ces", "low_effort")] == [
        "0.6000000000",
        "3.80",
        "5.00",
        "0.7500000000",
    ]
    assert (figure(outcome, "ces").numerator, figure(outcome, "ces").denominator) == ("20.00", "4")


def test_a_score_on_another_scale_counts_on_the_usual_one() -> None:
    outcome = played(answers("csat", [8, 7], scale=10))

    assert figure(outcome, "csat").value == "0.5000000000"
    assert figure(outcome, "csat_mean").value == decimal_text((1 + Fraction(28, 9) + 1 + Fraction(24, 9)) / 2, 2)


def test_the_latest_answer_of_a_customer_counts_for_90_days_and_no_longer() -> None:
    log = Log().add("survey.answered", 5, kind="nps", score=10).add("survey.answered", 40, kind="nps", score=3)

    outcome = played(log.events, at(160))

    found = [figure(outcome, "nps", f"2024-{month:02d}-01") for month in (1, 2, 3, 4, 5)]
    assert [one.value for one in found] == ["1.0000000000", "-1.0000000000", "-1.0000000000", "-1.0000000000", None]
    assert found[-1].reason == "empty_base"


def test_without_answers_there_is_a_reason_and_no_zero() -> None:
    outcome = played(answers("csat", [5]))

    ces = figure(outcome, "ces")
    assert (ces.value, ces.reason) == (None, "empty_base")


def test_an_answer_that_comes_late_restates_a_closed_month() -> None:
    early = answers("csat", [5, 5, 5, 1])
    late = Log("late").add("survey.answered", 36, kind="csat", score=1).events
    marker = Log("z").add("login.failed", 75).events

    outcome = play(map(line, [*early, *marker, *late]), at(80), run=Run(batch=len(early) + 1, publish_every=1))

    said = [u for u in outcome.editions if (u.metric, u.period.kind, f"{u.period.start:%m}") == ("csat", "month", "02")]
    assert [(u.edition, u.revision, u.value) for u in said][-2:] == [
        ("final", 1, "0.7500000000"),
        ("restated", 2, "0.6000000000"),
    ]
    assert said[-1].causes == [late[0]["event_id"]]


# Against the raw log


def surveys(seed: int) -> list[Document]:
    """Draw answers of a few customers over more than a year; several may lie in one instant."""
    random = Random(seed)
    events: list[Document] = []
    for number in range(random.randrange(1, 120)):
        kind = random.choice(("nps", "nps", "csat", "ces", "exit"))
        when = START + timedelta(days=random.randrange(DAYS), hours=random.choice((0, 0, 7, 23)))
        event: Document = {
            "event_id": f"e-{number:03d}",
            "type": "survey.answered",
            "customer_id": f"c-{random.randrange(7)}",
        }
        event |= {"occurred_at": text(when), "kind": kind}
        if kind == "nps":
            event["score"] = random.randrange(11)
        elif kind in {"csat", "ces"}:
            scales: list[Document] = [
                {"score": random.randrange(1, 6)},
                {"score": random.randrange(1, 11), "scale": 10},
                {"score": random.randrange(101), "scale": 100, "lowest": 0},
            ]
            event |= random.choice(scales)
        events.append(event)
    return sorted(events, key=lambda one: (one["occurred_at"], one["event_id"]))


@in_any_way()
def test_all_of_them_are_those_of_the_raw_log_in_open_and_closed_periods(
    seed: int, zone: str, restart_every: int | None, keeps_sums: bool, kinds: tuple[str, ...]
) -> None:
    events = surveys(seed)
    policy = Policy(zone=zone, periods=kinds, horizon_months=24)
    arrived = arriving(events, seed)

    outcome = raw_figures.played(arrived, UNTIL, policy, restart_every, keeps_sums=keeps_sums)

    documents, rules = distinct(map(line, arrived)), Rules(zone)
    now = moment(outcome.books.as_of)
    found = {
        (update.metric, update.period.kind, f"{update.period.start}"): update
        for update in outcome.updates.values()
        if update.basis in {"nps_answers", "support_answers"}
    }
    assert any(update.edition == "provisional" for update in found.values()) or not found
    for (metric, kind, _), update in found.items():
        period = period_of(policy, kind, update)
        wanted = expected(metric, documents, moment(period.start), min(moment(period.end), now), rules)
        assert (update.value, update.numerator, update.denominator) == wanted, (metric, update.period)
    assert {"nps"} <= {metric for metric, _, _ in found} or not [e for e in events if e["kind"] == "nps"]


def expected(
    metric: str, documents: list[Document], since: datetime, until: datetime, rules: Rules
) -> tuple[str | None, str, str]:
    """Return value, numerator and denominator, computed from the raw log."""
    if metric == "nps":
        found = recommending(documents, until, rules)
        value = decimal_text(found.nps, 10) if found.nps is not None else None
        return value, str(found.promoters - found.detractors), str(found.answers)
    of = rated(documents, "csat" if metric.startswith("csat") else "ces", since, until)
    if metric in {"csat", "low_effort"}:
        return (decimal_text(Fraction(of.good, of.answers), 10) if of.answers else None), str(of.good), str(of.answers)
    mean = decimal_text(of.total / of.answers, 2) if of.answers else None
    return mean, decimal_text(of.total, 2), str(of.answers)


# The laws of measures, on logs of answers

LAWS: list[Any] = [
    test_measures.test_between_two_steps_of_time_a_history_reads_the_same,
    test_measures.test_what_time_has_brought_lies_before_the_instant_and_is_a_step,
    test_measures.test_levels_of_the_parts_are_the_levels_of_the_track,
    test_measures.test_a_forgotten_customer_leaves_what_it_did_and_ends_with_nothing,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("measure", [NPS_ANSWERS, SUPPORT_ANSWERS], ids=lambda measure: measure.name)
@given(seed=st.integers(0, 2**32), day=st.integers(0, 360))
def test_a_law_of_measures_holds_on_answers(law: Any, measure: Measure, seed: int, day: int) -> None:
    """The logs that they draw themselves have no surveys."""
    events = [event for event in surveys(seed) if event["occurred_at"] < text(at(360))]
    named = {"measure": measure, "events": events, "day": day}
    inner = law.hypothesis.inner_test

    inner(**{name: value for name, value in named.items() if name in signature(inner).parameters})
