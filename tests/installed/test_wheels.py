"""The compiled wheel and the one that is not do the same, and each says which it is."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from compiling.modules import compiled_modules
from streams.about import version
from tests.installed.conftest import ROOT, Environment

pytestmark = [pytest.mark.installed, pytest.mark.timeout(1_800)]  # compiling takes minutes where others compute, too

DEPEND_ON_THE_LOG: Final = (
    "actions.jsonl",
    "audit.jsonl",
    "churn-signals.jsonl",
    "customer-health.jsonl",
    "mrr-movements.jsonl",
)
FIGURE: Final = ("value", "numerator", "denominator", "components", "period", "edition")


def test_what_was_compiled_is_what_runs(compiled: Environment) -> None:
    code = "import importlib, sys; print(*(importlib.import_module(name).__file__ for name in sys.argv[1:]))"
    names = [module.removesuffix(".py").replace("/", ".") for module in compiled_modules(ROOT)]

    files = compiled.run("python", "-c", code, *names).stdout.split()

    assert compiled.run("backstay", "--version").stdout == f"backstay {version()} (compiled)\n"
    assert len(files) == len(names)
    assert [file for file in files if not file.endswith(".so")] == []
    assert all(Path(file).is_relative_to(compiled.folder) for file in files)


def test_without_a_compiler_the_same_source_is_installed_and_pip_can_tell_why(
    without_compiler: tuple[Environment, str],
) -> None:
    interpreted, printed = without_compiler

    assert interpreted.run("backstay", "--version").stdout == f"backstay {version()} (interpreted)\n"
    assert "Backstay is not compiled and will run interpreted: the C compiler does not work (/bin/false" in printed
    assert "mypy" not in printed


def test_a_compiled_wheel_that_was_asked_for_is_not_replaced_by_another(
    without_compiler: tuple[Environment, str],
) -> None:
    interpreted, _ = without_compiler

    done = interpreted.run(
        "python", "-m", "pip", "wheel", "--no-deps", str(ROOT), CC="/bin/false", BACKSTAY_COMPILE="1"
    )

    assert done.returncode == 1
    assert "BACKSTAY_COMPILE=1, but Backstay cannot be compiled here: the C compiler does not work" in done.stderr
    assert "Traceback" not in done.stderr


def replay(made: Environment, log: Path) -> tuple[str, dict[str, Any]]:
    """Return what a replay of a log printed, and what it wrote, but for what depends on the pace of that run."""
    done = made.run("backstay", "replay", str(log), "--out", "results")
    assert "Traceback" not in done.stderr
    folder = made.folder / "results"
    summary = json.loads((folder / "summary.json").read_text())
    assert summary.pop("seconds") > 0
    written: dict[str, Any] = {name: (folder / name).read_bytes() for name in DEPEND_ON_THE_LOG}
    updates = [json.loads(row) for row in (folder / "metric-updates.jsonl").read_text().splitlines()]
    figures = {one["key"]: [one["value"][name] for name in FIGURE] for one in updates}  # the last one of each
    letters = [json.loads(row) for row in (folder / "dead-letters.jsonl").read_text().splitlines()]
    refused = sorted((one["headers"]["x-dead-letter-error"], str(one["value"])) for one in letters)
    return done.stdout + done.stderr, written | {"summary": summary, "figures": figures, "refused": refused}


def test_both_write_the_same_of_the_same_log(
    compiled: Environment, without_compiler: tuple[Environment, str], tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    story = ["--customers", "60", "--days", "120", "--start", "2025-01-01T00:00:00Z"]
    assert compiled.run("backstay", "simulate", "--out", str(log), *story).returncode == 0
    with log.open("ab") as file:
        file.writelines([b"no JSON\n", b'{"type":"login.succeeded","customer_id":"c-1"}\n', b"[" * 500 + b"\n"])

    printed, written = replay(compiled, log)

    assert (printed, written) == replay(without_compiler[0], log)
    assert written["summary"]["rejected"] == {"contract": 2, "not_json": 1}
    assert len(written["churn-signals.jsonl"].splitlines()) > 20
    assert len(written["figures"]) > 50


def test_both_refuse_a_file_in_the_same_words(
    compiled: Environment, without_compiler: tuple[Environment, str], tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(b"1,2.50\n2,3.50\n")
    made = (compiled, without_compiler[0])

    refused = [one.run("backstay", "replay", str(tmp_path / "log"), "--out", "none") for one in made]

    assert refused[0].returncode == refused[1].returncode != 0
    assert refused[0].stderr == refused[1].stderr
    assert "no header" in refused[0].stderr
    assert "Traceback" not in refused[0].stderr


def test_the_demonstration_runs_compiled(compiled: Environment) -> None:
    done = compiled.run("backstay", "demo", "--customers", "40", "--duration", "8", BACKSTAY_WEB__PORT="0")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "all equal" in done.stdout


def test_an_error_in_compiled_code_names_the_file_and_the_line(compiled: Environment) -> None:
    done = compiled.run("python", "-c", "from retention.calendar import moment; moment(10**25)")

    assert done.returncode == 1
    assert re.search(r'File "retention/calendar.py", line \d+, in moment', done.stderr)
    assert "OverflowError" in done.stderr
