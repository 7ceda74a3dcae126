"""What every test may ask for."""

import gc
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# What the helpers assert is told in full, as in a test: a red run on another machine is all that anybody sees of it.
pytest.register_assert_rewrite("tests.kafka.oracle", "tests.kafka.runs", "tests.playing", "tests.running")

SHARED = Path(__file__).resolve().parents[2] / "shared"

# The suite draws the same examples every time, so that a red run is the change's fault; `make laws` explores.
settings.register_profile(
    "default", max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Take all that is imported by now out of every later search for garbage.

    A worker searches at each rebalance (`streams/memory.py`), and in this process, unlike in one of its own, it would
    look through every test and library each time: most of what a seed of the simulation cost.
    """
    gc.collect()
    gc.freeze()


def shared(path: str) -> Path:
    """Give a file that lies beside the project; skip the test where it does not."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"../shared/{path} is not beside this clone")
    return found


def example_names() -> list[str]:
    """Give the names of the worked streams; none where they are not beside this clone."""
    return sorted(file.stem for file in (SHARED / "examples/streams").glob("*.jsonl"))


def example(name: str) -> tuple[list[bytes], dict[str, Any]]:
    """Give the lines of a worked stream and what they must come to."""
    folder = shared("examples/streams")
    expected = json.loads((folder / f"{name}.expected.json").read_text())
    return (folder / f"{name}.jsonl").read_bytes().splitlines(), expected
