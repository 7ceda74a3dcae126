"""The commands as users type them: their output, and their errors."""

import asyncio
import gc
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import click
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.cli import commands
from streams.cli.commands import COMMANDS
from streams.cli.commands import backstay as main
from streams.errors import BrokerUnreachable
from streams.proof import Proof
from tests.building import Log


def backstay(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("backstay")), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=os.environ | environment
    )


def test_every_command_explains_itself() -> None:
    for command in ("demo", "worker", "replay", "load", "simulate", "topics", "doctor", "schemas"):
        done = backstay(command, "--help")

        assert done.returncode == 0
        assert "Usage: backstay" in done.stdout


def test_every_command_is_called_as_it_calls_itself() -> None:
    asked = click.Context(main)

    assert {name: found.name for name in COMMANDS if (found := main.get_command(asked, name))} == dict(
        zip(COMMANDS, COMMANDS, strict=True)
    )


def test_several_logs_are_asked_for_in_one_way() -> None:
    asked = click.Context(main)
    commands: list[click.Command | None] = [main]
    for one in commands:
        if isinstance(one, click.Group):
            commands += [one.get_command(asked, name) for name in one.list_commands(asked)]
    logs = [argument for one in commands if one for argument in one.params if argument.nargs == -1]

    assert None not in commands
    assert len(logs) > 3
    assert {one.make_metavar(click.Context(main)) for one in logs} == {"LOG…", "FILE…"}


MISTAKES = {
    "a file that is not there": (["replay", "nowhere.jsonl", "--out", "x"], 2, "nowhere.jsonl"),
    "no broker": (["topics", "create", "--set", "kafka.bootstrap_servers=127.0.0.1:1"], 3, "no Kafka broker answers"),
    "no broker, or one without TLS": (
        ["topics", "create", "--set", "kafka.bootstrap_servers=127.0.0.1:1", "--set", "kafka.security=ssl"],
        3,
        "check that the listener at this address uses kafka.security = 'ssl'",
    ),
    "an unknown setting": (["topics", "list", "--set", "kafka.brokers=x"], 2, "kafka.brokers"),
    "a setting without a value": (["topics", "list", "--set", "kafka"], 2, "KEY=VALUE"),
    "an unknown zone": (["topics", "list", "--set", "metrics.zone=Mars/Base"], 2, "is not an IANA time zone"),
    "an unknown signal": (["topics", "list", "--set", "signals.no-logins.enabled=false"], 2, "there is no signal"),
    "a file that is no TOML": (["topics", "list", "--config", "Makefile"], 2, "not valid TOML"),
    "a password in clear": (["topics", "list", "--set", "kafka.password=x"], 2, "never in clear text"),
    "an instant that is none": (
        ["replay", "pyproject.toml", "--out", "x", "--until", "soon"],
        2,
        "is not a time such as",
    ),
    "an instant far ahead": (["replay", "pyproject.toml", "--out", "x", "--until", "2999-01-01"], 2, "two years"),
    "the first day of all": (
        ["replay", "pyproject.toml", "--out", "x", "--until", "0001-01-01T00:00+14:00"],
        2,
        "before 1970",
    ),
    "a folder for a log": (["replay", "tests", "--out", "x"], 2, "is a directory"),
    "a file for a folder": (["replay", "pyproject.toml", "--out", "Makefile"], 2, "is a file"),
    "a folder in a file": (["replay", "pyproject.toml", "--out", "Makefile/out"], 2, "cannot write Makefile/out"),
    "a simulated log in a file": (["simulate", "--days", "1", "--out", "Makefile/x.jsonl"], 2, "cannot write"),
    "schemas in a file": (["schemas", "write", "Makefile/schemas"], 2, "cannot write"),
    "rules in a file": (["rules", "write", "Makefile/rules"], 2, "cannot write"),
    "an instant without offset": (
        ["replay", "pyproject.toml", "--out", "x", "--until", "2024-01-01T00:00:00"],
        2,
        "no offset",
    ),
}


IN_A_PROCESS = ("a file that is not there", "no broker")
"""One mistake that click finds, and one that Backstay does: the same from the process of a user."""


@pytest.fixture
def _settings_of_the_process() -> Iterator[None]:
    """Restore what a command sets for the whole of its process."""
    level, threshold = logging.getLogger("aiokafka").level, gc.get_threshold()
    yield
    logging.getLogger("aiokafka").setLevel(level)
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("_settings_of_the_process")
@pytest.mark.parametrize(("arguments", "code", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_a_clear_error(
    arguments: list[str], code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["backstay", *arguments])

    with pytest.raises(SystemExit) as ended:  # any other exception would be a traceback
        commands.main()

    assert ended.value.code == code
    assert says in re.sub(r"\s+", " ", capsys.readouterr().err)


@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_a_mistake_leaves_no_traceback(name: str) -> None:
    arguments, code, says = MISTAKES[name]

    done = backstay(*arguments)

    assert done.returncode == code, done.stderr
    assert says in re.sub(r"\s+", " ", done.stderr)
    assert "Traceback" not in done.stderr


def test_a_worker_that_starts_on_a_broker_that_says_nothing_leaves_when_told_to() -> None:
    """The broker's machine takes connections and its process answers none: nothing times out for most of a minute."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        starting = subprocess.Popen(
            [str(Path(sys.executable).with_name("backstay")), "worker", "--set", f"kafka.bootstrap_servers={address}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            silent.settimeout(60)
            connected, _ = silent.accept()  # it is past its imports, and waits for a word
            with connected:
                starting.send_signal(signal.SIGTERM)
                said, _ = starting.communicate(timeout=30)
        finally:
            starting.kill()

    assert starting.returncode == BrokerUnreachable.exit_code, said
    assert "left before it was up" in said
    assert "Traceback" not in said


def test_the_simulator_repeats_itself() -> None:
    arguments = ("simulate", "--days", "60", "--customers", "9", "--start", "2026-01-01")

    first, second = backstay(*arguments), backstay(*arguments)

    assert first.stdout == second.stdout
    assert first.stdout.count("\n") > 50


def test_replay_prints_what_became_of_a_log_and_writes_every_file(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\n".join(Log().starts(3).lines()))

    done = backstay("replay", str(log), "--out", str(tmp_path / "out"), "--set", "metrics.zone=Europe/Madrid")

    assert done.returncode == 0, done.stderr
    assert "1 event read: 1 applied" in done.stdout
    assert json.loads((tmp_path / "out/summary.json").read_text())["applied"] == 1
    names = {
        "metric-updates.jsonl",
        "churn-signals.jsonl",
        "actions.jsonl",
        "mrr-movements.jsonl",
        "customer-health.jsonl",
        "audit.jsonl",
        "dead-letters.jsonl",
        "summary.json",
    }
    assert {file.name for file in (tmp_path / "out").iterdir()} == names
    movement = json.loads((tmp_path / "out/mrr-movements.jsonl").read_text())
    assert movement["headers"]["ce_type"] == "io.backstay.movement.made.v1"
    assert (movement["key"], movement["value"]["delta"]) == ("c-1", "10.00")


def test_nobody_reads_what_the_simulator_writes_and_it_ends_quietly() -> None:
    command = f"{Path(sys.executable).with_name('backstay')} simulate --days 400 | head -1"

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)

    assert json.loads(done.stdout)["source"] == "simulator"
    assert done.stderr == ""


def test_a_demo_that_is_cut_short_and_whose_port_is_taken_still_proves_what_was_played() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = backstay("demo", "--customers", "40", "--duration", "8", BACKSTAY_WEB__PORT=f"{port}")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"port {port} of 127.0.0.1 is taken by " in done.stdout
    assert "all equal" in done.stdout or "No month is over yet" in done.stdout  # by how far it came in that time
    assert "each with one outcome" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_rebuild_without_a_broker_says_that_alone() -> None:
    done = backstay("rebuild", "--set", "kafka.bootstrap_servers=127.0.0.1:1")

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("backstay: no Kafka broker answers at 127.0.0.1:1")


@contextmanager
def demo_until(step: str) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """Run a demo until it has printed a step; yield it with its lines so far."""
    command = [str(Path(sys.executable).with_name("backstay")), "demo", "--customers", "40", "--duration", "60"]
    environment = os.environ | {"BACKSTAY_WEB__PORT": "0"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        lines = list(takewhile(lambda line: f"✓ {step}" not in line, iter(process.stdout.readline, "")))
        try:
            yield process, lines
        finally:
            process.kill()


def test_a_demo_that_is_stopped_before_its_first_event_ends_at_once() -> None:
    with demo_until("topics") as (process, _):
        process.send_signal(signal.SIGINT)

        said, _ = process.communicate(timeout=60)

        assert process.returncode == 0, said
        assert "Stopped before the first event" in said
        assert "Traceback" not in said


def test_a_demo_that_is_told_twice_to_stop_ends_without_the_summary() -> None:
    with demo_until("worker") as (process, _):
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)

        assert process.returncode == 130
        assert "figures compared" not in said


async def test_a_demo_that_is_stopped_while_its_worker_joins_proves_what_was_sent() -> None:
    with demo_until("topics") as (process, lines):
        address = re.findall(r"127\.0\.0\.1:\d+", "".join(lines))[0]
        async with AIOKafkaConsumer("logins", bootstrap_servers=address, auto_offset_reset="earliest") as reader:
            await asyncio.wait_for(reader.getone(), 60)

        process.send_signal(signal.SIGINT)
        said, _ = await asyncio.to_thread(process.communicate, timeout=60)

        assert process.returncode == 0, said
        assert re.search("recomputation of the same [1-9][0-9]* events", said)
        assert "all equal" in said or "No month is over yet" in said  # by how far it was sent when it was stopped
        assert "each with one outcome" in said
        assert "Traceback" not in said


async def test_a_demo_that_is_sent_what_is_no_event_still_ends_with_its_summary() -> None:
    with demo_until("worker") as (process, lines):
        address = re.findall(r"127\.0\.0\.1:\d+", "".join(lines))[0]
        async with AIOKafkaProducer(bootstrap_servers=address) as producer:
            for value in (b"no JSON", b'{"type": "login.succeeded"}', None):
                await producer.send_and_wait("logins", value, key=b"c-1")

        process.send_signal(signal.SIGINT)
        said, _ = await asyncio.to_thread(process.communicate, timeout=60)

        assert process.returncode == 0, said
        assert "3 rejected" in said
        assert "each with one outcome" in said
        assert "Traceback" not in said


def test_the_demo_ends_with_every_figure_equal() -> None:
    done = backstay("demo", "--customers", "12", BACKSTAY_WEB__PORT="0")  # heartbeats are most of the work of few

    assert done.returncode == 0, done.stdout + done.stderr
    assert "all equal" in done.stdout
    assert "no id twice" in done.stdout
    assert "each with one outcome" in done.stdout
    last = done.stdout.splitlines()[-5:]
    early = "is not shown yet, as too few are known" in " ".join(done.stdout.split())  # lines are as wide as a terminal
    assert early or [line.split(" ")[1] for line in last] == ["precision", "recall", "recall", "stayers", "lead"], last


@pytest.mark.parametrize(
    "broken",
    [Proof(different=1), Proof(repeated_ids=1), Proof(records=2, outcomes=Counter(applied=1, rekeyed=1))],
)
def test_a_proof_does_not_hold_where_anything_is_off(broken: Proof) -> None:
    assert not broken.holds
    assert Proof(records=2, outcomes=Counter(applied=1, late=1, rekeyed=1)).holds


def test_replay_says_which_exchange_rate_is_missing(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    start = {
        "event_id": "a",
        "type": "subscription.started",
        "customer_id": "c-1",
        "occurred_at": "2026-01-15T00:00:00Z",
        "subscription_id": "s-1",
        "mrr": "100",
        "currency": "EUR",
        "plan": "p",
    }
    log.write_text(json.dumps(start) + "\n")
    said = ("replay", str(log), "--out", str(tmp_path / "out"), "--set")
    done = backstay(*said, "metrics.currency=JPY")
    (row,) = (one for one in done.stdout.splitlines() if "subscription_converted" in one)
    assert row.split() == ["2026-01", "subscription_converted", "JPY", *"–––––––", "final,", "no", "rate"]
    assert "no rate of EUR in JPY is known: add `rate.published` with base EUR, quote JPY" in done.stdout
    assert "effective_on 2026-01-01 or before" in done.stdout
    assert "no rate" not in backstay(*said, "metrics.currency=EUR").stdout
