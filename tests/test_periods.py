"""Kinds of periods: how they cut the calendar, and figures of each against a recomputation from the raw log."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retention.calendar import DAY, Calendar, Instant, Period, instant
from retention.engine import partials
from retention.engine.editions import Books
from retention.engine.figures import Row
from retention.engine.partition_state import PartitionState
from retention.engine.parts import Series
from retention.engine.sums import Sums, figures_digest
from retention.measures import MEASURES
from retention.measures.base import summed
from retention.measures.purchase import PURCHASE
from retention.periods import DEFAULT_PERIODS, KIND_OF, PERIOD_KINDS, PeriodKind
from retention.policy import Policy
from schemas.outbound import MetricUpdate
from streams import settings as settings_module
from streams.errors import BadSettings
from streams.recomputation.lines import distinct
from streams.recomputation.periods import (
    Figures,
    Span,
    first_days,
    purchase_periods,
    subscription_periods,
    trailing,
)
from streams.recomputation.rules import Rules
from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.building import START, Log
from tests.playing import Outcome, Run, Shelf, play, unsealed
from tests.test_laws import Event, lines, logs

ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati")
NAMES = tuple(KIND_OF)
FOLLOWING = [kind for kind in PERIOD_KINDS if not kind.trailing]
TRAILING = [kind for kind in PERIOD_KINDS if kind.trailing]
DAYS_COMPARED = {"day": 40, "week": 120, "t30d": 40, "t90d": 40, "t12m": 40}
"""The recomputation reads the whole log for each edge."""


@pytest.mark.parametrize("kind", FOLLOWING, ids=lambda kind: kind.name)
@pytest.mark.parametrize("fiscal", [1, 2, 4, 12])
def test_periods_of_a_kind_follow_each_other_and_hold_each_day_once(kind: PeriodKind, fiscal: int) -> None:
    rules = Rules(fiscal_start_month=fiscal)
    days = list(first_days(kind.name, date(2019, 12, 1), date(2030, 2, 1), rules))

    begun = [kind.first_day(kind.index(day, fiscal), fiscal) for day in days]
    numbers = [kind.index(day, fiscal) for day in days]

    assert begun == days
    assert numbers == list(range(numbers[0], numbers[0] + len(days)))
    assert [kind.index(day - timedelta(days=1), fiscal) for day in days] == [number - 1 for number in numbers]


@pytest.mark.parametrize("kind", TRAILING, ids=lambda kind: kind.name)
def test_a_trailing_period_ends_with_each_day_and_is_left_by_each_day_once(kind: PeriodKind) -> None:
    spans = list(trailing(kind.name, date(2023, 1, 1), date(2025, 12, 31)))
    numbers = [kind.index(end - timedelta(days=1), 1) for _, end in spans]

    assert [(kind.first_day(number, 1), kind.next_day(number, 1)) for number in numbers] == spans
    for ordinal in range(date(2023, 1, 1).toordinal(), date(2024, 12, 1).toordinal()):
        day = date.fromordinal(ordinal)
        assert kind.left_by(day) == next(n for n, (start, _) in zip(numbers, spans, strict=True) if start > day)


def test_weeks_are_those_of_iso_8601_also_where_a_year_has_53() -> None:
    week = KIND_OF["week"]
    for ordinal in range(date(2019, 1, 1).toordinal(), date(2033, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        first = week.first_day(week.index(day, 1), 1)
        assert (first.isocalendar()[:2], first.isoweekday()) == (day.isocalendar()[:2], 1)
    assert week.first_day(week.index(date(2027, 1, 3), 1), 1) == date(2026, 12, 28)
    assert date(2027, 1, 3).isocalendar()[1] == 53


def test_the_default_numbers_of_months_and_quarters_are_those_that_older_versions_wrote() -> None:
    assert [KIND_OF["month"].index(date(2024, 3, 31), fiscal) for fiscal in (1, 12)] == [24290, 24290]
    assert [KIND_OF["quarter"].index(date(2024, 3, 31), fiscal) for fiscal in (1, 4, 12)] == [8096, 8095, 8093]


# Figures of each kind


def moved(events: list[Event], days: int) -> list[Event]:
    """Return a drawn log moved by so many days, including all instants that its events name."""

    def later(value: object) -> object:
        if isinstance(value, str) and value.endswith("Z"):
            moment = datetime.fromisoformat(value) + timedelta(days=days)
            return moment.isoformat().replace("+00:00", "Z")
        return value

    return [{name: later(value) for name, value in event.items()} for event in events]


@settings(max_examples=50)
@given(
    logs(),
    st.sampled_from(NAMES),
    st.sampled_from(ZONES),
    st.sampled_from((1, 2, 7, 12)),
    st.integers(0, 1_200),
    st.integers(0, 2**32),
)
def test_figures_of_each_kind_equal_a_recomputation(
    events: list[Event], kind: str, zone: str, fiscal: int, days: int, seed: int
) -> None:
    policy = Policy(zone=zone, fiscal_start_month=fiscal, periods=(kind,))
    events = moved(events, days)
    last = datetime.fromisoformat(events[-1]["occurred_at"])

    until = last + timedelta(days=400 if KIND_OF[kind].months else 40)
    outcome = play(lines(events), until, policy, Run(partitions=3, batch=9))

    first = date.fromisoformat(events[0]["occurred_at"][:10])
    daily = kind == "day" or KIND_OF[kind].trailing
    since = first + timedelta(days=Random(seed).randrange((last.date() - first).days + 1)) if daily else first
    bound = min(last.date() + timedelta(days=30), since + timedelta(days=DAYS_COMPARED.get(kind, 400)))
    assert_recomputed(outcome, events, kind, (since, bound))
    assert {key.split("|")[3] for key in outcome.updates} <= {kind}


def assert_recomputed(outcome: Outcome, events: list[Event], kind: str, bounds: tuple[date, date]) -> None:
    policy, documents = outcome.books.policy, distinct(lines(events))
    rules = Rules(policy.zone, fiscal_start_month=policy.fiscal_start_month)
    spans = list(spans_of(kind, bounds, rules))
    for currency, digits in (("EUR", 2), ("JPY", 0)):
        for span, wanted in subscription_periods(documents, spans, currency, rules).items():
            where = f"subscription|{currency}|{kind}|{named(kind, span)}|all"
            assert_counts(outcome, where, wanted)
            assert_money(outcome, where, wanted, digits)
    for span, wanted in purchase_periods(documents, spans, rules).items():
        assert_counts(outcome, f"purchase||{kind}|{named(kind, span)}|all", wanted)


def spans_of(kind: str, bounds: tuple[date, date], rules: Rules) -> Iterator[Span]:
    if KIND_OF[kind].trailing:
        return trailing(kind, *bounds)
    return pairwise(first_days(kind, *bounds, rules))


def named(kind: str, span: Span) -> date:
    """Return the day that a key names: the last one of a trailing period, the first one of any other."""
    return span[1] - timedelta(days=1) if KIND_OF[kind].trailing else span[0]


def assert_counts(outcome: Outcome, where: str, wanted: Figures) -> None:
    update = outcome.updates.get(f"crr|{where}")
    if update is None:
        assert (wanted.start, wanted.end) == (0, 0), where
        return
    found = tuple(update.components[name] for name in ("S", "E", "N", "lost"))
    assert found == (wanted.start, wanted.end, wanted.newcomers, wanted.lost), where
    assert_figure(update.value, wanted.crr, 10)
    assert update.edition != "provisional", where


def assert_money(outcome: Outcome, where: str, wanted: Figures, digits: int) -> None:
    if f"mrr|{where}" not in outcome.updates:
        assert not wanted.mrr_start + wanted.mrr_end, where
        return
    assert_figure(outcome.updates[f"mrr|{where}"].value, wanted.mrr_end, digits)
    assert_figure(outcome.updates[f"ndr|{where}"].value, wanted.ndr, 10)
    assert_figure(outcome.updates[f"grr|{where}"].value, wanted.grr, 10)


def assert_figure(found: str | None, wanted: Fraction | None, digits: int) -> None:
    assert (None if found is None else Fraction(found)) == (None if wanted is None else round(wanted, digits))


def test_a_year_with_all_kinds_that_follow_each_other_reads_as_one_would_count() -> None:
    """Madrid sets its clocks on 2026-03-29; 2026-12-28 to 2027-01-03 is week 53."""
    log = Log("a", datetime(2026, 3, 27, 22, 30, tzinfo=UTC)).starts(0, "10").changes(2, mrr="30").ends(280)
    policy = Policy(zone="Europe/Madrid", periods=tuple(kind.name for kind in FOLLOWING))

    outcome = play(log.lines(), datetime(2028, 1, 10, tzinfo=UTC), policy)

    def mrr(kind: str, start: str) -> str | None:
        return outcome.update(f"mrr|subscription|EUR|{kind}|{start}|all").value

    assert [mrr("day", f"2026-03-{day}") for day in (27, 28, 29, 30)] == ["10.00", "10.00", "10.00", "30.00"]
    assert [mrr("week", day) for day in ("2026-03-23", "2026-03-30", "2026-12-28")] == ["10.00", "30.00", "0.00"]
    assert [mrr("year", f"{year}-01-01") for year in (2026, 2027)] == ["30.00", "0.00"]
    ended = outcome.update("crr|subscription|EUR|week|2026-12-28|all")
    assert (ended.components["S"], ended.components["lost"], f"{ended.period.end}") == (1, 1, "2027-01-04")


def test_trailing_periods_read_as_one_would_count() -> None:
    stays, leaves = Log("a").starts(0, "10").changes(40, mrr="30"), Log("b").starts(10, "7").ends(200)

    outcome = play([*stays.lines(), *leaves.lines()], START + timedelta(days=420), Policy(periods=("t30d", "t12m")))

    def crr(kind: str, day: int) -> tuple[int, ...]:
        update = outcome.update(f"crr|subscription|EUR|{kind}|{date(2024, 1, 1) + timedelta(days=day)}|all")
        return tuple(update.components[name] for name in ("S", "E", "new", "lost"))

    def ndr(kind: str, day: int) -> str | None:
        return outcome.update(f"ndr|subscription|EUR|{kind}|{date(2024, 1, 1) + timedelta(days=day)}|all").value

    # Who came on day 10 is new in the thirty periods that end with the days 10 to 39.
    assert [crr("t30d", day) for day in (0, 9, 10, 29, 30, 39, 40)] == [
        *((0, 1, 1, 0), (0, 1, 1, 0), (0, 2, 2, 0), (0, 2, 2, 0), (1, 2, 1, 0), (1, 2, 1, 0), (2, 2, 0, 0))
    ]
    assert [crr("t30d", day) for day in (199, 200)] == [(2, 2, 0, 0), (2, 1, 0, 1)]
    assert [crr("t30d", day) for day in (229, 230)] == [(2, 1, 0, 1), (1, 1, 0, 0)]
    assert [ndr("t30d", day) for day in (39, 40, 69, 70)] == [f"{x:.10f}" for x in (1, 37 / 17, 37 / 17, 1)]
    assert [crr("t12m", day) for day in (365, 366)] == [(0, 1, 1, 0), (1, 1, 0, 0)]
    assert [crr("t12m", day) for day in (375, 376)] == [(1, 1, 0, 0), (2, 1, 0, 1)]


def test_a_late_event_restates_the_trailing_periods_from_its_day_on() -> None:
    log, late = Log("a").starts(0), Log("b").starts(0).ends(50)
    arriving = [log.lines()[0], late.lines()[0], Log("c").login(100).lines()[0], late.lines()[1]]

    outcome = play(arriving, START + timedelta(days=130), Policy(periods=("t30d",)), Run(batch=1, publish_every=1))

    restated = [one for one in outcome.editions if (one.metric, one.edition) == ("churn_rate", "restated")]
    ends = {one.period.end for one in restated if one.currency}
    assert ends == {date(2024, 2, 21) + timedelta(days=later) for later in range(47)}
    assert {tuple(one.causes) for one in restated} == {("b-e00002",)}


RUNS = st.builds(
    Run,
    partitions=st.sampled_from((1, 4)),
    batch=st.sampled_from((1, 17)),
    publish_every=st.sampled_from((4, 50)),
    restart_every=st.sampled_from((None, 2, 7)),
    keeps_sums=st.booleans(),
)


@given(logs(), st.sampled_from(("t30d", "t12m")), RUNS)
@settings(max_examples=10)
def test_trailing_figures_depend_neither_on_batches_nor_on_restarts(events: list[Event], kind: str, run: Run) -> None:
    policy, until = Policy(periods=(kind,)), START + timedelta(days=390)

    other = play(lines(events), until, policy, run)

    assert other.finals() == play(lines(events), until, policy, Run(batch=40, publish_every=50)).finals()


@pytest.mark.parametrize("kind", NAMES)
@given(logs())
@settings(max_examples=3)
def test_plans_add_up_to_all_in_every_kind(kind: str, events: list[Event]) -> None:
    policy, run = Policy(plans=("basic", "pro"), periods=(kind,)), Run(partitions=4, batch=40, publish_every=1_000)

    books = play(lines(events), START + timedelta(days=390), policy, run).books

    by_plan = defaultdict(list)
    for (series, index), one in books.rows.items():
        if series.by == "plan":
            by_plan[series[:3], index].append(one)
    for (series, index), whole in books.rows.items():
        if series.by == "all":
            split = by_plan[series[:3], index]
            for part in (attrgetter("at_start"), attrgetter("at_end")):
                assert summed(map(part, split)) == part(whole), (series, index)
            flows = summed(one.flows for one in split)
            assert {k: v for k, v in flows.items() if k != "unpaid"} == {
                k: v for k, v in whole.flows.items() if k != "unpaid"
            }


@pytest.mark.parametrize("kind", ["t30d", "t90d", "t12m"])
@given(logs(), st.lists(st.integers(0, 530), min_size=1, max_size=3).map(sorted), st.sampled_from((1, 90)))
@settings(max_examples=6)
def test_what_goes_behind_the_horizon_changes_no_unsealed_trailing_period(
    kind: str, events: list[Event], days: list[int], window: int
) -> None:
    policy = Policy(periods=(kind,), purchase_window_days=window)
    run = Run(batch=40, publish_every=1_000)
    (partition_state,) = play(lines(events), START + timedelta(days=370), policy, run).partition_states
    for _, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        for day in days:
            then = PartitionState(policy, Shelf(), instant(START) + (370 + day) * DAY)
            before = unsealed(customer, policy, then.watermark)

            then._forget_old(customer)

            assert unsealed(customer, policy, then.watermark) == before


def test_a_first_step_behind_the_horizon_leaves_the_trailing_periods_in_its_time() -> None:
    """The customer began on day 50 and is lost on day 99; in between lies the horizon of day 547, which is day 60."""
    log = Log("a").starts(50).ends(99)
    policy = Policy(periods=("t12m",), purchase_window_days=1)
    (partition_state,) = play(log.lines(), START + timedelta(days=370), policy).partition_states
    ((_, customer),) = partition_state.customers.every()  # type: ignore[attr-defined]
    then = PartitionState(policy, Shelf(), instant(START) + 547 * DAY)
    before = unsealed(customer, policy, then.watermark)

    then._forget_old(customer)

    assert unsealed(customer, policy, then.watermark) == before


def test_a_kind_of_ones_own_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe of CONTRIBUTING.md: nothing else knows the kinds by name."""
    monkeypatch.setitem(KIND_OF, "half_year", PeriodKind("half_year", months=6))
    monkeypatch.setitem(KIND_OF, "t7d", PeriodKind("t7d", days=7, trailing=True))
    policy = Policy(fiscal_start_month=4, periods=("half_year", "t7d"))

    outcome = play(Log().starts(40).ends(60).lines(), START + timedelta(days=300), policy)

    half, week = "crr|subscription|EUR|half_year|2023-10-01|all", "crr|subscription|EUR|t7d|2024-03-01|all"
    assert (outcome.update(half).components["E"], f"{outcome.update(half).period.end}") == (0, "2024-04-01")
    assert (outcome.update(week).components["lost"], f"{outcome.update(week).period.start}") == (1, "2024-02-24")


# What is published


def test_the_default_is_months_and_quarters() -> None:
    assert Policy().periods == Settings().policy().periods == DEFAULT_PERIODS == ("month", "quarter")


def test_what_is_kept_of_a_kind_that_is_published_no_more_counts_for_nothing() -> None:
    """Sums of the forgotten and records of the aggregator's topic outlive the setting."""
    before, now = Policy(periods=("day", "month")), Policy(periods=("month",))
    (partition_state,) = play(Log().starts(3).lines(), START + timedelta(days=9), before).partition_states
    sums = partition_state.sums
    sent = Sums(now)

    sent.add(sums.parts)
    books = Books(now, 1)
    sums.changed.update(sums.parts)
    for _, value in [*partials.changes(sums, 0, 0), partials.watermark(0, instant(START) + 9 * DAY, 0)]:
        partials.take(books, value)

    assert {series.kind for series, _ in sums.parts} == {"day", "month"}
    assert {series.kind for series, _ in sent.parts} == {"month"}
    assert {update.key.split("|")[3] for update in books.publish()} == {"month"}


def test_of_a_kind_that_is_published_no_more_no_gauge_shows_an_old_figure() -> None:
    before, now = Policy(periods=("month", "quarter")), Policy(periods=("month",))
    outcome = play(Log().starts(3).lines(), START + timedelta(days=40), before)

    books = continued(outcome.partition_states[0], now, outcome.updates)

    assert {update.period.kind for _, update in outcome.books.shown()} == {"month", "quarter"}
    assert {update.period.kind for _, update in books.shown()} == {"month"}


def continued(partition_state: PartitionState, policy: Policy, told: dict[str, MetricUpdate]) -> Books:
    """Return the figures of a worker that starts with another setting, and reads what was published before."""
    books = Books(policy, 1)
    for key, update in told.items():
        books.note(key, update, "before")
    sums = partition_state.sums
    sums.changed.update(sums.parts)
    for _, value in [*partials.changes(sums, 0, 0), partials.watermark(0, partition_state.watermark, 0)]:
        partials.take(books, value)
    return books


class Walked(Books):
    """Figures that count the periods that are looked at, whether they have customers or not."""

    steps = 0

    def _walk(self, series: Series, as_of: Instant, known_since: int) -> Iterator[Row]:
        for row in super()._walk(series, as_of, known_since):
            self.steps += 1
            yield row

    def _was_said(self, series: Series, period: Period) -> bool:
        self.steps += 1  # asked of each period before the first customer
        return super()._was_said(series, period)


@cache
def played_in(kind: str) -> Outcome:
    """Return what is published of one subscription over 600 days in periods of one kind, to read only."""
    return play(Log().starts(3).login(500).lines(), START + timedelta(days=600), Policy(periods=(kind,)))


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("is_told", [True, False])
def test_the_first_look_after_a_start_goes_through_the_periods_with_figures_and_no_others(
    kind: str, is_told: bool
) -> None:
    """Not through each since 1970: of days and of trailing periods those are 20,000 for each series."""
    policy = Policy(periods=(kind,))
    outcome = played_in(kind)
    books = Walked(policy, 1)
    for key, update in outcome.updates.items() if is_told else ():
        books.note(key, update, "before")
    for value in outcome.partition_states[0].customers.sums.values():  # type: ignore[attr-defined]
        partials.take(books, value)
    partials.take(books, partials.watermark(0, outcome.partition_states[0].watermark, 0)[1])

    said = list(books.publish())

    assert books.steps == len(books.rows) == len(outcome.books.rows)
    assert len(said) == (0 if is_told else len(outcome.updates))


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_kind_that_is_set_again_goes_on_under_its_keys(forgotten: bool) -> None:
    """As docs/periods.md has it: quarters are published until August 2024, and again from December on."""
    with_quarters, without = Policy(), Policy(periods=("month",))
    logs = [Log(f"c-{n}").starts(10) for n in range(4)]
    lines_of = [one for log in logs for one in log.lines()]
    before = play(lines_of, START + timedelta(days=220), with_quarters)
    told = {key: update for key, update in before.updates.items() if "|quarter|" in key}
    [partition_state] = play(lines_of, START + timedelta(days=300), without).partition_states
    if forgotten:
        partition_state.forget("c-3", partition_state.watermark)
    partition_state.customers.commit()  # type: ignore[attr-defined]

    again = PartitionState(with_quarters, partition_state.customers, partition_state.watermark)
    for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        again.load(name, customer)
    again.advance(instant(START) + 340 * DAY)
    said = {one.key: one.body for one in continued(again, with_quarters, told).publish()}

    quarters = [f"crr|subscription|EUR|quarter|2024-{month}-01|all" for month in ("01", "04", "07", "10")]
    assert [told[key].edition for key in quarters[:3]] == ["final", "final", "provisional"]
    found = {key: (said[key].edition, said[key].components["E"]) for key in quarters if key in said}  # type: ignore[attr-defined]
    news = {quarters[2]: ("final", 4), quarters[3]: ("provisional", 4)}
    if forgotten:
        news = {key: (edition, 3) for key, (edition, _) in news.items()}
        news |= dict.fromkeys(quarters[:2], ("restated", 3))
    assert found == news


def test_other_kinds_are_other_sums() -> None:
    digests = {figures_digest(Policy(periods=periods)) for periods in (DEFAULT_PERIODS, NAMES, ("day",))}
    assert len(digests) == 3


def test_kinds_are_read_from_settings_in_the_order_of_the_register() -> None:
    assert read_settings(None, {"metrics.periods": "year, month,month"}).policy().periods == ("month", "year")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (
            "weak",
            f"there is no kind of period 'weak'; did you mean 'week'? There are {', '.join(KIND_OF)}",
        ),
        ("", "metrics.periods: month has to be among them"),
        ("day,year", "For example day,month,year"),
        ("[day,week]", "metrics.periods: [day,week] is not a list"),
    ],
)
def test_a_kind_that_does_not_exist_is_an_error_that_names_those_that_do(value: str, says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(None, {"metrics.periods": value})

    assert says in str(refused.value)


# How far history reaches


@pytest.mark.parametrize(
    ("overrides", "needed"),
    [
        ({"metrics.periods": "month,year", "metrics.horizon_months": "15"}, 16),
        ({"metrics.horizon_months": "6"}, 7),
        ({"metrics.periods": "month", "metrics.horizon_months": "4"}, 5),
        ({"metrics.periods": "month", "metrics.purchase_window_days": "500"}, 19),
        ({"metrics.periods": "month,week", "time.lateness": "40000000"}, 21),
    ],
)
def test_a_horizon_too_short_for_a_kind_is_an_error_that_says_how_long_it_must_be(
    overrides: dict[str, Any], needed: int
) -> None:
    with pytest.raises(BadSettings, match=r"metrics\.horizon_months") as refused:
        read_settings(None, overrides)

    assert f"which takes {needed} months" in str(refused.value)
    assert read_settings(None, overrides | {"metrics.horizon_months": str(needed)}).metrics.horizon_months == needed


def test_the_horizon_reaches_back_as_far_as_the_longest_window_of_any_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = replace(PURCHASE, name="answers", window=lambda _policy: 400)
    monkeypatch.setattr(settings_module, "MEASURES", (*MEASURES, longest))

    with pytest.raises(BadSettings, match="figures of answers count what happened up to 400 days before"):
        read_settings(None, {"metrics.periods": "month", "metrics.horizon_months": "13"})


@given(
    st.sampled_from(NAMES),
    st.integers(1, 400),
    st.integers(0, 100),
    st.sampled_from((1, 2, 3, 11)),
    st.sampled_from(ZONES),
    st.integers(0, 3_000),
)
@example(kind="month", window=90, late=2, fiscal=1, zone="UTC", day=120)
@example(kind="week", window=1, late=27, fiscal=1, zone="UTC", day=59)
def test_no_period_is_sealed_before_it_is_final(
    kind: str, window: int, late: int, fiscal: int, zone: str, day: int
) -> None:
    policy = Policy(zone, fiscal, periods=(kind,), purchase_window_days=window)
    longest = max(measure.window(policy) for measure in MEASURES)
    policy = replace(policy, horizon_months=KIND_OF[kind].least_horizon(longest + late))
    period = Calendar(zone, fiscal).period_at(kind, instant(START) + day * DAY)
    sums = Sums(policy)

    sums.seal(period.end + late * DAY)

    assert all(place <= period.index for place in sums.first_open.values())


def test_the_file_of_settings_that_are_shown_names_the_kinds(tmp_path: Path) -> None:
    file = tmp_path / "backstay.toml"
    file.write_text('[metrics]\nperiods = ["week", "month"]\n')

    assert read_settings(file).metrics.periods == ("week", "month")
