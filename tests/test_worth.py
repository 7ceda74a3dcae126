"""The worth of signals: counted as an oracle counts that shares no code, from the log's own outcomes or labels."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from retention.engine.partition_state import PartitionState
from retention.measures import basis
from retention.policy import SEVERITIES
from retention.statements import Statement
from schemas.base import Event
from streams.cli.commands import backstay
from streams.companies import KINDS
from streams.companies.base import Company
from streams.errors import BadLog, BadSettings
from streams.gauges import Gauges
from streams.in_process import Watcher, applied_lines
from streams.judging import ENOUGH, Alarm, Judge, Life, Share, Verdict
from streams.past import Past, Reached
from streams.setting_sources import read_settings
from streams.worth import Row, read_labels, report, warm_up
from tests.building import Log, at, line, text
from tests.test_explaining import written
from tests.watching import Statements

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = read_settings()


def day(number: float) -> datetime:
    return START + number * DAY


Lives = list[tuple[str, datetime, datetime | None]]
Alarms = list[tuple[str, datetime]]


def counted(alarms: Alarms, lives: Lives, last: float, horizon: int) -> dict[str, Any]:
    """Count as the docs say, alarm by alarm and loss by loss; shares no code with the judge."""
    end, reach = day(last), horizon * DAY
    alarms = [(who, when) for who, when in alarms if START <= when < end]
    found: dict[str, Any] = {"right": 0, "wrong": 0, "pending": 0, "idle": 0, "warned": 0, "missed": 0, "leads": []}
    for who, when in alarms:
        found[_fate(who, when, lives, end, reach)] += 1
    for name, joined, left in lives:
        if left is not None and START <= left < end:
            ahead = [left - when for who, when in alarms if who == name and joined <= when < left]
            in_time = [one for one in ahead if one <= reach]
            found["warned" if in_time else "missed"] += 1
            found["leads"] += [round(max(in_time) / DAY, 6)] if in_time else []
    found["leads"].sort()
    return found | {"base": _base(lives, end, reach), "stayers": _stayers(alarms, lives, end, reach)}


def _fate(who: str, when: datetime, lives: Lives, end: datetime, reach: timedelta) -> str:
    for name, joined, left in lives:
        if name == who and joined <= when and (left is None or when < left):
            if when + reach > end:
                return "pending"
            return "right" if left is not None and left - when <= reach else "wrong"
    return "idle"


def _base(lives: Lives, end: datetime, reach: timedelta) -> tuple[int, int]:
    leaving, there, week = 0, 0, START
    while week + reach <= end:
        for _, joined, left in lives:
            if joined <= week and (left is None or week < left):
                there += 1
                leaving += left is not None and left <= week + reach
        week += 7 * DAY
    return leaving, there


def _stayers(alarms: Alarms, lives: Lives, end: datetime, reach: timedelta) -> tuple[int, int]:
    alarmed, months, begin = 0, 0, START
    while begin + 30 * DAY + reach <= end:
        for name, joined, left in lives:
            if joined <= begin and (left is None or left > begin + 30 * DAY + reach):
                months += 1
                alarmed += any(who == name and begin <= when < begin + 30 * DAY for who, when in alarms)
        begin += 30 * DAY
    return alarmed, months


def as_counted(one: Verdict) -> dict[str, Any]:
    return {
        "right": one.precision.part,
        "wrong": one.wrong,
        "pending": one.pending,
        "idle": one.idle,
        "warned": one.recall_of_all.part,
        "missed": one.recall_of_all.whole - one.recall_of_all.part,
        "base": tuple(one.chance),
        "stayers": tuple(one.stayers_alarmed),
        "leads": sorted(round(lead, 6) for lead in one.leads),
    }


def drawn_lives(draw: random.Random) -> Lives:
    """Return customers of whom some leave, some return, and some leave again, on the very instants of weeks too."""
    lives: Lives = []
    for number in range(12):
        since = draw.choice((-30, 0, 7, draw.uniform(-20, 200)))
        for _ in range(draw.randint(1, 3)):
            left = since + draw.choice((7, 30, 90, draw.uniform(1, 120)))
            stays = draw.random() < 0.4
            lives.append((f"c-{number}", day(since), None if stays else day(left)))
            if stays:
                break
            since = left + draw.choice((0, 20))
    return lives


@pytest.mark.parametrize("seed", range(60))
def test_the_judge_counts_as_the_oracle_does(seed: int) -> None:
    draw = random.Random(seed)
    lives, last, horizon = drawn_lives(draw), draw.choice((120, 200.5, 300)), draw.choice((14, 60, 90))
    alarms = [(f"c-{draw.randrange(14)}", day(draw.choice((0, 30, draw.uniform(-40, 320))))) for _ in range(80)]

    judge = Judge([Life(*life) for life in lives], START, day(last), horizon * DAY)
    found = judge.verdict(Alarm(who, "any", when) for who, when in alarms)

    assert as_counted(found) == counted(alarms, lives, last, horizon)
    assert found.raised == sum(START <= when < day(last) for _, when in alarms)


class Both(Watcher):
    """Passes everything on to two watchers."""

    def __init__(self, *watchers: Watcher) -> None:
        self.watchers = watchers

    def applied(self, event: Event, at: int) -> None:
        for one in self.watchers:
            one.applied(event, at)

    def said(self, statements: Sequence[Statement], state: PartitionState) -> None:
        for one in self.watchers:
            one.said(statements, state)

    def erased(self, customer_id: str) -> None:
        for one in self.watchers:
            one.erased(customer_id)


@pytest.fixture(scope="module", params=["saas", "shop"])
def told(request: pytest.FixtureRequest) -> tuple[Company, Past, list[Statement], PartitionState]:
    """Return a company, its past, everything that was said, and the customers at the end."""
    company = Company(KINDS[request.param], 4, START, 330, 40)
    metrics = SETTINGS.metrics.model_copy(update={"basis": company.kind.basis})
    settings = SETTINGS.model_copy(update={"metrics": metrics})
    past, raw = Past(settings.policy()), Statements()
    run = applied_lines([one.line() for one in company.history()], settings, Both(past, raw))
    return company, past.end(run), raw.kept, run.state


Told = tuple[Company, Past, list[Statement], PartitionState]


def test_alarms_are_episodes_that_reach_a_severity(told: Told) -> None:
    _, past, statements, _ = told
    said: list[Any] = [one for one in statements if one.type in {"churn_signal.raised", "churn_signal.escalated"}]

    for severity in SEVERITIES:
        least = SEVERITIES.index(severity)
        grave = [one for one in said if SEVERITIES.index(one.body.severity) >= least]
        ordered = sorted(grave, key=lambda one: (one.key, one.body.episode))
        first = [next(ones) for _, ones in groupby(ordered, key=lambda one: (one.key, one.body.episode))]
        assert sorted((one.customer, one.signal) for one in past.alarms(severity)) == sorted(
            (one.key, one.body.signal) for one in first
        )
    assert any(one.at for one in past.alarms("high"))


def test_lives_are_what_the_states_show_in_the_end(told: Told) -> None:
    company, past, _, state = told
    active = basis(company.kind.basis).active
    assert active is not None
    end = past.newest

    expected = [
        (name, start, stop if stop <= end else None)
        for name in state.customers.names()
        for start, stop in active(state.customers.look(name), state.policy, state.watermark)
        if start <= end
    ]

    found = [(one.customer, _us(one.joined), _us(one.left) if one.left else None) for one in past.lives()]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert sum(stop is not None for _, _, stop in expected) > 5


def _us(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def test_losses_of_a_company_are_those_of_its_labels(told: Told) -> None:
    company, past, _, _ = told
    left = {label.customer_id: label.story.leaves for label in company.labels() if label.story.leaves is not None}

    lost = {life.customer: life.left for life in past.lives() if life.left is not None}

    known = {name for name, when in left.items() if when < past.last - DAY}
    assert known
    assert known <= lost.keys()
    close = sum(abs((lost[name] or START) - left[name]) <= DAY for name in known)
    assert close >= 0.9 * len(known)


def test_a_band_is_reached_by_a_signal_that_is_raised() -> None:
    log = Log().starts(0).login(*range(10)).add("cancellation.requested", 10, subscription_id="s-1")
    log.login(11).add("ticket.opened", 12, ticket_id="t")

    past = Past(SETTINGS.policy())
    past.end(applied_lines(log.lines(), SETTINGS, past))

    assert [one.at for one in past.of_band("high")] == [at(10)]
    assert [one.at for one in past.of_band("medium")] == [at(10)]


def test_late_events_take_losses_back_and_not_alarms() -> None:
    log = Log().starts(0).login(*range(9)).ends(20)
    other = Log("c-2").starts(0).login(60)
    resumed = Log("c-1").add("subscription.started", 20, subscription_id="s-1", mrr="10", currency="EUR")
    events = sorted([*log.events, *other.events], key=lambda one: one["occurred_at"])
    resumed.events[0]["event_id"] = "late"

    plain, mended = Past(SETTINGS.policy()), Past(SETTINGS.policy())
    plain.end(applied_lines(map(line, events), SETTINGS, plain))
    mended.end(applied_lines(map(line, [*events, *resumed.events]), SETTINGS, mended))

    assert [one.left for one in plain.lives() if one.customer == "c-1"] == [at(20)]
    assert [one.left for one in mended.lives() if one.customer == "c-1"] == [None]
    assert {*plain.alarms("low")} <= {*mended.alarms("low")}


def test_nothing_is_left_of_a_customer_that_is_forgotten() -> None:
    log = Log().starts(0).login(*range(9)).add("cancellation.requested", 10, subscription_id="s-1").ends(20)
    gone = Log("gone").starts(0).login(*range(9)).add("cancellation.requested", 10, subscription_id="s-1").ends(20)
    gone.add("erasure.requested", 30)
    events = sorted([*log.events, *gone.events], key=lambda one: one["occurred_at"])

    past = Past(SETTINGS.policy())
    past.end(applied_lines(map(line, events), SETTINGS, past))

    assert past.erased_customers == 1
    assert {one.customer for one in past.lives()} == {"c-1"}
    assert {one.customer for one in past.alarms("low")} == {"c-1"}
    assert {one.customer for one in past.recency.alarms(past.last)} <= {"c-1"}
    assert past.worth(past.lives()) == {"EUR": 120}


def test_merged_customers_are_one_from_the_beginning() -> None:
    """Its alarms are those of both ids, and it is lost when both are."""
    old = Log("c-old").starts(0).login(*range(9)).add("cancellation.requested", 10, subscription_id="s-1").ends(20)
    old.add("customer.merged", 40, into="c-1").login(41)
    kept = Log().starts(0, name="s-kept").login(*range(60)).add("cancellation.requested", 60, subscription_id="s-kept")
    kept.ends(70, "s-kept")
    events = sorted([*old.events, *kept.events], key=lambda one: one["occurred_at"])

    past = Past(SETTINGS.policy())
    past.end(applied_lines(map(line, events), SETTINGS, past))

    assert [(one.customer, one.left) for one in past.lives()] == [("c-1", at(70))]
    assert {one.customer for one in past.alarms("low")} == {"c-1"}
    assert {at(10), at(60)} <= {one.at for one in past.alarms("low")}
    assert past.worth(past.lives()) == {"EUR": 120}
    assert {one.customer for one in past.recency.alarms(past.last)} <= {"c-1"}


def test_a_signal_that_is_no_better_than_chance_is_named_with_what_to_set() -> None:
    past = Past(SETTINGS.policy())
    past.oldest, past.newest = _us(START), _us(day(110))

    past.signals = [Reached(f"c-{n}", "poor-support-score", _us(day(10)), -1, 1) for n in range(ENOUGH)]
    labels = [Life(f"c-{n}", START, day(50) if n < 3 else None) for n in range(ENOUGH)]

    found = report(past, SETTINGS, "medium", 90, labels=labels, warm_up_days=0)

    (row,) = found.signals
    assert row.verdict.precision == Share(3, ENOUGH)
    assert row.verdict.is_chance
    assert 'Set signals.poor-support-score.severity = "low" and' in row.advice
    fewer = report(past, SETTINGS, "medium", 90, labels=labels[1:], warm_up_days=0)
    assert fewer.signals[0].advice == ""
    assert fewer.without_label == 1


def test_a_ratio_of_nothing_is_null() -> None:
    empty = Row("x", "medium", Judge([], START, day(10), 90 * DAY).verdict([])).as_json()

    assert (empty["precision"], empty["interval"], empty["lift"], empty["base_rate"]) == (None, None, None, None)


def test_the_first_quarter_of_a_short_log_is_not_judged() -> None:
    assert warm_up(START, day(100)) == day(25)
    assert warm_up(START, day(1_000)) == day(120)
    assert warm_up(START, day(100), 3) == day(3)


def test_a_log_that_ends_within_the_days_that_are_not_judged_is_an_error() -> None:
    with pytest.raises(BadSettings, match="--warm-up-days 100 leaves nothing to judge: the log covers 100 days, from"):
        warm_up(START, day(100), 100)


def test_the_report_is_printed_and_written(tmp_path: Path) -> None:
    log, labels = tmp_path / "log.jsonl", tmp_path / "labels.jsonl"
    chosen = ["--kind", "saas", "--seed", "3", "--customers", "15", "--days", "240", "--start", "2025-01-01"]
    runner = CliRunner()
    assert runner.invoke(backstay, ["simulate", *chosen, "--out", str(log), "--labels", str(labels)]).exit_code == 0

    own = runner.invoke(backstay, ["signals", "report", str(log), "--severity", "low", "--json"])
    by_labels = runner.invoke(
        backstay, ["signals", "report", str(log), "--labels", str(labels), "--horizon-days", "60"]
    )

    found = json.loads(own.stdout)
    assert found["outcomes"] == "basis subscription"
    for row in [*found["together"], *found["signals"]]:
        assert row["raised"] == row["right"] + row["wrong"] + row["pending"] + row["not_a_customer"]
        assert row["losses_warned"] + row["losses_not_warned"] == found["losses"]
    every = next(row for row in found["together"] if row["name"] == "any signal")
    assert every["raised"] == sum(row["raised"] for row in found["signals"] if row["level"] == "low") > 0
    assert by_labels.exit_code == 0, by_labels.output
    assert "outcomes: labels" in by_labels.stdout
    assert "recency alone" in by_labels.stdout


def test_labels_that_cannot_be_used_are_named_by_line(tmp_path: Path) -> None:
    good = {"customer_id": "c-1", "joined_at": text(at(0))}
    wrong = {
        "no label": ["{}"],
        "a second label of c-1": [json.dumps(good), json.dumps(good)],
        "a time without offset": [json.dumps(good | {"left_at": "2025-01-01T00:00:00"})],
        "left before it joined": [json.dumps(good | {"left_at": "2020-01-01T00:00:00Z"})],
    }
    for says, lines in wrong.items():
        (tmp_path / "labels").write_text("\n".join(lines))
        with pytest.raises(BadLog, match=f"labels, line {len(lines)}: .*{says}"):
            read_labels(tmp_path / "labels")


def test_labels_of_another_company_are_an_error(tmp_path: Path) -> None:
    file = written(tmp_path, Log().starts(0).login(*range(9)).login(60))
    (tmp_path / "labels").write_text(json.dumps({"customer_id": "x", "joined_at": text(at(0))}))

    result = CliRunner().invoke(backstay, ["signals", "report", str(file), "--labels", str(tmp_path / "labels")])

    assert isinstance(result.exception, BadLog)
    assert "no label is of a customer of the log" in str(result.exception)


def test_a_log_that_is_too_short_to_judge_says_so(tmp_path: Path) -> None:
    file = written(tmp_path, Log().starts(0).login(*range(9)).login(40))

    result = CliRunner().invoke(backstay, ["signals", "report", str(file)])

    assert result.exit_code == 0
    assert "No alarm can be judged" in result.stdout


def test_a_worker_counts_losses_by_whether_a_signal_was_open() -> None:
    warned = Log("warned").starts(0).login(*range(9)).add("cancellation.requested", 10, subscription_id="s-1").ends(20)
    silent = Log("silent").starts(0).ends(20)
    back = Log("back").starts(0).ends(20)
    late = Log("back").add("subscription.started", 20, subscription_id="s-1", mrr="10", currency="EUR")
    late.events[0]["event_id"] = "late"
    events = sorted([*warned.events, *silent.events, *back.events], key=lambda one: one["occurred_at"])
    raw, gauges = Statements(), Gauges()
    applied_lines(map(line, [*events, *Log("other").starts(30).events, *late.events]), SETTINGS, raw)

    gauges.said(raw.kept)

    def count(name: str, **labels: str) -> float | None:
        return gauges.registry.get_sample_value(f"backstay_{name}", {"basis": "subscription", **labels})

    assert (count("losses_total", warned="yes"), count("losses_total", warned="no")) == (1, 2)
    assert count("loss_signals_total", signal="cancellation-requested") == 1
    assert (count("loss_lead_seconds_count"), count("loss_lead_seconds_sum")) == (1, 10 * 86_400)
    assert count("loss_lead_seconds_bucket", le="604800.0") == 0
    assert count("loss_lead_seconds_bucket", le="1.2096e+06") == 1
