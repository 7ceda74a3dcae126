"""Checks that the five packages of this program are its own: `agents` and `schemas` are common names."""

import importlib.metadata
import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from streams.errors import BadSettings

OURS: Final = ("schemas", "sources", "retention", "agents", "streams")
_INSTALLED: Final = re.compile(rf"^\"?({'|'.join(OURS)})/", re.MULTILINE)
"""Finds files of such a package in the list of what a project has installed."""
_HOME: Final = Path(__file__).resolve().parents[1]
_REMEDY: Final = "install Backstay in an environment of its own (`python -m venv`)"


def require_alone(homes: Mapping[str, Path | None], owners: Mapping[str, Sequence[str]], home: Path = _HOME) -> None:
    """Raise `BadSettings` if another project's package hides one of ours.

    `homes` are the folders in which the packages are found, `owners` the projects that have installed each name.
    """
    for name in OURS:
        others = sorted({owner for owner in owners.get(name, ()) if owner.lower() != "backstay"})
        if others:
            raise BadSettings(f"{', '.join(others)} has installed a package `{name}` over that of Backstay: {_REMEDY}")
        if homes.get(name) != home:
            raise BadSettings(f"the package `{name}` comes from {homes.get(name)}, not from {home}: {_REMEDY}")


def check_packages() -> None:
    """Raise `BadSettings` if one of the imported packages belongs to another project."""
    require_alone({name: _home_of(name) for name in OURS}, owners_of_ours())


def owners_of_ours() -> dict[str, list[str]]:
    """Return the projects that have installed packages of these names.

    `importlib.metadata.packages_distributions` makes a path of every file that is installed: of 90 projects in
    50 ms instead of 5.
    """
    owners: dict[str, list[str]] = {name: [] for name in OURS}
    for project in importlib.metadata.distributions():
        said = (project.read_text("top_level.txt") or "").split()
        for name in set(said or _INSTALLED.findall(project.read_text("RECORD") or "")) & owners.keys():
            owners[name].append(project.metadata["Name"])
    return owners


def _home_of(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).resolve().parents[1] if found is not None and found.origin is not None else None
