"""Says what is wrong with the value of one setting: what was given, what is allowed, and an example.

Pydantic's own words name types of Python. What may be a secret is not quoted.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streams.setting_names import annotation_at, dotted, unknown

_MOST_SHOWN: Final = 40
_MANY: Final = 1_000_000
_BOUNDS: Final = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
"""Bounds by their names in pydantic, and in words."""
Error = Mapping[str, Any]
"""An error as pydantic lists it."""
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
"""Units of durations, by how many seconds they have."""
_UNITS: Final = {
    **dict.fromkeys(("s", "sec", "second"), "second"),
    **dict.fromkeys(("m", "min", "minute"), "minute"),
    **dict.fromkeys(("h", "hr", "hour"), "hour"),
    **dict.fromkeys(("d", "day"), "day"),
    **dict.fromkeys(("w", "week"), "week"),
}
_DURATION: Final = re.compile(r"\s*(\d{1,6})\s*([a-z]+?)s?\s*", re.IGNORECASE)
_LISTED: Final = re.compile(r"\^?\[A-Za-z0-9\._-\](\*|\{1,(\d+)\})\$?")


def meaning(model: type[BaseModel], error: Error) -> str | None:
    """Return what is wrong with a value, and what to write; None for a fault that is not of numbers or words."""
    say = _SAYS.get(error["type"])
    return say(_Fault(model, error)) if say is not None else None


class _Fault:
    def __init__(self, model: type[BaseModel], error: Error) -> None:
        self.place: tuple[str | int, ...] = error["loc"]
        self.kind: str = error["type"]
        self.value: object = error.get("input")
        self.context: Mapping[str, Any] = error.get("ctx", {})
        self.name = dotted(self.place)
        section = annotation_at(model, self.place[:-1])
        fields = section.model_fields if isinstance(section, type) and issubclass(section, BaseModel) else {}
        self.field: FieldInfo | None = fields.get(str(self.place[-1]))

    def given(self) -> str:
        """Return the value as it may be shown."""
        if self.field is not None and "Secret" in str(self.field.annotation):
            return "what is given"
        text = repr(self.value) if isinstance(self.value, str | int | float) else "what is given"
        return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"

    def example(self) -> str:
        """Return how the setting may be written, with its default; empty if it has none that may be shown."""
        default = self.field.default if self.field is not None else None
        if isinstance(default, bool) or not isinstance(default, int | float):
            return ""
        return (
            f", as in {self.name} = {default:g}" if isinstance(default, float) else f", as in {self.name} = {default}"
        )

    def allowed(self) -> str:
        """Return which numbers are allowed, in words; empty if there is no bound."""
        found = self.bounds()
        if "ge" in found and "le" in found:
            return f"from {_plain(found['ge'])} to {_plain(found['le'])}"
        return " and ".join(f"{words} {_plain(found[name])}" for name, words in _BOUNDS.items() if name in found)

    def bounds(self) -> dict[str, float]:
        """Return the bounds of a number, by their names in pydantic."""
        metadata = self.field.metadata if self.field is not None else []
        known = {name: getattr(one, name) for one in metadata for name in _BOUNDS if hasattr(one, name)}
        return known or {name: self.context[name] for name in _BOUNDS if name in self.context}

    def unit(self) -> str:
        """Return the unit of a duration, by its description's first word or its name's last; empty if it is none."""
        said = self.field.description if self.field is not None else None
        word = said.partition(" ")[0] if said else str(self.place[-1]).rpartition("_")[2]
        return word.removesuffix("s") if word.endswith("s") and word.removesuffix("s") in _SECONDS else ""


def _plain(number: float) -> str:
    return f"{number:g}" if number < _MANY else f"{number:,.0f}"


def _number(fault: _Fault) -> str:
    """Return what is wrong with a text or another value where a number is expected."""
    whole = "whole number" if fault.kind.startswith("int") else "number"
    unit = fault.unit()
    of = f" of {unit}s" if unit else ""
    allowed = fault.allowed()
    meant = _meant(str(fault.value), unit)
    fits = meant is not None and _within(meant, fault.bounds())
    example = f", here {meant}" if fits else fault.example()
    return f"{fault.given()} is no {whole}: write a {whole}{of}{f', {allowed}' if allowed else ''}{example}"


def _within(number: int, bounds: Mapping[str, float]) -> bool:
    least, most = bounds.get("ge", bounds.get("gt", 0)), bounds.get("le", bounds.get("lt", number))
    return least <= number <= most


def _meant(text: str, unit: str) -> int | None:
    """Return the number that a duration with its unit stands for; None if it is none.

    >>> _meant("5 minutes", "second"), _meant("1h", "day"), _meant("x", "second")
    (300, None, None)
    """
    found = _DURATION.fullmatch(text)
    theirs = _UNITS.get(found[2].lower()) if found is not None else None
    if not unit or found is None or theirs is None:
        return None
    number, rest = divmod(int(found[1]) * _SECONDS[theirs], _SECONDS[unit])
    return None if rest else number


def _bound(fault: _Fault) -> str:
    """Return what is wrong with a number that is too small or too large."""
    size = "too small" if fault.kind.startswith("greater") else "too large"
    unit = fault.unit()
    of = f"a number of {unit}s " if unit else "a number "
    return f"{fault.given()} is {size}: write {of}{fault.allowed()}{fault.example()}"


def _finite(fault: _Fault) -> str:
    allowed = fault.allowed()
    return f"{fault.given()} is no finite number: write one{f' {allowed}' if allowed else ''}{fault.example()}"


def _digits(fault: _Fault) -> str:
    return f"{fault.given()} has too many digits: at most {fault.context['max_digits']} are read"


def _switch(fault: _Fault) -> str:
    return f"{fault.given()} is neither true nor false: write {fault.name} = true, or false"


def _word(fault: _Fault) -> str:
    if not isinstance(fault.value, str):
        return f"is one of the words {', '.join(_words(fault))}: write it in quotes"
    return unknown("value", fault.value[:_MOST_SHOWN], _words(fault))


def _words(fault: _Fault) -> list[str]:
    found: list[str] = re.findall("'([^']*)'", str(fault.context.get("expected", "")))
    allowed = get_args(fault.field.annotation) if fault.field is not None else ()
    return found or [str(one) for one in allowed]


def _pattern(fault: _Fault) -> str:
    """Return what is wrong with a text that does not fit a pattern."""
    pattern = str(fault.context.get("pattern", ""))
    names = _LISTED.fullmatch(pattern)
    if names is not None:
        most = f", at most {names[2]} characters" if names[2] else ""
        return f"{fault.given()} is no name of a topic: letters without accents, digits, . _ and - are allowed{most}"
    if pattern.startswith("^https?://"):
        return f"{fault.given()} is no address: write http:// or https://, and what follows"
    says = fault.field.description if fault.field is not None and fault.field.description else ""
    return f"{fault.given()} has characters that are not allowed, or too many" + (f": it is the {says}" if says else "")


_SAYS: Final[Mapping[str, Callable[[_Fault], str]]] = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _number),
    **dict.fromkeys(("float_parsing", "float_type", "decimal_parsing", "decimal_type"), _number),
    "decimal_max_digits": _digits,
    **dict.fromkeys(("greater_than", "greater_than_equal", "less_than", "less_than_equal"), _bound),
    "finite_number": _finite,
    **dict.fromkeys(("bool_parsing", "bool_type"), _switch),
    "literal_error": _word,
    "string_pattern_mismatch": _pattern,
}
"""What is said of a fault, by its name in pydantic."""
