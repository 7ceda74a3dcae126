"""Settings proposed from the first part of a past: what is tried exists, and what is proposed is judged on the rest."""

import json
import tomllib
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from retention.signals import RISKS
from streams.backtesting import backtest
from streams.cli.commands import backstay
from streams.errors import BadLog
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.tuning import as_toml, changes_of, tuned
from tests.building import Log
from tests.test_explaining import written

ASKED = 70
HORIZON = 30
DAYS = 300


def critics(folder: Path, leaving_after: int = DAYS) -> Path:
    """Return a log in which many customers rate the support badly, and some leave without a word.

    Such a customer stays, unless it has answered after a day: then it leaves three weeks later.
    """
    logs: list[Log] = []
    for number in range(ASKED):
        day = 4 * number + 3
        log = Log(f"critic-{number}").starts(0)
        log.add("survey.answered", day, kind="csat", score=1, feedback_id=f"f-{number}")
        log.add("feedback.answered", day + 0.1, feedback_id=f"f-{number}")
        logs.append(log.ends(day + 21) if leaving_after < day < DAYS - 25 else log)
    logs += [Log(f"silent-{number}").starts(0).ends(10 * number + 5) for number in range(DAYS // 10)]
    return written(folder, *logs, Log("last").starts(DAYS))


propose = partial(tuned, severity="medium", horizon_days=HORIZON, share=0.6, least_lift=2.0, warm_up_days=0)


def test_each_change_that_is_tried_is_a_setting_that_exists(tmp_path: Path) -> None:
    policy = Settings().policy()
    for signal in RISKS:
        changes = changes_of(signal, signal.tuned(policy))
        assert changes
        for change in changes:
            lines = [f"[signals.{change.signal}]"]
            lines += [f"{name} = {json.dumps(now)}" for name, _, now in change.settings]
            (tmp_path / "one.toml").write_text("\n".join(lines))
            read = read_settings(tmp_path / "one.toml").policy()
            assert signal.tuned(read) != signal.tuned(policy), change


def test_a_signal_that_is_no_better_than_chance_is_proposed_to_be_quiet(tmp_path: Path) -> None:
    log = critics(tmp_path)

    found = propose([log], Settings())

    (one,) = found.proposals
    assert one.change.signal == "poor-support-score"
    assert {setting.name: setting.now for setting in one.change.settings}["severity"] == "low"
    assert one.holds
    assert one.before.seen.precision.whole >= 30
    assert one.after.unseen.precision.whole == 0
    assert found.before.stayers_alarmed.part > found.after.stayers_alarmed.part == 0


def test_what_is_written_are_settings_that_do_what_was_said(tmp_path: Path) -> None:
    log = critics(tmp_path)
    out = tmp_path / "tuned.toml"

    result = CliRunner().invoke(
        backstay,
        ["signals", "tune", str(log), "--out", str(out), "--horizon-days", f"{HORIZON}", "--warm-up-days", "0"],
    )

    assert result.exit_code == 0, result.output
    assert "poor-support-score.severity" in result.stdout
    assert tomllib.loads(out.read_text())["signals"]["poor-support-score"]["severity"] == "low"
    (tmp_path / "as-it-is.toml").write_text("")
    settings = {name: read_settings(tmp_path / name) for name in ("as-it-is.toml", "tuned.toml")}
    before, after = backtest([log], settings, "medium", HORIZON, warm_up_days=0)
    assert before.all.raised >= ASKED - 1
    assert after.all.raised == 0


def test_a_proposal_that_does_not_hold_afterwards_stands_there_as_a_comment(tmp_path: Path) -> None:
    log = critics(tmp_path, leaving_after=int(DAYS * 0.6))

    found = propose([log], Settings())

    (one,) = found.proposals
    assert not one.holds
    assert found.holding == []
    assert found.before == found.after
    text = as_toml(found, "x")
    assert "# not confirmed: [signals.poor-support-score]" in text
    assert tomllib.loads(text) == {}


def test_what_is_proposed_does_not_depend_on_what_came_afterwards(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()

    plain = propose([critics(one)], Settings())
    changed = propose([critics(other, leaving_after=int(DAYS * 0.6))], Settings())

    assert plain.cut == changed.cut
    assert [p.change for p in plain.proposals] == [p.change for p in changed.proposals]
    assert [p.before.seen for p in plain.proposals] == [p.before.seen for p in changed.proposals]


def test_nothing_is_proposed_where_cases_are_too_few(tmp_path: Path) -> None:
    logs = [
        Log(f"c-{number}").starts(0).add("survey.answered", 4 * number + 3, kind="csat", score=1)
        for number in range(20)
    ]
    logs += [Log("silent").starts(0).ends(50), Log("last").starts(DAYS)]

    found = propose([written(tmp_path, *logs)], Settings())

    assert found.proposals == []
    assert "poor-support-score" in found.too_few
    assert "# Nothing is proposed." in as_toml(found, "x")


def test_a_log_that_is_too_short_is_an_error(tmp_path: Path) -> None:
    log = written(tmp_path, Log().starts(0), Log("c-2").starts(100))

    with pytest.raises(BadLog, match="too short to propose anything"):
        tuned([log], Settings(), "medium", 90, share=0.6, least_lift=2.0)
