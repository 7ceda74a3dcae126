"""The cost of features that raise nothing: instructions of `benchmarks.fold`, compiled, with ten more and without.

    python -m benchmarks.idle_features [--number 10]

Each has a topic, a section and a facet of its own. Two builds are made for that: it needs a C compiler, valgrind, and a
quarter of an hour. Instructions are counted, because two percent of the time are less than a machine fluctuates.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Final

from compiling.floor import compile_floor
from compiling.modules import PACKAGES

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "build" / "idle"
FEW, MANY = 2_000, 22_000
"""Events of two runs: the difference is due to events, without the start."""
FIRST_ID: Final = 50
"""The first of their sections' ids."""

CONTRACT: Final = """
from typing import Final, Literal

from schemas.base import Event
from schemas.family import Family


class Happened(Event):
    type: Literal["{name}.happened"]


{NAME}: Final = Family("{name}", (Happened,))
"""
FEATURE: Final = '''
from typing import Any, Final

from retention.calendar import Instant
from retention.features.base import Case, Facet, Feature, ReadOrder, event_id
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section
from schemas.{name} import {NAME} as FAMILY


def _new() -> bytes:
    return b""


def _same(value: bytes) -> bytes:
    return value


def _prune(customer: Customer, horizon: Horizon) -> None:
    """Keep all."""


def _bound(value: bytes, policy: Policy) -> int:
    return 0


SECTION: Final[Section[bytes]] = Section(
    ident={ident}, name="{name}", version=1, new=_new, encode=_same, decode=_same, prune=_prune, bound=_bound
)
CHANGED: Final = Facet("{name}")


def _fold(customer: Customer, event: Any, at: Instant, policy: Policy) -> Facet:
    return CHANGED


{NAME}: Final = Feature(
    name="{name}",
    family=FAMILY,
    order=ReadOrder.CHANGES,
    cases={{"{name}.happened": Case(_fold, frozenset({{CHANGED}}), known_by=event_id)}},
    sections=(SECTION,),
)
'''


def add_features(number: int, tree: Path) -> None:
    """Add some features to a copy of the source, as an author does: their files, and a name in both registers."""
    for place in range(number):
        name = f"idle{place}"
        NAME, ident = name.upper(), FIRST_ID + place  # noqa: N806 - as in the text
        folder = tree / "retention/features" / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "feature.py").write_text(FEATURE.format(name=name, NAME=NAME, ident=ident))
        (tree / f"schemas/{name}.py").write_text(CONTRACT.format(name=name, NAME=NAME))
        for register, imported in (
            ("schemas/families.py", f"schemas.{name}"),
            ("retention/features/__init__.py", f"retention.features.{name}.feature"),
        ):
            text = (tree / register).read_text()
            text = text.replace("LOGINS,", f"LOGINS, {NAME},", 1)
            first = text.index("from ")
            (tree / register).write_text(f"{text[:first]}from {imported} import {NAME}\n{text[first:]}")


def built(number: int) -> Path:
    """Compile a copy of the source with so many more features; return its folder."""
    target = TARGET / str(number)
    shutil.rmtree(target, ignore_errors=True)
    compile_floor(target, (*PACKAGES, "benchmarks"), change=partial(add_features, number))
    return target


def instructions(tree: Path, events: int) -> int:
    """Return the number of instructions of a run, from its start to its end."""
    count = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"]
    run = [sys.executable, "-P", "-m", "benchmarks.fold", "--events", str(events), "--customers", "1000"]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    done = subprocess.run([*count, *run], cwd=tree, env=environment, capture_output=True, text=True, check=True)
    return int(done.stderr.split("Collected :")[1].split()[0])


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=10)
    chosen = parser.parse_args()
    found = []
    for tree in (built(0), built(chosen.number)):
        begun, whole = (instructions(tree, events) for events in (FEW, MANY))
        found.append({"start": begun, "per_event": round((whole - begun) / (MANY - FEW))})
    print(json.dumps({"what": "idle features", "without": found[0], f"with_{chosen.number}": found[1]}))


if __name__ == "__main__":
    main()
