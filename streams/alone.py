"""Checks that the five packages of this program are its own: `agents` and `schemas` are common names."""

import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from streams.errors import BadSettings

OURS: Final = ("schemas", "sources", "retention", "agents", "streams")
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
    require_alone({name: _home_of(name) for name in OURS}, importlib.metadata.packages_distributions())


def _home_of(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).resolve().parents[1] if found is not None and found.origin is not None else None
