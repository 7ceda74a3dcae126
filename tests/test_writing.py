"""Tests that a result never takes the place of what it is made of, and that an attempt leaves nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.calendar import calendar
from streams.cli.learn import learn
from streams.cli.signals import signals
from streams.errors import BadSettings
from streams.writing import require_writable
from tests.building import Log

COMMANDS = {
    "signals tune": (signals, ["tune"]),
    "learn": (learn, []),
    "calendar learn": (calendar, ["learn"]),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_log_is_not_overwritten_by_what_is_made_of_it(name: str, tmp_path: Path) -> None:
    log, link = tmp_path / "log.jsonl", tmp_path / "result.toml"
    log.write_bytes(b"\n".join(Log().login(0, 1, 2).lines()) + b"\n")
    link.symlink_to(log)
    before, (command, words) = log.read_bytes(), COMMANDS[name]

    for out in (log, link):
        done = CliRunner().invoke(command, [*words, str(log), "--out", str(out)])

        assert isinstance(done.exception, BadSettings)
        assert "is read: writing to it would overwrite it" in str(done.exception)
    assert log.read_bytes() == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_history_that_says_too_little_leaves_no_file(name: str, tmp_path: Path) -> None:
    log, out = tmp_path / "log.jsonl", tmp_path / "result.toml"
    log.write_bytes(b"\n".join(Log().login(0, 1, 2).lines()) + b"\n")
    command, words = COMMANDS[name]

    done = CliRunner().invoke(command, [*words, str(log), "--out", str(out)])

    assert done.exit_code != 0
    assert not out.exists()


def test_what_is_there_is_kept_and_what_is_not_is_not_made(tmp_path: Path) -> None:
    there, new = tmp_path / "there.toml", tmp_path / "new.toml"
    there.write_text("a = 1\n")

    require_writable(there)
    require_writable(new)

    assert there.read_text() == "a = 1\n"
    assert not new.exists()
    with pytest.raises(BadSettings, match="cannot write"):
        require_writable(tmp_path / "none" / "new.toml")
