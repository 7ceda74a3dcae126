"""Learning the risk from a history: factors, the parts of a history, the fit, its file, and the command."""

import json
import math
import re
import sys
from array import array
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, Instant, instant
from retention.fitted import MILLI, Model, Weighed
from retention.policy import Policy
from retention.risk.arithmetic import LOG_ODDS, STEPS, probability, shares
from retention.risk.factors import NAMES, OF_SIGNAL, factors
from retention.risk.judgement import risk_by, scene_of
from retention.risk.scene import HEARD
from retention.risk.standing import standing_of
from retention.state.customer import Customer
from streams.cases import Case, History, Labelled, parted
from streams.cli.learn import learn
from streams.errors import BadLog, BadSettings
from streams.fitting import auc, fares, fitted
from streams.learned_file import Unfit
from streams.learning import replayed
from streams.model_file import digest_of, read_model, written
from streams.setting_sources import read_settings
from tests import plain_regression
from tests.building import START, Log, at, text
from tests.playing import Shelf, play
from tests.test_laws import Event, lines, logs

MODEL = Model(
    "",
    "subscription",
    90,
    -2_250,
    (Weighed("away", 1_500, 250), Weighed("tenure", -700, 400), Weighed("signal:no-login", 900)),
    slope=950,
    offset=-20,
    medium_from=3_000,
    high_from=5_000,
)
WRITTEN = written(MODEL, {"judged": {"cases": 120, "auc_model": 0.75, "first": "2026-01-01"}}, "learned from a log")

odds = st.integers(-70 * LOG_ODDS, 70 * LOG_ODDS)


# The arithmetic


@given(odds)
def test_a_risk_is_the_logistic_function_of_its_log_odds(log_odds: int) -> None:
    wanted = 1 / (1 + math.exp(-log_odds / LOG_ODDS))

    assert abs(probability(log_odds) / STEPS - wanted) <= 0.5001 / STEPS
    assert probability(log_odds) + probability(-log_odds) in {STEPS, STEPS + 1}  # a half is rounded up


@given(odds, odds)
def test_more_log_odds_are_never_less_risk(one: int, other: int) -> None:
    assert (one <= other) <= (probability(one) <= probability(other))
    assert probability(one) <= probability(one + 1)


parts = st.lists(st.one_of(st.integers(-9 * LOG_ODDS, 9 * LOG_ODDS), st.integers(-9, 9)), max_size=8)


@given(st.integers(-9 * LOG_ODDS, 9 * LOG_ODDS), parts)
def test_contributions_add_up_to_what_a_risk_is_above_that_of_a_usual_customer(usual: int, found: list[int]) -> None:
    each = shares(usual, found)

    assert sum(each) == probability(usual + sum(found)) - probability(usual)
    assert all(not share for share, part in zip(each, found, strict=True) if not part)
    for share, wanted in zip(each, _along_the_way(usual, found), strict=True):
        assert abs(share / STEPS - wanted) <= 1.01 / STEPS


def _along_the_way(usual: int, found: list[int]) -> list[float]:
    """Return what each part adds in 2,000 small steps from the usual customer to this one: the definition."""
    total, number = sum(found) / LOG_ODDS, 2_000
    whole = 0.0
    for step in range(number):
        risk = 1 / (1 + math.exp(-(usual / LOG_ODDS + total * (step + 0.5) / number)))
        whole += risk * (1 - risk) / number
    return [part / LOG_ODDS * whole for part in found]


# Factors


def scenes(customer: Customer, now: Instant, policy: Policy) -> list[int] | None:
    scene = scene_of(customer, now, policy, standing_of(customer, now, policy), [], HEARD)
    return factors(scene) if scene is not None else None


def shelves(events: Sequence[Event], policy: Policy) -> Shelf:
    (state,) = play(lines(events), START + timedelta(days=330), policy).partition_states
    found: Shelf = state.customers  # type: ignore[assignment]
    return found


@given(logs(), st.integers(0, 20), st.sampled_from(("subscription", "purchase")))
def test_what_comes_after_an_instant_does_not_change_the_factors_at_it(
    events: list[Event], days_before: int, basis: str
) -> None:
    """Of the last weeks: what is kept of use, and of payments, begins 100 days before the newest of it."""
    policy = Policy(basis=basis)
    now = instant(START + timedelta(days=330 - days_before))
    before = [event for event in events if instant_of(event) <= now]

    whole, then = shelves(events, policy), shelves(before, policy)

    for name in then.names():
        if whole.look(name).present:
            assert scenes(whole.look(name), now, policy) == scenes(then.look(name), now, policy)


def instant_of(event: Event) -> Instant:
    from datetime import datetime

    return instant(datetime.fromisoformat(event["occurred_at"]))


@given(logs(), st.integers(0, 400), st.sampled_from(("subscription", "purchase")))
def test_every_factor_lies_between_0_and_1(events: list[Event], day: int, basis: str) -> None:
    policy = Policy(basis=basis)

    for customer in (one for _, one in shelves(events, policy).every()):
        found = scenes(customer, instant(at(day)), policy)
        assert found is None or (len(found) == len(NAMES) and all(0 <= value <= MILLI for value in found))


def named(log: Log, day: float, policy: Policy | None = None) -> dict[str, int]:
    policy = policy or Policy()
    (state,) = play(log.lines(), at(day), policy).partition_states
    found = scenes(state.customers.look("c-1"), instant(at(day)), policy)
    assert found is not None
    return {name: value for name, value in zip(NAMES, found, strict=True) if value}


def test_factors_are_what_their_names_say() -> None:
    # Seen on every fourth day up to day 80, and then no more: 19 whole days before day 100.
    found = named(Log().starts(0, "50", term_end=str(at(130).isoformat())).login(*range(0, 81, 4)), 100)

    assert found["away"] == MILLI * 19 // (19 + 14)
    assert found["overdue"] == MILLI * 19_000 // (19_000 + 4 * (81_000 // 21))  # there on 21 days of 81
    assert found["often"] == MILLI * 3 // 28  # days 72, 76 and 80
    assert found["renewal-in-90-days"] == MILLI
    assert "renewal-in-30-days" not in found  # it is just 30 days away
    assert found["worth"] == MILLI * (16 * 9 + (601 - 512) * 16 // 512) // (16 * 24)
    assert "new" not in found
    assert found["tenure"] == MILLI * 100 // 280


def test_the_page_lists_every_factor() -> None:
    page = (Path(__file__).parents[1] / "docs/learning.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `([a-zA-Z0-9:-]+)` \|", page, re.MULTILINE)

    assert rows == [name for name in NAMES if not name.startswith(OF_SIGNAL)] + [f"{OF_SIGNAL}NAME"]


def test_who_is_no_customer_cannot_be_lost() -> None:
    policy = Policy()
    (state,) = play(Log().starts(0).ends(50).lines(), at(60), policy).partition_states

    assert scenes(state.customers.look("c-1"), instant(at(49)), policy) is not None
    assert scenes(state.customers.look("c-1"), instant(at(51)), policy) is None


# The file


def test_what_is_written_is_read_again_with_its_digest(tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text(WRITTEN, encoding="utf-8")

    found = read_model(file, "subscription", 90)

    assert found == replace(MODEL, digest=found.digest)
    assert f'digest = "{found.digest}"' in WRITTEN
    assert "# learned from a log" in WRITTEN
    assert read_settings(None, {"risk.model": str(file)}).policy().model == found
    assert (found.medium_from, found.high_from) == (3_000, 5_000)
    assert digest_of({"a": 1, "digest": "x"}) == digest_of({"digest": "y", "a": 1}) != digest_of({"a": 2})


AWAY = "away = { weight = 1.500, usual = 0.250 }"
WRONG = {
    "another format": (WRITTEN.replace("format = 1", "format = 2"), "format 2, and this build reads format 1"),
    "no TOML": ("format = ", "not valid TOML"),
    "no format": (WRITTEN.replace("format = 1\n", ""), "is no model: it does not say its format, as in format = 1"),
    "a changed weight": (WRITTEN.replace("1.500", "1.600"), "was changed since it was written, or is not whole"),
    "a changed figure": (WRITTEN.replace("cases = 120", "cases = 121"), 'If the change is meant, write digest = "'),
    "a file that was cut off": (WRITTEN[: WRITTEN.index("[judged]")], "or is not whole"),
    "an unknown factor": (WRITTEN.replace("away =", "awoy ="), "factor 'awoy', .* did you mean 'away'"),
    "factors of another build": (
        WRITTEN.replace("factors_version = 1", "factors_version = 7"),
        "of version 7, and .* version 1: learn it again",
    ),
    "a name of before": (
        WRITTEN.replace("factors_version", "meaning"),
        "calls meaning is factors_version now. Learn it",
    ),
    "an unknown name": (WRITTEN.replace("slope", "slop"), "calibration.slope: Field required"),
    "a fine weight": (WRITTEN.replace("1.500", "1.5001"), "factors.away.weight: it has at most three decimals"),
    "a heavy weight": (WRITTEN.replace("1.500", "1001"), "lies between -1000 and 1000"),
    "a value above 1": (WRITTEN.replace("usual = 0.250", "usual = 1.250"), "between 0 and 1"),
    "no number": (WRITTEN.replace("1.500", "nan"), "factors.away.weight"),
    "a slope that turns it round": (WRITTEN.replace("slope = 0.950", "slope = -1"), "greater than 0"),
    "a band that is no risk": (WRITTEN.replace("high = 0.5000", "high = 1.5"), "bands.high: a risk lies above 0"),
    "bands that cross": (WRITTEN.replace("high = 0.5000", "high = 0.2"), "high, from 0.2, begins below medium"),
    "no factor": (WRITTEN.replace(AWAY, "away = 3"), "factors.away"),
}


@pytest.mark.parametrize(("written", "says"), WRONG.values(), ids=WRONG)
def test_a_file_that_does_not_fit_is_refused_with_what_differs(written: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text(written, encoding="utf-8")

    with pytest.raises(Unfit, match=says):
        read_model(file, "subscription", 90)
    with pytest.raises(BadSettings, match=r"risk\.model"):
        read_settings(None, {"risk.model": str(file)})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"metrics.basis": "purchase"}, r"on the basis subscription, and metrics\.basis is purchase"),
        ({"risk.horizon_days": "60"}, r"within 90 days, and risk\.horizon_days is 60"),
        ({"risk.medium": "0.4"}, r"risk\.medium: the bands are those of risk\.model"),
        ({"risk.model": "nowhere.toml"}, r"cannot read nowhere\.toml"),
    ],
)
def test_a_file_that_does_not_fit_the_settings_is_refused(settings: dict[str, str], says: str, tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text(WRITTEN, encoding="utf-8")

    with pytest.raises(BadSettings, match=says):
        read_settings(None, {"risk.model": str(file)} | settings)


# The parts of a history


def test_no_loss_that_is_learned_from_lies_in_the_part_that_judges() -> None:
    history = History(0, 400 * DAY)
    for number in range(120):
        name, left = f"c-{number}", (150 + 2 * number) * DAY
        history.ends[name] = [left]
        history.cases += [
            Case(name, day * DAY, array("h", [0] * len(NAMES)), 0, 0, 0, 0)
            for day in range(60, 400, 7)
            if day * DAY < left
        ]

    found = parted(history, 30, 7, "log", 60)

    newest = max(one.case.at for one in found.trained)
    assert newest + 30 * DAY <= min(one.case.at for one in found.judged)
    assert max(one.case.at for one in found.judged) <= 370 * DAY
    assert all(one.lost == (0 < history.ends[one.case.customer][0] - one.case.at <= 30 * DAY) for one in found.judged)
    assert any(one.lost for one in found.trained)


def test_of_a_customer_that_was_forgotten_it_is_not_known_whether_it_would_have_stayed() -> None:
    history = History(0, 400 * DAY, gone={"c-1": 200 * DAY}, ends={"c-2": [190 * DAY]})
    case = Case("c-1", 180 * DAY, array("h"), 0, 0, 0, 0)

    assert history.lost(case, 30 * DAY) is None
    assert history.lost(case._replace(at=100 * DAY), 30 * DAY) is False
    assert history.lost(case._replace(customer="c-2"), 30 * DAY) is True
    assert history.lost(case._replace(customer="c-3", at=380 * DAY), 30 * DAY) is None


# The fit


def cases(number: int, seed: int, since: int = 0) -> list[Labelled]:
    """Return cases whose losses follow two factors, with chance."""
    draw, found = Random(seed), list[Labelled]()
    for place in range(number):
        values = array("h", [0] * len(NAMES))
        values[0], values[2] = draw.randrange(MILLI), draw.randrange(MILLI)
        risk = 1 / (1 + math.exp(3 - 4 * values[0] / MILLI + values[2] / MILLI))
        case = Case(f"c-{seed}-{place}", since, values, draw.randrange(50), draw.randrange(9), draw.randrange(99), 0)
        found.append(Labelled(case, draw.random() < risk))
    return found


def test_a_model_finds_what_losses_follow_from_and_its_risks_are_shares() -> None:
    found = fitted(cases(1_500, 1), "subscription", 90)
    fared = fares(found, cases(1_500, 2))

    weights = {one.name: one.weight for one in found.model.factors}
    assert weights.keys() == {NAMES[0], NAMES[2]}
    assert weights[NAMES[0]] == pytest.approx(4_000, abs=700)
    assert weights[NAMES[2]] == pytest.approx(-1_000, abs=700)
    assert found.model.slope == pytest.approx(1_000, abs=150)
    assert fared.auc["model"] > 0.7
    assert max(fared.auc["recency"], fared.auc["recency-frequency-money"]) < 0.6
    assert fared.brier < fared.brier_of_base
    high = fared.bands["high"]
    assert high.lost / high.cases >= 0.5


def test_bands_follow_from_the_base_rate() -> None:
    trained = cases(1_500, 3)
    base = sum(one.lost for one in trained) / len(trained)

    model = fitted(trained, "subscription", 90).model

    assert model.high_from == STEPS // 2
    assert model.medium_from == min(STEPS // 2, 3 * int(base * STEPS))


def test_newtons_method_in_plain_python_finds_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = cases(400, 4)
    theirs = fitted(trained, "subscription", 90).model

    plain_regression.installed(monkeypatch)

    assert fitted(trained, "subscription", 90).model == theirs


def test_the_area_under_the_curve_is_a_share_of_pairs() -> None:
    draw = Random(5)
    scores, lost = [draw.randrange(9) for _ in range(60)], [draw.random() < 0.4 for _ in range(60)]

    pairs = [
        1.0 if one > other else 0.5 if one == other else 0.0
        for one, left in zip(scores, lost, strict=True)
        for other, stayed in zip(scores, lost, strict=True)
        if left and not stayed
    ]

    assert auc(scores, lost) == pytest.approx(sum(pairs) / len(pairs))
    assert auc([1, 2], [True, True]) == 0.5


# The command

QUICK = ("--every", "7", "--warm-up", "40", "--set", "risk.horizon_days=30")
DAYS = 190


def company(seed: int, *, number: int = 170) -> list[bytes]:
    """Return the log of a company whose customers sign in less in the weeks before they leave."""
    events: list[Event] = []
    for place in range(number):
        draw = Random(f"{seed}|{place}")
        log, joins = Log(f"c-{place}"), draw.uniform(0, 60)
        leaves = joins + draw.expovariate(1 / 150) + 20
        log.starts(joins)
        day = joins
        while (day := day + draw.expovariate(0.4)) < min(leaves, DAYS):
            if day < leaves - 28 or draw.random() < 0.1:
                log.login(day)
        if leaves < DAYS:
            log.ends(leaves)
        events += log.events
    return sorted_lines(events + Log("c-last").starts(0).login(*range(DAYS)).events)


def sorted_lines(events: list[Event]) -> list[bytes]:
    events.sort(key=lambda event: (event["occurred_at"], event["event_id"]))
    return [json.dumps(event).encode() for event in events]


def another_end(log: list[bytes], since: float) -> list[bytes]:
    """Return a log that is the same up to a day: after it, the customers that are left stay, or leave, by chance."""
    events = [event for event in map(json.loads, log) if event["occurred_at"] < text(at(since))]
    gone = {event["customer_id"] for event in events if event["type"] == "cancellation.effective"}
    for name in sorted({event["customer_id"] for event in events} - gone):
        draw, more = Random(f"other|{name}"), Log(f"{name}-more")
        more.login(*[since + draw.uniform(0, DAYS - since - 1) for _ in range(9)])
        if name != "c-last" and draw.random() < 0.7:
            more.ends(since + draw.uniform(0, DAYS - since))
        events += [event | {"customer_id": name} for event in more.events]
    return sorted_lines(events + Log("c-new").login(DAYS - 1).events)


def learned(tmp_path: Path, log: list[bytes], *arguments: str, name: str = "model.toml") -> tuple[Result, Path]:
    file, out = tmp_path / "log.jsonl", tmp_path / name
    file.write_bytes(b"\n".join(log) + b"\n")
    return CliRunner().invoke(learn, [str(file), "--out", str(out), *QUICK, *arguments]), out


def test_the_same_log_gives_the_same_file_which_a_worker_can_load(tmp_path: Path) -> None:
    done, out = learned(tmp_path, company(1))
    again, other = learned(tmp_path, company(1), name="again.toml")

    assert (done.exit_code, again.exit_code) == (0, 0), done.output
    assert out.read_bytes() == other.read_bytes()
    assert "[judged]" in out.read_text(encoding="utf-8")
    assert "AUC on them: model 0." in done.output
    model = read_settings(None, {"risk.model": str(out), "risk.horizon_days": "30"}).policy().model
    assert model is not None
    assert {one.name for one in model.factors} >= {"away", "overdue", "often"}


def test_the_part_that_judges_is_not_learned_from(tmp_path: Path) -> None:
    """After the last look of the first part and its horizon other customers leave: the weights stay what they were."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n".join(company(1)) + b"\n")
    newest = max(one.case.at for one in parted(replayed([log], read_settings(), 7, 40), 30, 7, "log", 40).trained)
    since = newest / DAY - instant(START) / DAY + 30

    _, one = learned(tmp_path, company(1))
    _, other = learned(tmp_path, another_end(company(1), since), name="other.toml")

    first, second = (file.read_text(encoding="utf-8") for file in (one, other))
    weights = [one[one.index("intercept") : one.index("[history]")] for one in (first, second)]
    assert weights[0] == weights[1]
    assert first[first.index("[judged]") :] != second[second.index("[judged]") :]


@pytest.mark.parametrize(
    ("log", "says"),
    [
        (company(1)[:300], "covers .* days, from 2024-01-01 .*: 128 are needed"),
        (company(1, number=20), "customers are lost within the horizon: 25 at least are needed"),
        ([line for line in company(1) if b"login" in line], "no customer that is active on the basis metrics.basis"),
        (company(1)[::-1], "days late .time.lateness.* sort it by time"),
        (
            [b'{"type": "login.succeeded", "occurred_at": "2024-01-01T00:00:00Z"}'],
            "(?s)no event of the log could be applied:.*log.jsonl, line 1: .*event_id: missing",
        ),
    ],
)
def test_too_little_history_is_an_error_that_says_what_is_missing(tmp_path: Path, log: list[bytes], says: str) -> None:
    done, out = learned(tmp_path, log)

    assert isinstance(done.exception, BadLog), done.output
    with pytest.raises(BadLog, match=says):
        raise done.exception
    assert not out.exists()


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)

    done, _ = learned(tmp_path, company(1)[:10])

    assert isinstance(done.exception, BadSettings)
    assert "pip install '.[learn]'" in str(done.exception)


def test_a_model_that_no_longer_fits_is_no_reason_not_to_learn_it_again(tmp_path: Path) -> None:
    file, settings = tmp_path / "old.toml", tmp_path / "settings.toml"
    file.write_text("format = 99", encoding="utf-8")
    settings.write_text(f'risk.model = "{file}"', encoding="utf-8")

    done, _ = learned(tmp_path, company(1)[:300], "--config", str(settings))

    assert isinstance(done.exception, BadLog), done.output  # and not the settings


def test_the_files_of_topics_are_read_together_in_order_of_time(tmp_path: Path) -> None:
    log, out = company(1), tmp_path / "model.toml"
    names = [tmp_path / "logins.jsonl", tmp_path / "subscriptions.jsonl"]
    names[0].write_bytes(b"\n".join(line for line in log if b"login" in line))
    names[1].write_bytes(b"\n".join(line for line in log if b"login" not in line))
    whole = tmp_path / "whole.jsonl"
    whole.write_bytes(b"\n".join(log))

    together = replayed(names, read_settings(), 7, 40)

    assert together == replayed([whole], read_settings(), 7, 40)
    assert not out.exists()


def test_customers_that_are_merged_are_one_and_what_was_seen_of_either_is_of_that_one(tmp_path: Path) -> None:
    """The account of the second id ends on day 150: the customer is lost then, and was there since day 0."""
    log = Log("c-old").starts(0).login(*range(60)).add("customer.merged", 60, into="c-kept").events
    log += Log("c-kept").starts(50, name="s-2").login(*range(61, 120)).ends(150, name="s-2").ends(149).events
    log += [event | {"customer_id": "c-old"} for event in Log("c-late").login(70, 71).events]
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"\n".join(sorted_lines(log + Log("c-other").starts(0).login(*range(200)).events)))

    history = replayed([file], read_settings(), 7, 40)

    assert {case.customer for case in history.cases} == {"c-kept", "c-other"}
    assert [(end - instant(START)) // DAY for end in history.ends["c-kept"]] == [150]
    before = [case for case in history.cases if case.customer == "c-kept" and case.at < instant(at(60))]
    assert any(history.lost(case, 120 * DAY) for case in before)


def test_a_customer_that_is_erased_is_one_no_more(tmp_path: Path) -> None:
    log = Log("c-1").starts(0).login(*range(100)).add("erasure.requested", 100).login(101, 102).events
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"\n".join(sorted_lines(log + Log("c-2").starts(0).login(*range(200)).events)))

    history = replayed([file], read_settings(), 7, 40)

    assert {case.customer for case in history.cases if case.at > instant(at(100))} == {"c-2"}
    assert history.gone == {"c-1": instant(at(100))}


def test_a_risk_is_that_of_the_rounded_weights() -> None:
    values = [0] * len(NAMES)
    values[NAMES.index("away")] = 1_000

    assert risk_by(MODEL, values) == pytest.approx(STEPS / (1 + math.exp(0.02 + 0.95 * 0.75)), abs=1)
