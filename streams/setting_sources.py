"""Reads settings from a TOML file, the environment and `--set`. No other module does."""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, SettingsError

from streams.errors import BadSettings
from streams.setting_faults import Error, meaning
from streams.setting_names import (
    PREFIX,
    annotation_at,
    dotted,
    fields_at,
    lowered_names,
    parts_of,
    unknown,
    unknown_variables,
)
from streams.settings import Settings
from streams.text_files import no_text, text_of
from streams.toml_faults import remedy
from streams.topic_names import require_apart

_FIELD: Final = re.compile(r'field "(\w+)"')
"""The name of a field in an error of pydantic-settings."""
_NO_SECTION: Final = frozenset({"dict_type", "model_type", "model_attributes_type"})
"""Pydantic's names for a value where a section was expected."""
_WORDS: Final = {
    "missing": "is missing",
    "string_type": "is text: write it in quotes",
    "tuple_type": 'is a list: write ["a", "b"]',
    "too_short": "write at least {min_length} value",
    "too_long": "has {actual_length} values; at most {max_length} are allowed",
}
"""The words for other faults, by their names in pydantic."""


def read_settings(file: Path | None = None, overrides: dict[str, Any] | None = None) -> Settings:
    """Read the settings; raise `BadSettings` with the change to make.

    `overrides` are dotted names with text values, as from `--set`; they win over the environment, which wins over the
    file.
    """
    of_file = _file_values(file) if file is not None else {}
    of_environment, of_options = _environment_values(), _override_values(overrides or {})
    values = _merged(_merged(of_file, of_environment), of_options)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise BadSettings(_explained(error, file, of_environment, of_options if file else {})) from error
    require_apart(settings.topics, settings.sources.topics())
    return settings


def _file_values(file: Path) -> dict[str, Any]:
    try:
        text = text_of(file)
    except OSError as error:
        raise BadSettings(f"cannot read {file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"{file} is not valid TOML: {no_text(error)}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{file} is not valid TOML: {error}{remedy(error, text)}") from error


def _environment_values() -> dict[str, Any]:
    for says in unknown_variables(Settings, os.environ):
        raise BadSettings(says)
    for says in lowered_names(Settings, os.environ):
        raise BadSettings(says)
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        section = _FIELD.search(str(error))
        raise BadSettings(f"environment variable {_variable_at_fault(section[1] if section else '')}") from error


def _variable_at_fault(field: str) -> str:
    """Return the variable of a section that is no JSON, what is wrong with it, and what to write."""
    whole = f"{PREFIX}{field.upper()}"
    for name, value in sorted(os.environ.items()):
        if name.upper() != whole and not name.upper().startswith(f"{whole}__"):
            continue
        example = _example(name.upper().removeprefix(PREFIX).lower().split("__"))
        reason = _why_no_json(value)
        if reason is not None and (example or value.lstrip().startswith(("{", "["))):
            apart = "" if example.startswith("[") else f" It may also be one variable for each setting: {name}__NAME."
            return f"{name}: this is no JSON: {reason}. Write {name}='{example}'.{apart}"
    return f"{whole}: a section is written as JSON, or one variable for each setting, as in {whole}__NAME"


def _why_no_json(value: str) -> str | None:
    """Return what is wrong with a text that should be JSON, and where, without quoting it; None if it is JSON."""
    try:
        json.loads(value)
    except json.JSONDecodeError as error:
        return f"{error.msg} at character {error.pos + 1}"
    except (ValueError, RecursionError):
        return "it is nested too deeply, or has a number that is too long"
    return None


def _example(parts: Sequence[str]) -> str:
    """Return a section as JSON, with the name of its first setting; empty if none is there.

    >>> _example(["sources", "mapping"]), _example(["segments"]), _example(["log_level"])
    ('{"events": …}', '{"NAME": {"values": …}}', '')
    """
    if inside := fields_at(Settings, parts):
        return f'{{"{inside[0]}": …}}'
    if inside := fields_at(Settings, (*parts, 0)):
        is_list = get_origin(annotation_at(Settings, parts)) is tuple
        return f'[{{"{inside[0]}": …}}]' if is_list else f'{{"NAME": {{"{inside[0]}": …}}}}'
    return ""


def _override_values(overrides: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in overrides.items():
        *path, last = _parts_of(name)
        section = values
        for part in path:
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                raise BadSettings(f"--set {name}: {part} is a single setting, not a section")
        section[last] = _sections(name, value)
    return values


def _sections(name: str, value: Any) -> Any:  # noqa: ANN401 - of any setting
    """Return a section, or a list or a table of sections, that is written as JSON; any other value as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    example = _example(_parts_of(name))
    if not example:
        return value
    reason = _why_no_json(value)
    if reason is not None:
        raise BadSettings(f"--set {name}: this is no JSON: {reason}. Write --set '{name}={example}'")
    return json.loads(value)


def _parts_of(name: str) -> list[str]:
    try:
        return parts_of(name)
    except ValueError as error:
        raise BadSettings(f"--set {name}: {error}") from error


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, merged section by section; values in `above` win."""
    both = {
        name: _merged(below[name], value) if isinstance(value, dict) and isinstance(below.get(name), dict) else value
        for name, value in above.items()
    }
    return {**below, **both}


def _explained(
    error: ValidationError, file: Path | None, of_environment: Mapping[str, Any], of_options: Mapping[str, Any]
) -> str:
    where = f" (file {file})" if file is not None else ""
    lines = [
        "  " + ": ".join(filter(None, [dotted(one["loc"]), _meaning(one)])) + _origin(one, of_environment, of_options)
        for one in _distinct(error.errors())
    ]
    return "\n".join([f"settings cannot be used{where}:", *lines])


def _origin(one: ErrorDetails, of_environment: Mapping[str, Any], of_options: Mapping[str, Any]) -> str:
    """Return where a faulty value was written, if not in the file: it would be searched for there in vain."""
    place = one["loc"]
    if _holds(of_options, place):
        return " (this comes from --set)"
    if _holds(of_environment, place):
        return f" (this comes from the environment: {_variable_of(place)})"
    return ""


def _holds(values: object, place: Sequence[str | int]) -> bool:
    """Report whether sections have a value at a place, or a single value on the way to it."""
    for part in place:
        if not isinstance(values, Mapping):
            return True
        if part not in values:
            return False
        values = values[part]
    return bool(place)


def _variable_of(place: Sequence[str | int]) -> str:
    """Return the variable that has a value, or the nearest section above it."""
    there = {name.upper(): name for name in os.environ}
    for end in range(len(place), 0, -1):
        name = PREFIX + "__".join(map(str, place[:end])).upper()
        if name in there:
            return there[name]
    return f"{PREFIX}…"


def _distinct(found: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Yield the errors without those that follow from others.

    A list with a wrong member also counts as too short; where a name is misspelt, the right one is missing.
    """
    inside = {one["loc"][:-1] for one in found}
    misspelt = {one["loc"][:-1] for one in found if one["type"] == "extra_forbidden"}
    for one in found:
        follows = one["type"] == "too_short" and one["loc"] in inside
        if not follows and not (one["type"] == "missing" and one["loc"][:-1] in misspelt):
            yield one


def _meaning(one: ErrorDetails) -> str:
    """Return what is wrong with a setting, and what to write instead; pydantic's own words name types of Python."""
    kind, place = one["type"], one["loc"]
    if kind == "extra_forbidden" and place[0] == "segments" and isinstance(one["input"], dict):
        return _in_quotes(place, one["input"])
    if kind == "extra_forbidden":
        return unknown("setting", str(place[-1]), fields_at(Settings, place[:-1]))
    if kind in _NO_SECTION:
        return _no_section(place)
    if kind == "tuple_type" and (inside := fields_at(Settings, (*place, 0))):
        return f'is a list of sections: write [{{"{inside[0]}": …}}], as JSON on a command line'
    if kind in _WORDS:
        return _WORDS[kind].format_map(one.get("ctx", {}))
    return meaning(Settings, cast("Error", one)) or one["msg"].removeprefix("Value error, ")


def _no_section(place: tuple[str | int, ...]) -> str:
    """Return what to write for a value where a section is expected: perhaps only its name was left out."""
    if str(place[-1]) in fields_at(Settings, place) and not fields_at(Settings, place[:-1]):
        table, field = dotted(place[:-1]), place[-1]
        return f"stands under a name of your own: write {table}.NAME.{field}, or [{table}.NAME] above it in a file"
    return f"is a section: write {_first_inside(place)} = …"


def _in_quotes(place: tuple[str | int, ...], inside: Mapping[str, Any]) -> str:
    """Return what to write for an attribute whose name has dots: without quotes, each begins another section."""
    parts = list(map(str, place[1:]))
    while len(inside) == 1 and isinstance(deeper := next(iter(inside.values())), dict):
        parts, inside = [*parts, next(iter(inside))], deeper
    name = dotted([place[0], ".".join(parts), "values"])
    return f"a name with a dot stands in quotes: {name} = …; in a shell, --set '{name}=…'"


def _first_inside(place: tuple[str | int, ...]) -> str:
    """Return the name of a setting in a section, as an example."""
    if not fields_at(Settings, place):  # a table of sections, as `signals` is
        place = (*place, "NAME")
    return dotted([*place, *fields_at(Settings, place)[:1]])
