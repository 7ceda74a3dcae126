"""Unknown names of settings, each with the nearest known one, so that a typing error is reported."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

PREFIX: Final = "BACKSTAY_"
LEAST: Final = 3
"""Characters of a name from which on it is taken for the beginning of one."""
OTHER_VARIABLES: Final = {
    "BACKSTAY_FAILPOINT": "where a worker of a test ends itself (streams/failpoints.py)",
    "BACKSTAY_CHAOS": "whether the tests on Kafka take their full length (tests/kafka/load.py)",
    "BACKSTAY_COMPILE": "whether `pip install .` compiles (compiling/choice.py)",
}
"""Variables with our prefix that are no settings."""
_PART: Final = r""" "([^"]*)" | '([^']*)' | ([^."']+) """
"""A part of a dotted name, with or without quotes."""
_PARTS: Final = re.compile(_PART, re.VERBOSE)
_DOTTED: Final = re.compile(rf"(?:{_PART})(?:\.(?:{_PART}))*", re.VERBOSE)
_OF_KUBERNETES: Final = re.compile(r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$")
_ADDRESS: Final = re.compile(r"(tcp|udp|sctp)://")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return a message about an unknown name, with the nearest known one.

    >>> unknown("topic", "purchase", ["logins", "purchases"])
    "there is no topic 'purchase'; did you mean 'purchases'? There are logins, purchases"
    >>> unknown("value", "sasl", ["ssl", "sasl_ssl"])
    "there is no value 'sasl'; did you mean 'sasl_ssl'? There are ssl, sasl_ssl"
    >>> unknown("threshold", "x", [])
    "there is no threshold 'x'"
    """
    names = list(known)
    begun = [one for one in names if len(name) >= LEAST and one.startswith(name)]
    near = begun or get_close_matches(name, names, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    return f"there is no {what} {name!r}" + (f"{meant} There are {', '.join(names)}" if names else "")


def parts_of(name: str) -> list[str]:
    """Return the parts of a dotted name, written as in TOML; raise `ValueError` for any other text.

    >>> parts_of('segments."customer.tier".values')
    ['segments', 'customer.tier', 'values']
    """
    if _DOTTED.fullmatch(name) is None:
        raise ValueError('write dots between names, and a name with a dot in quotes: segments."customer.tier".values')
    return ["".join(found) for found in _PARTS.findall(name)]


def dotted(parts: Iterable[str | int]) -> str:
    """Return a dotted name as TOML and `--set` write it.

    >>> dotted(["segments", "customer.tier", "values", 0])
    'segments."customer.tier".values.0'
    """
    return ".".join(f'"{part}"' if "." in str(part) else str(part) for part in parts)


def fields_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the names of the settings of a section; empty if any name is allowed."""
    found = annotation_at(model, path)
    return list(found.model_fields) if isinstance(found, type) and issubclass(found, BaseModel) else []


def annotation_at(model: type[BaseModel], path: Sequence[str | int]) -> Any:  # noqa: ANN401 - of any setting
    """Return the annotation of a setting; None if there is none."""
    found: Any = model
    for part in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(str(part))
            found = _section(field.annotation) if field is not None else None
        elif get_origin(found) is tuple:  # of a list of sections, as the rules of a mapping are
            found = get_args(found)[0]
        else:  # of a table of sections, as `signals` is
            found = (*get_args(found), None, None)[1]
    return found


def _section(annotation: Any) -> Any:  # noqa: ANN401 - of any setting
    """Return the section of a setting that may also be unset; any other annotation unchanged."""
    if type(None) not in get_args(annotation):
        return annotation
    return next((one for one in get_args(annotation) if one is not type(None)), None)


def unknown_variables(model: type[BaseModel], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a message for each variable with our prefix that is neither a setting nor known to be something else."""
    variables = [name.upper() for name in _dotted(model)]
    sections = {f"{PREFIX}{name.upper()}" for name in model.model_fields}
    for name, value in environment.items():
        upper = name.upper()  # as the settings read them
        known = upper in OTHER_VARIABLES or upper.split("__")[0] in sections or _is_of_kubernetes(upper, value)
        if upper.startswith(PREFIX) and not known:
            # Without the prefix: what all of them have in common makes none of them the one that was meant.
            near = get_close_matches(upper.removeprefix(PREFIX), variables, n=1)
            meant = f"; did you mean {PREFIX}{near[0]}?" if near else ""
            yield f"environment variable {name}: there is no such setting{meant}"


def lowered_names(model: type[BaseModel], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a message for each variable that names an entry of a source's table, as the id of a coupon.

    Names of variables are read in lower case, so the entry would be another one.
    """
    for name in environment:
        section, *path = name.upper().removeprefix(PREFIX).lower().split("__")
        if section != "sources" or not name.upper().startswith(PREFIX) or len(path) < len(("stripe", "coupons", "A")):
            continue
        source = model.model_fields[section].annotation
        for part in path[:2]:
            field = (
                source.model_fields.get(part) if isinstance(source, type) and issubclass(source, BaseModel) else None
            )
            source = field.annotation if field is not None else None
        if get_origin(source) is dict:
            table = "__".join(name.split("__")[:3])
            yield (
                f"environment variable {name}: names of variables are read in lower case, so they cannot name an entry "
                f"of {path[1]}. Write the table as JSON, as in {table}='{{\"NAME\": …}}', or in a file (--config)"
            )


def _dotted(model: type[BaseModel]) -> Iterator[str]:
    for name in model.model_fields:
        inner = fields_at(model, [name])
        yield from (f"{name}__{field}" for field in inner) if inner else [name]


def _is_of_kubernetes(name: str, value: str) -> bool:
    """Report whether Kubernetes has set a variable for a Service whose name begins with our prefix."""
    found = _OF_KUBERNETES.search(name)
    return found is not None and ("_SERVICE_" in found[0] or "_PORT_" in found[0] or bool(_ADDRESS.match(value)))
