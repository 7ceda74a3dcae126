"""Microseconds of CPU an event of a simulated company with subscriptions, beside another commit, in turn. No Kafka.

    git worktree add --detach /tmp/before COMMIT            # and in both: python -m benchmarks.compiled
    python -m benchmarks.company --against /tmp/before      # rounds of both in turn, and the medians

The log is what the other commit's `backstay simulate` writes: it knows no newer events. Each worktree folds it on four
partitions, compiled if it is, with a commit of each partition every 10,000 events. Instructions are counted by
`--instructions` instead, of the first events only: it takes valgrind, and fifty times as long.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
START: Final = "2025-05-01T00:00:00Z"
CHILD: Final = ROOT / "benchmarks" / "company_fold.py"
SIMULATE: Final = "from streams.cli import main; main()"


def code_of(tree: Path) -> Path:
    """Return the compiled copy of a worktree, or the worktree itself if there is none."""
    compiled = tree / "build" / "compiled"
    return compiled if (compiled / "benchmarks").is_dir() else tree


def environment(tree: Path) -> dict[str, str]:
    """Return the environment in which a worktree's code runs."""
    return os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}


def simulate(tree: Path, log: Path, customers: int, days: int) -> None:
    """Write the log of a simulated company."""
    wanted = ["--customers", str(customers), "--days", str(days), "--start", START, "--out", str(log)]
    command = [sys.executable, "-c", SIMULATE, "simulate", *wanted]
    subprocess.run(command, cwd=tree, env=environment(tree), check=True, capture_output=True)


def folded(tree: Path, log: Path, events: int) -> dict[str, Any]:
    """Return what a worktree's code needed for a log."""
    code = code_of(tree)
    command = [sys.executable, "-P", str(CHILD), str(log), str(events)]
    done = subprocess.run(command, cwd=code, env=environment(code), check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def instructions(tree: Path, log: Path, events: int) -> int:
    """Return the instructions of a run from its start to its end."""
    code = code_of(tree)
    count = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"]
    command = [*count, sys.executable, "-P", str(CHILD), str(log), str(events)]
    done = subprocess.run(command, cwd=code, env=environment(code), check=True, capture_output=True, text=True)
    return int(done.stderr.split("Collected :")[1].split()[0])


def main() -> None:
    """Print one JSON object a run, and one with the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="the worktree of another commit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--customers", type=int, default=1_600)
    parser.add_argument("--days", type=int, default=548)
    parser.add_argument("--instructions", action="store_true")
    chosen = parser.parse_args()
    trees = {"this": ROOT} if chosen.against is None else {"other": chosen.against, "this": ROOT}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        simulate(next(iter(trees.values())), log, chosen.customers, chosen.days)
        if chosen.instructions:
            few, many = chosen.events // 10, chosen.events
            for name, tree in trees.items():
                each = round((instructions(tree, log, many) - instructions(tree, log, few)) / (many - few))
                print(json.dumps({"what": "company", "tree": name, "instructions_an_event": each}))
            return
        found: dict[str, list[float]] = {name: [] for name in trees}
        for _ in range(chosen.rounds):
            for name, tree in trees.items():
                ran = folded(tree, log, chosen.events)
                found[name].append(ran["microseconds_an_event"])
                print(json.dumps({"what": "company", "tree": name, "compiled": code_of(tree) != tree, **ran}))
    medians = {f"median_of_{name}": statistics.median(each) for name, each in found.items()}
    print(json.dumps({"what": "company", **medians}))


if __name__ == "__main__":
    main()
