"""`backstay replay` of this tree beside that of another one, in turn: one event, and a company's log of many months.

    git worktree add /tmp/base 45025c7
    python -m benchmarks.replay --against /tmp/base [--events 300000] [--rounds 3] [--compiled]

Prints one JSON object a line: medians of the wall clock and of CPU seconds, those of an embedded broker included, and
at the end how many times the CPU of a tenth of the log all of it takes, with and without that of one event. The
log is simulated by the other tree, so that both know its events. With `--compiled`, both trees are run from their
`build/compiled` (`python -m benchmarks.compiled` in each).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
COMPANY: Final = ("--customers", "1600", "--days", "548", "--start", "2025-01-01")
"""A company that makes some 300,000 events in eighteen months."""
CALL: Final = "from streams.cli import main; main()"


class Tree(NamedTuple):
    """A working tree, and the folder that its packages are imported from."""

    name: str
    folder: Path

    def environment(self) -> dict[str, str]:
        """Return the environment of a command: bytecode is written, as an installation has it."""
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return inherited | {"PYTHONPATH": str(self.folder)}

    def command(self, *arguments: str) -> list[str]:
        """Return a command of this tree."""
        return [sys.executable, "-P", "-c", CALL, *arguments]


class Took(NamedTuple):
    """Seconds that one run took."""

    wall: float
    cpu: float


def timed(tree: Tree, log: Path) -> Took:
    """Replay a log; return what it took, children included."""
    with tempfile.TemporaryDirectory() as out:
        begun, before = time.monotonic(), os.times()
        command = tree.command("replay", str(log), "--out", out)
        subprocess.run(command, env=tree.environment(), check=True, stdout=subprocess.DEVNULL, cwd=out)
        after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Took(time.monotonic() - begun, used)


def in_turn(trees: Sequence[Tree], log: Path, rounds: int) -> Iterator[dict[str, Any]]:
    """Replay a log by each tree in turn; yield the medians."""
    found: dict[str, list[Took]] = {tree.name: [] for tree in trees}
    for _ in range(rounds):
        for tree in trees:
            found[tree.name].append(timed(tree, log))
    with log.open("rb") as stream:
        events = sum(1 for _ in stream)
    for name, took in found.items():
        yield {
            "tree": name,
            "events": events,
            "seconds": round(median(one.wall for one in took), 2),
            "cpu_seconds": round(median(one.cpu for one in took), 2),
            "all_cpu_seconds": [round(one.cpu, 2) for one in took],
        }


def growth(name: str, used: Sequence[float]) -> dict[str, Any]:
    """Return how the CPU seconds of one event, a tenth of the log and all of it grow."""
    start, tenth, whole = used
    without = round((whole - start) / (tenth - start), 1) if tenth > start else None
    return {"tree": name, "growth": round(whole / tenth, 1), "growth_without_the_start": without}


def simulated(tree: Tree, folder: Path, events: int) -> list[Path]:
    """Write logs of one event, a tenth of the events, and all of them; return the files."""
    whole = folder / "whole.jsonl"
    command = tree.command("simulate", *COMPANY, "--out", str(whole))
    subprocess.run(command, env=tree.environment(), check=True, stdout=subprocess.DEVNULL, cwd=folder)
    logs = []
    for number in (1, events // 10, events):
        logs.append(folder / f"{number}.jsonl")
        with whole.open("rb") as stream, logs[-1].open("wb") as part:
            part.writelines(islice(stream, number))
    return logs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--compiled", action="store_true")
    said = parser.parse_args()
    inside = Path("build/compiled") if said.compiled else Path()
    other = Tree("base", said.against.resolve() / inside)
    trees = (other, Tree("here", ROOT / inside))
    with tempfile.TemporaryDirectory(prefix="backstay-replay-") as folder:
        rows = []
        for log in simulated(other, Path(folder), said.events):
            for row in in_turn(trees, log, said.rounds):
                rows.append(row)
                print(json.dumps(row), flush=True)
        for tree in trees:
            print(json.dumps(growth(tree.name, [row["cpu_seconds"] for row in rows if row["tree"] == tree.name])))


if __name__ == "__main__":
    main()
