"""The benchmarks that need no broker, run on little data, so that they do not break unseen."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
SMALL: Final[dict[str, list[str]]] = {
    "commits": ["--events", "2000", "--customers", "20", "--commits", "28"],
    "company": ["--events", "2000", "--customers", "20", "--days", "40", "--rounds", "1"],
    "fold": ["--events", "2000", "--customers", "100"],
    "growth": ["--sizes", "50", "--events", "3", "--each", "100"],
    "parts": ["500"],
    "poison": ["--each", "20"],
    "records": [],
    "signals": ["--events", "1000", "--customers", "50"],
    "soak": ["--events", "4000", "--customers", "50", "--row", "2000"],
    "sources": ["40"],
    "subscriptions": [],
}


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_says_what_it_measured(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", *SMALL[name]]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert ran.returncode == 0, ran.stderr
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert rows
    assert all(_measured(row) for row in rows)


def test_the_fold_asks_the_signals_that_are_chosen_and_can_make_its_log_alone() -> None:
    def said(*arguments: str) -> str:
        command = [sys.executable, "-m", "benchmarks.fold", *SMALL["fold"], *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120).stdout

    by_default, one = (json.loads(said(*chosen))["records_out"] for chosen in ((), ("--signals", "no-login")))
    assert 0 < one["churn-signals"] < by_default["churn-signals"]
    assert said("--log-only") == ""


def _measured(row: dict[str, object]) -> list[object]:
    return [value for value in row.values() if isinstance(value, int | float | list) and value]
