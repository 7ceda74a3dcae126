"""`backstay explain`: what is shown of one customer, and that what it foretells comes true."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from retention.calendar import NEVER, instant
from retention.wording import LANGUAGES
from streams.cli.commands import backstay
from streams.cli.explain import lines, warn
from streams.errors import BadLog, BadSettings
from streams.explaining.document import explained
from streams.settings import MetricSettings, Settings
from tests.building import Log, at, line, text, uses


def others(days: int = 60) -> Log:
    """Return a log of another customer, so that no source seems to be silent, and every event has an example."""
    log = Log("other").starts(0)
    log.login(*[day + part / 12 for day in range(days) for part in range(12)])
    log.asks(1, "t-1").solves(2, "t-1").add("cancellation.requested", 3, subscription_id="s-1")
    return log.add("cancellation.revoked", 4, subscription_id="s-1")


def written(folder: Path, *logs: Log) -> Path:
    file = folder / "log.jsonl"
    events = sorted((event for log in logs for event in log.events), key=lambda event: event["occurred_at"])
    file.write_bytes(b"\n".join(map(line, events)))
    return file


def away(folder: Path) -> Path:
    """Return a log in which c-1 signs in each day for a month, and then no more."""
    return written(folder, Log().starts(0, plan="pro", mrr="40").login(*[day + 0.5 for day in range(30)]), others())


def document(file: Path, day: float | None = None, **settings: Any) -> dict[str, Any]:
    return explained("c-1", [file], Settings(**settings), NEVER if day is None else instant(at(day)))[0]


def test_an_open_signal_shows_its_numbers_and_what_would_end_it(tmp_path: Path) -> None:
    found = document(away(tmp_path))

    (signal,) = found["open_signals"]
    assert (signal["signal"], signal["severity"]) == ("no-login", "medium")
    assert signal["observed"]["days_without_login"] == 30
    assert "30" in signal["explanation"]["en"]
    assert {one["type"] for one in signal["ended_by"]} == {"login.succeeded"}
    assert found["state"]["plan"] == "pro"
    assert found["state"]["mrr"] == [{"amount": "40.00", "currency": "EUR"}]
    assert found["card"]["open_signals"][0]["contribution"] == found["card"]["risk"]


def test_a_merged_customer_is_explained_under_the_id_that_is_kept(tmp_path: Path) -> None:
    old = Log("c-old").starts(0, "30", "s-old").add("customer.merged", 20, into="c-1")
    file = written(tmp_path, old, Log().starts(0, mrr="40", subscription="s-1").login(1, 2, 3), others())

    found = document(file)
    before = document(file, 19)

    assert found["state"]["mrr"] == [{"amount": "70.00", "currency": "EUR"}]
    assert before["state"]["mrr"] == [{"amount": "40.00", "currency": "EUR"}]
    assert [row["from"] for row in found["time_line"] if row["what"] == "customer.merged"] == ["2024-01-21"]
    with pytest.raises(BadSettings, match="was merged into 'c-1'"):
        explained("c-old", [file], Settings())


def test_each_line_is_counted_as_what_became_of_it_and_those_of_others_apart(tmp_path: Path) -> None:
    mine, others_lines = Log().starts(0).login(1, 2).lines(), others(3).lines()
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"\n".join([*mine, mine[1], *others_lines, *others_lines, b"{"]))

    _, account = explained("c-1", [file], Settings())

    assert next(account.words()) == (
        f"{len(mine) + 2 * len(others_lines) + 2:,} lines read: {len(mine)} applied, 1 duplicate, 0 left out, "
        f"1 rejected; {2 * len(others_lines)} of other customers"
    )


def test_as_of_an_earlier_instant_nothing_later_is_known(tmp_path: Path) -> None:
    file = away(tmp_path)

    early, late = document(file, 20), document(file)

    assert early["as_of"] == text(at(20))
    assert early["open_signals"] == []
    assert all(row["to"] <= "2024-01-21" for row in early["time_line"])
    assert len(late["time_line"]) > len(early["time_line"])


def test_what_time_alone_brings_is_what_it_brings(tmp_path: Path) -> None:
    """Compare what is foretold early with what a later look back finds: the customer does nothing meanwhile."""
    file = away(tmp_path)

    early, late = document(file, 31), document(file)

    said = [(row["to"], row["what"]) for row in late["time_line"] if row["said"] and "no-login" in row["what"]]
    foretold = [(one["at"], one["what"]) for one in early["if_nothing_comes"]]
    assert said
    assert said == [one for one in foretold if one[0] <= late["as_of"][:10]]


def test_what_would_end_a_signal_ends_it(tmp_path: Path) -> None:
    log = Log().starts(0).login(*range(20)).asks(10, "t-8").asks(12, "t-9").asks(14, "t-10")
    file = written(tmp_path, log, others())

    signals = {one["signal"]: one for one in document(file, 20)["open_signals"]}

    assert {one["type"] for one in signals["support-stuck"]["ended_by"]} <= {"ticket.solved"}
    log.add("cancellation.requested", 15, subscription_id="s-1")
    file = written(tmp_path, log, others())
    asked = {one["signal"]: one for one in document(file, 20)["open_signals"]}["cancellation-requested"]
    (way,) = [one for one in asked["ended_by"] if one["type"] == "cancellation.revoked"]
    log.add(way["type"], 20.5, **way["about"])
    after = document(written(tmp_path, log, others()), 21)
    assert "cancellation-requested" not in {one["signal"] for one in after["open_signals"]}


#  day   0       10         30                40            60+
#        starts  requested  renewed, told     took effect   the renewal comes, so it did not; then it is revoked
#                           after day 60      by the log
def test_an_end_that_is_taken_back_and_the_beginning_that_does_so_are_marked(tmp_path: Path) -> None:
    log = Log().starts(0, term_end=text(at(40))).add("cancellation.requested", 10, subscription_id="s-1")
    late = Log("c-1").add("subscription.renewed", 30, subscription_id="s-1", term_end=text(at(90)))
    late.add("cancellation.revoked", 61, subscription_id="s-1")
    late.events = [one | {"event_id": f"late-{place}"} for place, one in enumerate(late.events)]
    file = written(tmp_path, log, others().changes(60, mrr="20"))  # a topic is read in its order
    file.write_bytes(file.read_bytes() + b"\n" + b"\n".join(late.lines()))

    found = document(file)
    rows = [row for row in found["time_line"] if row["what"].startswith("cancellation-requested")]
    printed = [line for line in lines(found) if "! cancellation-requested" in line]

    said = [(row["what"].split()[1], row["details"].get("again"), row["details"].get("taken_back")) for row in rows]
    beginnings = [("raised", None, None), ("raised", True, None), ("escalated", None, None)]
    assert said == [*beginnings, ("cleared", None, True), ("cleared", None, None)]
    assert ["again: yes" in line for line in printed] == [False, True, False, False, False]
    assert ["taken back: yes" in line for line in printed] == [False, False, False, True, False]


def test_no_text_of_a_customer_is_shown(tmp_path: Path) -> None:
    log = Log().starts(0).login(*range(9))
    log.add("ticket.opened", 5, ticket_id="t-1", topic="billing", text="my name is Rosa", user_id="rosa@x.example"[:4])
    log.add("survey.answered", 6, kind="nps", score=2, text="Rosa is angry")
    file = written(tmp_path, log, others(12))

    result = CliRunner().invoke(backstay, ["explain", "c-1", str(file)])

    assert result.exit_code == 0, result.output
    assert "ticket.opened" in result.stdout
    assert "kind nps, score 2" in result.stdout
    assert "rejected" not in result.stderr
    assert "Rosa" not in result.output
    assert "Rosa" not in json.dumps(document(file))


@pytest.mark.parametrize("language", LANGUAGES)
def test_signals_are_explained_in_each_language(tmp_path: Path, language: str) -> None:
    file = away(tmp_path)
    expected = document(file)["open_signals"][0]["explanation"][language]

    result = CliRunner().invoke(backstay, ["explain", "c-1", str(file), "--language", language])

    assert expected in result.stdout


def test_json_is_the_whole_document(tmp_path: Path) -> None:
    file = away(tmp_path)

    result = CliRunner().invoke(backstay, ["explain", "c-1", str(file), "--json", "--at", "2024-02-20"])

    assert json.loads(result.stdout) == json.loads(json.dumps(document(file, 50)))


def test_other_customers_do_not_change_what_is_said_of_one(tmp_path: Path) -> None:
    """Only that their sources live: with a merge in the log all of them are read."""
    file = away(tmp_path)
    quick = document(file)

    merge = {"event_id": "m", "type": "customer.merged", "customer_id": "x", "occurred_at": text(at(59))}
    file.write_bytes(file.read_bytes() + b"\n" + line(merge))
    whole = document(file)

    assert whole["open_signals"] == quick["open_signals"]
    assert whole["card"] == quick["card"]


def test_a_customer_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    file = away(tmp_path)

    with pytest.raises(BadSettings, match=r"no event of a customer 'c-2' up to .*; an id of one that it has is '"):
        explained("c-2", [file], Settings())
    with pytest.raises(BadSettings, match="no event of a customer 'late'"):
        explained("late", [written(tmp_path, others(), Log("late").login(50))], Settings(), instant(at(40)))


def test_a_time_before_the_log_is_an_error_with_the_time_of_its_first_event(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=rf"--at lies before the log, of which the first event is of {text(at(0))}"):
        explained("c-1", [away(tmp_path)], Settings(), instant(at(-9)))


def test_a_customer_that_was_forgotten_is_not_explained(tmp_path: Path) -> None:
    gone = Log().starts(0).login(*range(9)).add("erasure.requested", 10)

    with pytest.raises(BadSettings, match="was forgotten"):
        explained("c-1", [written(tmp_path, gone, others(20))], Settings())


def test_lines_that_cannot_be_used_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    file = away(tmp_path)
    file.write_bytes(b"{broken\n" + file.read_bytes())

    result = CliRunner().invoke(backstay, ["explain", "c-1", str(file)])

    assert result.exit_code == 0
    assert f"{file}, line 1: " in result.stderr
    assert "Open signals: 1" in result.stdout
    (tmp_path / "bad").write_bytes(b"{}\n{}\n[]")
    with pytest.raises(BadLog, match=r"(?s)line 1: .*and 1 more like it.*line 3: "):
        explained("c-1", [tmp_path / "bad"], Settings())


def test_a_long_time_line_is_counted_by_week(tmp_path: Path) -> None:
    rows = document(away(tmp_path))["time_line"]

    logins = [row for row in rows if row["what"] == "login.succeeded"]
    assert [row["times"] for row in logins] == [7, 7, 7, 7, 2]
    assert logins[0]["from"] == "2024-01-01"


def test_numbers_and_reasons_are_said_in_words(tmp_path: Path) -> None:
    log = Log().starts(0).login(0).buys(3, "o-1").asks(4, "t-1").add("feature.used", 5, feature="export")
    log.add("cancellation.requested", 20, subscription_id="s-1", reason="other", at_period_end=True)

    found = "\n".join(lines(document(written(tmp_path, log, others(30)))))

    assert "1 order known; the last on 2024-01-04" in found
    assert "1 of 1 ticket open" in found
    assert "1 feature known" in found
    assert "another reason" in found
    assert "at period end: yes" in found
    assert "reason other" not in found


def test_time_may_pass_beyond_the_log_and_not_for_centuries(tmp_path: Path) -> None:
    file = away(tmp_path)

    later = CliRunner().invoke(backstay, ["explain", "c-1", str(file), "--at", "2024-06-01", "--json"])
    never = CliRunner().invoke(backstay, ["explain", "c-1", str(file), "--at", "2999-01-01"])
    wrong = CliRunner().invoke(backstay, ["explain", "c-1", str(file), "--at", "soon"])

    assert json.loads(later.stdout)["as_of"] == "2024-06-01T00:00:00Z"
    assert "two years ahead" in str(never.exception)
    assert wrong.exit_code == 2
    assert "is not a time such as" in wrong.output


def test_the_rates_at_which_it_counts_are_told_where_figures_are_in_one_currency(tmp_path: Path) -> None:
    log = Log().starts(0, mrr="40").starts(1, "10", "s-2", currency="GBP").starts(2, "5", "s-3", currency="USD")
    rates = Log().add("rate.published", 2, base="USD", quote="EUR", rate="0.8")
    rates.add("rate.published", 25, base="EUR", quote="USD", rate="9")
    for number, event in enumerate(rates.events):
        del event["customer_id"]
        event["event_id"] = f"f-{number}"
    path = written(tmp_path, log, rates, others(30))

    told = document(path, 21, metrics=MetricSettings(currency="USD"))["state"]["facts"]

    assert [one for one in told if "USD" in one] == [
        "1 EUR counts as 1.25 USD in figures in USD",
        "no rate of GBP in USD is known, so figures in USD are unknown (docs/currencies.md)",
    ]
    assert not [one for one in document(path, 21)["state"]["facts"] if "USD" in one]


def test_the_price_of_its_plan_and_the_incidents_that_concern_it_are_told(tmp_path: Path) -> None:
    log = uses(20, ["export"], Log().starts(0, plan="pro", mrr="40")).add("error.occurred", 18.5, feature="export")
    facts = Log()
    facts.add("plan.published", 2, plan="pro", currency="EUR", price="120", interval="quarter")
    facts.add("plan.published", 30, plan="pro", currency="EUR", mrr="50")
    facts.add("incident.started", 18, incident_id="inc-7", features=["export"], severity="high")
    facts.add("incident.started", 18, incident_id="inc-8", segment={"by": "plan", "value": "basic"})
    facts.add("incident.resolved", 19, incident_id="inc-7")
    for number, event in enumerate(facts.events):
        del event["customer_id"]
        event["event_id"] = f"f-{number}"

    found = document(written(tmp_path, log, facts, others(30)), 21)

    assert "plan 'pro' costs 120 EUR each quarter, as published for 2024-01-03 on" in found["state"]["facts"]
    assert (
        found["state"]["facts"][-1] == "incident 'inc-7' (high) concerns it from 2024-01-19 to 2024-01-20, in 'export'"
    )
    assert [one["signal"] for one in found["open_signals"] if one["observed"].get("incident") == "inc-7"] == [
        "errors-met"
    ]


@pytest.mark.parametrize("columns", [40, 80])
def test_on_a_terminal_what_could_not_be_read_is_broken_between_words(
    tmp_path: Path, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = away(tmp_path)
    file.write_bytes(file.read_bytes() + b'\n{"type": "login.succeeded", "customer_id": "c-1"}')
    monkeypatch.chdir(tmp_path)
    _, account = explained("c-1", [Path(file.name)], Settings())
    warn(account)
    piped = capsys.readouterr().err

    for name, value in (("TTY_COMPATIBLE", "1"), ("NO_COLOR", "1"), ("COLUMNS", str(columns))):
        monkeypatch.setenv(name, value)
    warn(account)
    shown = capsys.readouterr().err

    assert shown.split() == piped.split()
    assert max(map(len, shown.splitlines())) <= columns < max(map(len, piped.splitlines()))
