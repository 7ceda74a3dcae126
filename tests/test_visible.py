"""Texts of producers and settings are shown, and never obeyed: none moves a cursor or turns a line."""

import json
import logging
import re
import sys
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError
from rich.console import Console

from streams.checks import Outcome
from streams.cli.doctor import as_line
from streams.errors import BadSettings
from streams.logs import JsonLines
from streams.setting_sources import read_settings
from tests.building import Log, line
from tests.test_commands import backstay

HOSTILE = "gold\u202efdp\x1b[2J\x07\x85\u200b\x9b"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]")
"""All that could act on a terminal or turn the reading order, but the end of a line."""


def logged(error: Exception | None) -> str:
    try:
        if error is not None:
            raise error
    except type(error):  # type: ignore[misc] # None raises nothing
        about = sys.exc_info()
    else:
        about = (None, None, None)
    return JsonLines().format(logging.LogRecord("backstay", logging.ERROR, "", 0, "of %s", (HOSTILE,), about))


@pytest.mark.parametrize("error", [None, ValueError(HOSTILE), KafkaConnectionError(HOSTILE), OSError(1, HOSTILE)])
def test_a_log_line_obeys_nothing_also_once_it_is_read_as_json(error: Exception | None) -> None:
    written = logged(error)

    read = json.loads(written)
    assert not OBEYED.search(written)
    assert not OBEYED.search(read["text"] + read.get("error", ""))
    assert "u202efdp" in read["text"]


def test_a_log_keeps_the_lines_of_a_traceback() -> None:
    assert "Traceback" in json.loads(logged(ValueError("x")))["error"].splitlines()[0]


def hostile_log() -> list[bytes]:
    log = Log().starts(0, plan=HOSTILE).starts(0, mrr=None, name="s-2", plan=HOSTILE)
    log.add("ticket.opened", 1, ticket_id="t-1", topic=HOSTILE, priority=HOSTILE)
    log.add("login.succeeded", 1, source=HOSTILE, channel=HOSTILE).add(f"login.{HOSTILE}", 2)
    log.add("login.succeeded", 3, **{HOSTILE: HOSTILE}).add("login.succeeded", 3, user_id=HOSTILE)
    log.add("subscription.changed", 4, subscription_id="s-1", items=[{"price": HOSTILE}], interval=HOSTILE)
    log.add("subscription.ended", 5, subscription_id="s-1", reason=HOSTILE, cause=HOSTILE)
    raw = [HOSTILE.encode(), line(log.events[0]).replace(b'"EUR"', f'"{HOSTILE}"'.encode())]
    return [*log.lines(), *(json.dumps(one, ensure_ascii=False).encode() for one in log.events[:3]), *raw]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_replay_prints_nothing_that_a_terminal_obeys(form: str, tmp_path: Path) -> None:
    log = tmp_path / f"{HOSTILE}.jsonl"
    log.write_bytes(b"\n".join(hostile_log()))

    done = backstay("replay", str(log), "--out", str(tmp_path / HOSTILE), "--format", form)

    assert done.returncode == 0, done.stderr
    assert "rejected, contract" in done.stdout + done.stderr
    assert not OBEYED.search(done.stdout + done.stderr)


ERRORS = {
    "a folder that cannot be written": ["replay", "pyproject.toml", "--out", f"Makefile/{HOSTILE}"],
    "a zone": ["topics", "list", "--set", f"metrics.zone={HOSTILE}"],
    "a name of a setting": ["topics", "list", "--set", f"metrics.{HOSTILE}=x"],
    "a name of a topic": ["topics", "list", "--set", f'topics.names={{"logins": "{HOSTILE}"}}'],
    "a broker": ["doctor", "--set", f"kafka.bootstrap_servers=127.0.0.1:1,{HOSTILE}:2"],
}


@pytest.mark.parametrize("arguments", ERRORS.values(), ids=ERRORS)
def test_an_error_prints_nothing_that_a_terminal_obeys(arguments: list[str]) -> None:
    done = backstay(*arguments)

    assert done.returncode, done.stdout
    assert not OBEYED.search(done.stdout + done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", [HOSTILE, "two words", "slash/ed", ""])
def test_a_topic_is_called_what_kafka_takes(name: str) -> None:
    with pytest.raises(BadSettings, match=r"topics\.names\.logins"):
        read_settings(None, {"topics.names.logins": name})


def test_doctor_prints_nothing_that_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    found = Outcome("groups", 4, f"the groups {HOSTILE} and\nbackstay [red]write[/] the same topics", warns=False)

    Console(highlight=False).print(as_line(found), soft_wrap=True)

    said = capsys.readouterr().out
    assert not OBEYED.search(said)
    assert "[red]write[/]" in said
