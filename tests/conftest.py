"""Fixtures and settings of all tests."""

import gc
import json
import os
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Assertions of helpers are explained in full, as in a test: a red run on another machine shows its output only.
pytest.register_assert_rewrite("tests.kafka.oracle", "tests.kafka.runs", "tests.playing", "tests.running")

LONGEST = (
    "test_simulation",
    "test_recipe_of_a_family",
    "test_laws",
    "test_commands",
    "test_segments",
    "test_replay",
    "test_periods",
    "test_embedded",
    "test_process",
    "test_rebalances",
    "test_sources",
    "test_whole",
    "test_beside",
    "test_table_logs",
)
"""The files that take longest run first, so that workers, a file at a time, end at about the same time."""

SHARED = Path(__file__).resolve().parents[2] / "shared"

# The suite draws the same examples every time, so that a red run is the change's fault; `make laws` explores.
settings.register_profile(
    "default", max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; any other one keeps its place."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print which tests take longest with all their cases, if `--durations` asks: a law grows with a register."""
    seconds, cases = defaultdict[str, float](float), Counter[str]()
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            name, _, _ = report.nodeid.partition("[")
            seconds[name] += report.duration
            cases[name] += report.when == "call"
    if config.option.durations:
        terminalreporter.section("longest with all cases")
        longest = sorted(seconds.items(), key=lambda pair: pair[1], reverse=True)
        for name, taken in longest[: config.option.durations]:
            terminalreporter.write_line(f"{taken:7.2f}s {cases[name]:4} cases {name}")


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what is imported by now.

    A worker collects at each rebalance (`streams/memory.py`), and in this process, unlike in its own, that would
    include every test and library: most of the time of a simulated seed. A law that draws thousands of events spent a
    tenth of its time on collections that find next to nothing.
    """
    gc.set_threshold(50_000, 10, 10)
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _only_its_own_garbage() -> None:
    """Exclude from the collections of a file what those before it have imported and cached."""
    gc.collect()
    gc.freeze()


def shared(path: str) -> Path:
    """Return a file that lies beside the project; skip the test if it does not exist."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"../shared/{path} is not beside this clone")
    return found


def example_names() -> list[str]:
    """Return the names of the worked streams; none if they are not beside this clone."""
    return sorted(file.stem for file in (SHARED / "examples/streams").glob("*.jsonl"))


def example(name: str) -> tuple[list[bytes], dict[str, Any]]:
    """Return the lines of a worked stream, and their expected results."""
    folder = shared("examples/streams")
    expected = json.loads((folder / f"{name}.expected.json").read_text())
    return (folder / f"{name}.jsonl").read_bytes().splitlines(), expected
