"""Says what to write where a file is no TOML: a text without quotes, a value that is missing, a section twice.

Rule: no value is quoted. It may be a password.
"""

import re
from typing import Final

_TWICE: Final = re.compile(r"Cannot declare \('([\w-]+)',\) twice")
"""The name of a section that stands twice, in an error of tomllib."""
_PLACE: Final = re.compile(r"(?:Invalid value|Expected .*) \(at (?:line (\d+), column \d+|end of document)\)")
_SETTING: Final = re.compile(r"""\s*([\w."'-]+)\s*([=:])\s*([^#]*)""")
_QUOTES: Final = ('"', "'")
_TEXT: Final = ". A text stands in quotes: "


def remedy(error: ValueError, text: str) -> str:
    """Return what to do about a fault that tomllib found in a text, as a sentence; empty if that is not known."""
    if twice := _TWICE.search(str(error)):  # also `metrics.basis = …` above `[metrics]` makes it two
        return f". Put all lines of it under one [{twice[1]}], without `{twice[1]}.` before them"
    place = _PLACE.search(str(error))
    return _of_line(text.split("\n")[int(place[1] or 0) - 1]) if place is not None else ""


def _of_line(line: str) -> str:
    """Return what to write in place of a line at which TOML ends.

    >>> _of_line("deployment = shop"), _of_line("  EUR,")
    ('. A text stands in quotes: deployment = "…"', '. A text stands in quotes: "…"')
    """
    found = _SETTING.match(line)
    if found is None:
        return f'{_TEXT}"…"' if line.strip()[:1].isalpha() else ""
    name, sign, value = found[1], found[2], found[3].strip()
    if sign == ":":
        return f". Write {name} = …"
    if not value:
        return f". A value is missing: {name} = …"
    if value.lower() in {"true", "false"}:
        return f". Write it in small letters: {name} = {value.lower()}"
    if value.startswith(_QUOTES):
        return ""
    return f'{_TEXT}"…"' if value.startswith(("[", "{")) else f'{_TEXT}{name} = "…"'
