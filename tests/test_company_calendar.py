"""The company calendar: its file, what is refused, what is learned from a history, and silences counted in it."""

import json
import math
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import holidays
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import Calendar
from retention.company import Weights, digest_of
from retention.engine.sums import figures_digest
from retention.policy import Policy
from streams.calendar_learning import Activity, activity_of, learned
from streams.cli.calendar import calendar
from streams.company_file import read_calendar, written
from streams.errors import BadLog, BadSettings
from streams.learned_file import Unfit
from streams.setting_sources import read_settings
from tests.building import at, fails, line, text, uses
from tests.playing import Run, play, play_on
from tests.test_company import OFFICE, day, usable
from tests.test_laws import overtaken, runs
from tests.test_usage_signals import UNTIL, logs, told

WRITTEN = written(OFFICE, "UTC", {day("2026-12-25"): 'Christmas "Day"'}, "learned from a log")


# The file


@given(usable)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, weights: Weights) -> None:
    file = tmp_path_factory.getbasetemp() / "calendar.toml"
    file.write_text(written(weights, "Europe/Madrid", {}, ""))

    assert read_calendar(file, "Europe/Madrid") == weights


def test_a_setting_names_the_file_and_its_weights_are_policy(tmp_path: Path) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(WRITTEN, encoding="utf-8")

    found = read_settings(None, {"time.calendar": str(file)})

    assert found.policy().weights == OFFICE
    assert found.model_copy(update={"deployment": "other"}).policy().weights == OFFICE
    assert read_settings().policy().company.is_usual
    assert "learned from a log" in WRITTEN


WRONG = {
    "another format": (WRITTEN.replace("format = 1", "format = 2"), "format 2, and this build reads format 1"),
    "no format": (WRITTEN.replace("format = 1", ""), "is no calendar: it does not say its format, as in format = 1"),
    "no TOML": ("format = ", "not valid TOML"),
    "an unknown name": (WRITTEN.replace("monday", "lundi"), "weekdays.lundi: Extra inputs are not permitted"),
    "a missing month": (WRITTEN.replace("august = 0.500\n", ""), "months.august: Field required"),
    "too heavy a day": (WRITTEN.replace("monday = 1.300", "monday = 101"), "weekdays.monday.*between 0 and 100"),
    "a negative weight": (WRITTEN.replace("monday = 1.300", "monday = -1"), "between 0 and 100"),
    "a fine weight": (WRITTEN.replace("monday = 1.300", "monday = 1.3001"), "at most three decimals"),
    "no number": (WRITTEN.replace("monday = 1.300", "monday = nan"), "weekdays.monday"),
    "a month that stands still": (WRITTEN.replace("august = 0.500", "august = 0"), "above 0"),
    "no such day": (WRITTEN.replace("2027-01-01", "2027-02-30"), "'2027-02-30' is not a day"),
    "a closure that ends before": (WRITTEN.replace("last = 2026-12-30", "last = 2026-12-03"), "before it begins"),
    "a closure without an end": (WRITTEN.replace("last = 2026-12-30\n", ""), "closures.0.last: Field required"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_a_file_that_does_not_fit_is_refused_with_what_differs(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(Unfit, match=says):
        read_calendar(file, "UTC")
    with pytest.raises(BadSettings, match=r"time\.calendar"):
        read_settings(None, {"time.calendar": str(file)})


def test_a_file_of_another_zone_or_none_at_all_is_refused_at_start(tmp_path: Path) -> None:
    file = tmp_path / "calendar.toml"
    file.write_text(WRITTEN, encoding="utf-8")

    with pytest.raises(BadSettings, match=r"those of UTC, and metrics\.zone is Europe/Madrid"):
        read_settings(None, {"time.calendar": str(file), "metrics.zone": "Europe/Madrid"})
    with pytest.raises(BadSettings, match="cannot read"):
        read_settings(None, {"time.calendar": str(tmp_path / "nowhere.toml")})


# Learning

TRUE_WEEK, TRUE_MONTHS = (1.2, 1.2, 1.2, 1.2, 1.1, 0.6, 0.5), (1.0,) * 7 + (0.5,) + (1.0,) * 4
START = day("2024-01-01")


def history(
    days: int, *, grows: float = 0.0, empty: frozenset[int] = frozenset(), slow: frozenset[int] = frozenset()
) -> Activity:
    """Return the activity of a company that acts exactly as its weights say, and grows."""
    there = [round(1_000 * math.exp(grows * place)) for place in range(days)]
    acted: list[int] = []
    for place in range(days):
        on = date.fromordinal(START + place + date(1970, 1, 1).toordinal())
        weight = 0.3 if START + place in slow else TRUE_WEEK[on.weekday()]
        share = 0.0 if START + place in empty else 0.4 * weight * TRUE_MONTHS[on.month - 1]
        acted.append(round(there[place] * share))
    return Activity(START, acted, there)


@pytest.mark.parametrize("grows", [0.0, 0.002, -0.002])
def test_the_weights_of_a_company_are_learned_however_it_grows(grows: float) -> None:
    found = learned(history(730, grows=grows))

    week = [weight / found.weekdays[0] for weight in found.weekdays]
    assert week == pytest.approx([one / TRUE_WEEK[0] for one in TRUE_WEEK], abs=0.01)
    assert found.months[7] / found.months[0] == pytest.approx(0.5, abs=0.02)
    assert found.closures == ()


def test_the_mean_day_of_a_history_is_a_usual_one() -> None:
    weights = learned(history(730))

    company = Policy(weights=weights).company
    assert company.between(START, START + 730) == pytest.approx(730_000, rel=0.002)


def test_holidays_have_the_weight_that_is_seen_on_them() -> None:
    """The days are weekdays, of which each is 1.2 as busy as the mean."""
    holidays = frozenset(day(one) for one in ("2024-03-29", "2024-05-01", "2024-10-31", "2024-11-01", "2024-12-25"))

    found = learned(history(400, slow=holidays), holidays)

    assert found.holiday / found.weekdays[0] == pytest.approx(0.3 / 1.2, abs=0.02)
    assert found.holidays == holidays


def test_days_on_which_all_is_closed_are_found_and_weigh_what_they_had() -> None:
    closed = frozenset(range(START + 200, START + 207))

    found = learned(history(400, empty=closed))

    assert found.closures == ((START + 200, START + 206, 0),)
    assert found.months[7] / found.months[0] == pytest.approx(0.5, abs=0.02)


def acts(days: int, customers: int = 40) -> Iterator[bytes]:
    """Yield logins of some customers over some days: four in five on each weekday, fewer at weekends."""
    random, begins = Random(3), datetime(2024, 1, 1, 12, tzinfo=UTC)
    for place in range(days):
        on = begins + timedelta(days=place)
        for number in range(customers):
            if random.random() < (0.8 if on.weekday() < 5 else 0.2):
                yield json.dumps(
                    {"type": "login.succeeded", "customer_id": f"c-{number}", "occurred_at": on.isoformat()}
                ).encode()


def test_a_customer_counts_once_a_day_and_what_systems_do_does_not_count() -> None:
    plain = list(acts(400))
    others = [line.replace(b"login.succeeded", b"subscription.renewed") for line in plain[::3]]
    no_text = plain[0].replace(b'"c-', b'"\xf1-')
    more = [*plain[:50], *plain, b"{", b"[]", no_text, *others]

    assert activity_of(plain, Calendar(), "log") == activity_of(plain[:1] + more[50:], Calendar(), "log")


@pytest.mark.parametrize(
    ("log", "says"),
    [
        (list(acts(364)), "covers 364 days.*365"),
        (list(acts(400, customers=1)), "days of customers with an act: 1,000"),
        ([b'{"type":"ticket.solved","customer_id":"c","occurred_at":"2024-01-01T00:00:00Z"}'], "no act of a customer"),
        ([], "no act of a customer"),
    ],
)
def test_a_history_that_shows_too_little_is_refused(log: list[bytes], says: str) -> None:
    with pytest.raises(BadLog, match=says):
        activity_of(log, Calendar(), "log.jsonl")


# The command


def learn(tmp_path: Path, *arguments: str, days: int = 400) -> tuple[Any, Path]:
    log, out = tmp_path / "log.jsonl", tmp_path / "calendar.toml"
    log.write_bytes(b"\n".join(acts(days)))
    return CliRunner().invoke(calendar, ["learn", str(log), "--out", str(out), *arguments]), out


def test_the_command_writes_a_file_that_settings_read(tmp_path: Path) -> None:
    done, out = learn(tmp_path, "--set", "metrics.zone=Europe/Madrid")

    found = read_settings(None, {"time.calendar": str(out), "metrics.zone": "Europe/Madrid"}).policy().weights
    assert done.exit_code == 0, done.output
    assert f"time.calendar = '{out}'" in done.output
    assert (found.weekdays[6] < 500, found.weekdays[0] > 1_000) == (True, True)
    assert found.holidays == frozenset()


def test_too_short_a_history_is_an_error_and_no_file(tmp_path: Path) -> None:
    done, out = learn(tmp_path, days=100)

    assert isinstance(done.exception, BadLog)
    assert not out.exists()


def test_holidays_are_written_for_the_history_and_some_years_after_it(tmp_path: Path) -> None:
    name = holidays.country_holidays("ES", subdiv="MD", years=2024, language="es")[date(2024, 5, 2)]

    done, out = learn(tmp_path, "--country", "ES", "--region", "MD", "--language", "es")

    assert done.exit_code == 0, done.output
    assert f'2024-05-02 = "{name}"' in out.read_text(encoding="utf-8")
    written_days = read_calendar(out, "UTC").holidays
    assert {day(f"{year}-12-25") for year in range(2024, 2029)} <= written_days
    assert not {one for one in written_days if one < day("2024-01-01") or one >= day("2029-01-01")}


def test_a_region_has_holidays_that_its_country_does_not_have(tmp_path: Path) -> None:
    _, out = learn(tmp_path, "--country", "es")  # as ES

    assert day("2024-05-02") not in read_calendar(out, "UTC").holidays


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--region", "MD"), "--country"),
        (("--country", "XX"), "does not know the country XX: write its code, as ES or IT"),
        (("--country", "ES", "--region", "XX"), "region XX of ES; its regions are: AN, "),
    ],
)
def test_a_country_that_is_not_known_is_an_error(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done, _ = learn(tmp_path, *arguments)

    assert isinstance(done.exception, BadSettings)
    assert says in str(done.exception)


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)

    done, _ = learn(tmp_path, "--country", "ES")

    assert "pip install '.[calendar]'" in str(done.exception)


# What follows from it

SLOW = Weights(months=(1_000, 400, *(1_000,) * 10))
"""February, which begins on day 31 after the start, is slow."""


def test_a_feature_is_missed_later_where_the_days_are_slow() -> None:
    log = uses(28, ["export"], uses(60, ["search"]))
    lines = [line(event) for event in sorted(log.events, key=lambda event: event["occurred_at"])]
    policy = Policy(weights=Weights(months=(1_000, 200, *(1_000,) * 10)))

    assert told(play(lines, at(60)), "key-feature-stopped")[0] == ("raised", "low", "42")
    # One silence in 300 has 5.7 usual days: three of January, and 14 of February.
    assert told(play(lines, at(60), policy), "key-feature-stopped")[0] == ("raised", "low", "45")


@pytest.mark.parametrize(
    ("signal", "weight"), [("feature-breadth-drop", 20), ("community-silence", 100), ("usage-surge", 10_000)]
)
def test_other_signals_of_use_count_in_company_days_too(signal: str, weight: int) -> None:
    """A count that is rare in usual days is none in a month that is slow for all, or busy for all."""
    if signal == "usage-surge":
        log = fails(36, 44, "export", uses(7, ["export"] * 6, uses(90, ["export"]), since=35))
    else:
        log = uses(60, ["export", "search"], uses(30, ["export", "search", "import", "report", "share"]))
        for on in (1, 5, 9, 13, 17, 21, 25, 29):
            log.add("community.posted", on)
    lines = [line(event) for event in sorted(log.events, key=lambda event: event["occurred_at"])]
    policy = Policy(weights=Weights(months=(1_000, weight, weight, *(1_000,) * 9)))

    assert told(play(lines, at(60)), signal)
    assert told(play(lines, at(60), policy), signal) == []


def test_a_worker_with_another_calendar_looks_at_all_customers_when_it_starts() -> None:
    """No event comes any more. By local days the silence would be too short until day 54."""
    log = uses(80, ["search"])
    for on in (0, 7, 14, 21):
        log.add("feature.used", on, feature="export")
    lines = [
        line(event)
        for event in sorted(log.events, key=lambda event: event["occurred_at"])
        if event["occurred_at"] < text(at(40))
    ]
    busy = Policy(weights=Weights(months=(1_000, 4_000, *(1_000,) * 10)))
    before = play(lines, at(45), Policy(), Run(batch=1))

    same = play_on(before, (Policy(), Run()), (Policy(), Run()), [], at(46))
    assert told(same, "key-feature-stopped") == []
    other = play_on(before, (Policy(), Run()), (busy, Run()), [], at(46))
    assert [transition for transition, _, _ in told(other, "key-feature-stopped")] == ["raised"]


def test_equal_weights_have_one_digest_and_a_change_is_known_at_start() -> None:
    days_apart = Weights(holidays=frozenset([1, 2, 1_000]), closures=((5, 6, 0), (1, 2, 0)), holiday=5)
    again = Weights(holidays=frozenset([1_000, 2, 1]), closures=((1, 2, 0), (5, 6, 0)), holiday=5)

    assert digest_of(days_apart) == digest_of(again)
    assert figures_digest(Policy(weights=days_apart)) == figures_digest(Policy(weights=again))
    assert figures_digest(Policy(weights=SLOW)) != figures_digest(Policy()) == figures_digest(Policy(weights=Weights()))


@settings(max_examples=30)
@given(logs(), st.integers(0, 1_000), runs)
def test_order_batches_partitions_and_restarts_change_no_signal_of_company_days(
    events: list[dict[str, Any]], seed: int, run: Any
) -> None:
    policy = Policy(zone="Europe/Madrid", weights=SLOW)
    plain = play(map(line, events), UNTIL, policy)

    other = play(map(line, overtaken(events, timedelta(hours=47), seed)), UNTIL, policy, run)

    assert other.open_signals() == plain.open_signals()
