"""Settings side by side on one past: what differs, what came of it, and mistakes."""

import json
import os
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from streams.backtesting import backtest, differences
from streams.cli.commands import backstay
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.worth import ANY, past_of, report
from tests.building import Log, line
from tests.test_explaining import written


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a log in which one customer asks to cancel and leaves, one stops signing in and leaves, and two stay."""
    asks = Log("asks").starts(0, mrr="40").login(*range(150)).add("cancellation.requested", 140, subscription_id="s-1")
    fades = Log("fades").starts(0, mrr="10").login(*range(120)).ends(160)
    stays = Log("stays").starts(0).login(*[day + part / 12 for day in range(300) for part in range(12)])
    pauses = Log("pauses").starts(0).login(*range(100), *range(140, 300))
    return written(tmp_path_factory.mktemp("log"), asks.ends(155), fades, stays, pauses)


def config(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def run(log: Path, *arguments: str) -> Result:
    return CliRunner().invoke(backstay, ["backtest", str(log), *arguments])


def test_what_differs_is_what_may_change_what_is_said() -> None:
    one = read_settings(None, {"signals.no-login.severity": "low", "kafka.group": "a", "web.port": "1"})
    other = read_settings(
        None,
        {
            "signals.no-login.severity": "high",
            "signals.no-login.thresholds.min_days": "9",
            "kafka.group": "b",
            "metrics.grace_days": "3",
        },
    )

    found = differences({"a": one, "b": other})

    assert found == {
        "signals.no-login.severity": ["low", "high"],
        "signals.no-login.thresholds.min_days": [7.0, 9.0],
        "metrics.grace_days": [30, 3],
    }
    assert differences({"a": one, "b": one}) == {}
    said_by_default = read_settings(None, {"signals.no-login.enabled": "true"})
    assert differences({"a": Settings(), "b": said_by_default}) == {}


def test_each_setting_is_judged_as_the_report_judges_it(log: Path) -> None:
    settings = {
        "plain": read_settings(None, {"signals.no-login.severity": "low"}),
        "early": read_settings(None, {"signals.no-login.severity": "medium"}),
    }

    runs = backtest([log], settings, "medium", 60, warm_up_days=30)

    for one, setting in zip(runs, settings.values(), strict=True):
        found = report(past_of([log], setting)[0], setting, "medium", 60, warm_up_days=30)
        assert {row.name: row.verdict for row in found.together}[ANY] == one.all
    plain, early = runs
    assert sum(early.all.leads) > sum(plain.all.leads)


def test_the_value_of_losses_that_were_warned_of_is_that_of_a_year(log: Path) -> None:
    silent = read_settings(None, {"signals.no-login.enabled": "false"})

    both, asked = backtest([log], {"all": Settings(), "silent": silent}, "medium", 90, warm_up_days=30)

    assert both.lost == asked.lost == {"EUR": Decimal(12 * 50)}
    assert both.warned == {"EUR": Decimal(12 * 50)}
    assert asked.warned == {"EUR": Decimal(12 * 40)}


def test_alarms_a_month_are_those_of_the_days_that_are_judged(log: Path) -> None:
    (one, _) = backtest([log], {"a": Settings(), "b": Settings()}, "low", 60, warm_up_days=30)

    assert one.alarms_a_month == pytest.approx(one.all.raised / ((300 - 1 / 12 - 30) / 30), rel=1e-3)


def test_both_are_printed_with_what_differs(log: Path, tmp_path: Path) -> None:
    a = config(tmp_path, "a.toml", '[signals.no-login]\nseverity = "low"\n')
    b = config(tmp_path, "b.toml", '[signals.no-login]\nseverity = "medium"\n[metrics]\ngrace_days = 3\n')

    shown = run(log, "--config", str(a), "--config", str(b))
    written_out = run(log, "--config", str(a), "--config", str(b), "--json")

    assert shown.exit_code == 0, shown.output
    assert "signals.no-login.severity: low | medium" in shown.stdout
    assert "each is judged by its own losses" in shown.stdout
    found: dict[str, Any] = json.loads(written_out.stdout)
    assert [one["settings"] for one in found["runs"]] == [str(a), str(b)]
    assert found["differences"]["metrics.grace_days"] == [30, 3]
    assert found["runs"][0]["value_lost"] == {"EUR": "600.00"}


def test_labels_have_no_value(log: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_bytes(line({"customer_id": "fades", "joined_at": "2024-01-01T00:00:00Z"}))
    a, b = config(tmp_path, "a.toml", ""), config(tmp_path, "b.toml", "")

    result = run(log, "--config", str(a), "--config", str(b), "--labels", str(labels), "--json")

    assert [one["value_warned"] for one in json.loads(result.stdout)["runs"]] == [None, None]


def test_mistakes_are_errors(log: Path, tmp_path: Path) -> None:
    a, bad = config(tmp_path, "a.toml", ""), config(tmp_path, "bad.toml", "[signals.no-logins]\nenabled = true\n")

    assert "two settings or more" in str(run(log, "--config", str(a)).exception)
    assert "named twice" in str(run(log, "--config", str(a), "--config", str(a)).exception)
    wrong = run(log, "--config", str(a), "--config", str(bad))
    assert isinstance(wrong.exception, BadSettings)
    assert "bad.toml" in str(wrong.exception)


def test_a_log_that_can_be_read_only_once_is_enough(log: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=(log.read_bytes(),))
    writer.start()

    found = backtest([pipe], {"a": Settings(), "b": Settings()}, "medium", 90)
    writer.join()

    wanted = backtest([log], {"a": Settings(), "b": Settings()}, "medium", 90)
    assert [one.as_json() for one in found] == [one.as_json() for one in wanted]
