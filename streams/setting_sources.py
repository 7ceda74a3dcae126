"""Reads settings from a TOML file, the environment and `--set`. No other module does."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from streams.errors import BadSettings
from streams.setting_names import fields_at, unknown, unknown_variables
from streams.settings import Settings


def read_settings(file: Path | None = None, overrides: dict[str, Any] | None = None) -> Settings:
    """Read the settings; raise `BadSettings` with the change to make.

    `overrides` are dotted names with text values, as from `--set`; they win over the environment, which wins over the
    file.
    """
    values = _file_values(file) if file is not None else {}
    values = _merged(_merged(values, _environment_values()), _override_values(overrides or {}))
    try:
        return Settings(**values)
    except ValidationError as error:
        raise BadSettings(_explained(error, file)) from error


def _file_values(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        raise BadSettings(f"cannot read {file}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} is not valid TOML: {error}") from error


def _environment_values() -> dict[str, Any]:
    for says in unknown_variables(Settings, os.environ):
        raise BadSettings(says)
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise BadSettings(f"{error}: in the environment it is written as JSON") from error


def _override_values(overrides: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in overrides.items():
        *path, last = name.split(".")
        section = values
        for part in path:
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                raise BadSettings(f"--set {name}: {part} is a single setting, not a section")
        section[last] = value
    return values


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, merged section by section; values in `above` win."""
    both = {
        name: _merged(below[name], value) if isinstance(value, dict) and isinstance(below.get(name), dict) else value
        for name, value in above.items()
    }
    return {**below, **both}


def _explained(error: ValidationError, file: Path | None) -> str:
    where = f" (file {file})" if file is not None else ""
    lines = [
        "  " + ": ".join(filter(None, [".".join(map(str, one["loc"])), _meaning(one["type"], one["loc"], one["msg"])]))
        for one in error.errors(include_input=False)
    ]
    return "\n".join([f"settings cannot be used{where}:", *lines])


def _meaning(kind: str, place: tuple[str | int, ...], says: str) -> str:
    if kind == "extra_forbidden":
        return unknown("setting", str(place[-1]), fields_at(Settings, place[:-1]))
    return says.removeprefix("Value error, ")
