"""Paths into a record, in JMESPath: compiled once, they select what stands in a record and compute nothing.

Functions of JMESPath that count, sum or write numbers are refused: they know floats alone, and a record's numbers are
exact. A number in an expression is read exactly, too: `29.9` between backticks is what a record's 29.9 is.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from sources.base import Unreadable

NAME: Final = "mapping"
SELECTING: Final = frozenset(
    {
        "contains",
        "ends_with",
        "join",
        "keys",
        "length",
        "map",
        "merge",
        "not_null",
        "reverse",
        "starts_with",
        "to_array",
        "values",
    }
)
"""Functions that leave numbers as they are."""
Search = Callable[[object], Any]
_BOTH_SIDES: Final = frozenset(
    {"and_expression", "or_expression", "not_expression", "comparator", "function_expression"}
)
_WITH_LENGTH: Final = (str, list, dict)
_FIRST_SIDE: Final = frozenset(
    {"pipe", "index_expression", "projection", "filter_projection", "value_projection", "flatten", "subexpression"}
)
_OWN_QUOTES: Final = "; a name with other signs stands in double quotes of its own"
_PART: Final = re.compile(r"(?!\s|\d+(?:\[|$)|\w+\()([^\[\]{}]+)(?<!\s)((?:\[(?:-?\d+|\*)?\])*)")
"""A name and places in lists. What begins or ends with a space, is a number or calls a function may be no name."""
_UNQUOTED: Final = re.compile(r"[A-Za-z_]\w*|\*", re.ASCII)


def no_such(what: str, name: str, known: Iterator[str] | list[str]) -> str:
    """Return a message about an unknown name, with the nearest known one.

    >>> no_such("unit", "cent", ["cents", "seconds"])
    "there is no unit 'cent'; did you mean 'cents'? There are cents, seconds"
    """
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return (
        f"there is no {what} {name!r}"
        + (f"; did you mean {near[0]!r}?" if near else ".")
        + f" There are {', '.join(names)}"
    )


class Path:
    """A compiled expression.

    >>> Path("user.id").found({"user": {"id": 7}}), Path("lines[0].sku").found({"lines": [{"sku": "a"}]})
    (7, 'a')
    """

    __slots__ = ("_search", "chains", "equal", "name", "names", "text")

    def __init__(self, text: str) -> None:
        tree = _tree(text)
        self.text = text
        self.names = _names(tree)
        """The names of a path of plain names; None for any other expression."""
        self.name = self.names[0] if self.names is not None and len(self.names) == 1 else None
        """The name of a field of the record itself; None for any other expression."""
        self.equal = _equal(tree)
        """Paths of plain names and the text at each, if they are all that the expression asks for; else None."""
        self.chains: tuple[tuple[str, ...], ...] = tuple(dict.fromkeys(_chains(tree)))
        """The paths of plain names, from the top of the record, that the expression reads."""
        self._search: Search = _plain(tree) or ParsedResult(text, tree).search

    def found(self, document: object) -> Any:  # noqa: ANN401 - any JSON
        """Return what the expression selects, None for nothing; raise `Unreadable` where it cannot be evaluated."""
        names = self.names
        if names is not None:
            return at_names(document, names)
        try:
            return self._search(document)
        except (JMESPathError, TypeError, ValueError, RecursionError):
            remedy = "write an expression that fits all records: a text is not compared with a number"
            raise Unreadable(NAME, self.text, "of a kind that the expression cannot take", remedy) from None


@lru_cache(maxsize=4_096)
def compiled(text: str) -> Path:
    """Return the path of an expression; raise `ValueError` for one that is no JMESPath, or that computes."""
    return Path(text)


def _tree(text: str) -> dict[str, Any]:
    """Return the parsed expression, its numbers exact."""
    if not text.strip():
        raise ValueError("a path is empty: write the name of a field of the record, such as user.id")
    try:
        tree: dict[str, Any] = deepcopy(jmespath.compile(text).parsed)  # the library keeps its own for the next caller
    except (JMESPathError, ValueError, RecursionError) as error:
        why = (
            str(error)
            .partition("\n")[0]
            .removeprefix("Invalid jmespath expression: ")
            .removeprefix("Bad jmespath expression: ")
            .rstrip(": ")
        )
        raise ValueError(f"{text!r} is no JMESPath: {why}{_quoting(text)}") from error
    for node in _nodes(tree):
        if node["type"] == "function_expression" and node["value"] not in SELECTING:
            quoted = _quoting(text) if " (" in text else ""
            no_function = no_such("function", node["value"], sorted(SELECTING))
            raise ValueError(f"{text!r}: {no_function}: a path only selects{quoted}")
        if node["type"] == "literal":
            node["value"] = _exactly(node["value"])
    return tree


def _quoting(text: str) -> str:
    """Return how names with other signs are written: TOML takes a pair of quotes for itself, so they need another one.

    >>> print(_quoting("a.Umsatz (netto)"))
    ; a name with other signs stands in double quotes of its own: 'a."Umsatz (netto)"'
    >>> print(_quoting("items["))
    ; a name with other signs stands in double quotes of its own, as in 'items[0]."net total"'
    >>> _quoting("kind = order"), _quoting("kind == order'")
    ('; equal is ==', '')
    """
    if re.search(r"(?<![=!<>])=(?!=)", text):
        return "; equal is =="
    if set(text) & set("\"'`|&<>!="):
        return ""
    parts = [_quoted(part) for part in text.split(".")]
    shown = "" if None in parts else ".".join(part for part in parts if part)
    return _OWN_QUOTES + (f": '{shown}'" if shown else """, as in 'items[0]."net total"'""")


def _quoted(part: str) -> str | None:
    """Return a name between dots as it is written, with the places in lists after it; None if it may be none.

    >>> _quoted("kunden-nr[0]"), _quoted("kunden"), _quoted("total("), _quoted("0"), _quoted("")
    ('"kunden-nr"[0]', 'kunden', None, None, None)
    """
    found = _PART.fullmatch(part)
    if found is None or part.count("(") != part.count(")"):
        return None
    name, places = found.groups()
    return (name if _UNQUOTED.fullmatch(name) else json.dumps(name, ensure_ascii=False)) + places


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _nodes(child)


def _exactly(value: object) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [_exactly(one) for one in value]
    return {name: _exactly(one) for name, one in value.items()} if isinstance(value, dict) else value


def _names(node: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the names of a path such as a.b.c; None for any other expression."""
    if node["type"] == "field":
        return (node["value"],)
    if node["type"] != "subexpression":
        return None
    parts = [_names(child) for child in node["children"]]
    return None if None in parts else tuple(name for part in parts if part for name in part)


def at_names(value: Any, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    """Return what stands at a path of plain names; None if it is not there."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _equal(node: dict[str, Any]) -> tuple[tuple[tuple[str, ...], str], ...] | None:
    """Return the paths and texts of an expression such as a.b == 'c' && d == 'e'; None for any other one."""
    if node["type"] == "and_expression":
        parts = [_equal(child) for child in node["children"]]
        return None if None in parts else tuple(pair for part in parts if part for pair in part)
    if node["type"] != "comparator" or node["value"] != "eq":
        return None
    names, word = _names(node["children"][0]), node["children"][1]
    is_text = word["type"] == "literal" and isinstance(word["value"], str)
    return ((names, word["value"]),) if names is not None and is_text else None


def _plain(node: dict[str, Any]) -> Search | None:
    """Return a search for plain names, literals, `==`, `!=`, `&&`, `||` and `!`; None for any other expression.

    They are what most rules ask of every record; the library walks its tree anew for each, which takes several times
    as long.
    """
    names = _names(node)
    if names is not None:
        return _chain(names)
    if node["type"] == "comparator" and isinstance(word := node["children"][1].get("value"), str):
        names, differs = _names(node["children"][0]), node["value"] == "ne"
        if names is not None and node["children"][1]["type"] == "literal" and node["value"] in {"eq", "ne"}:
            chain = _chain(names)
            return lambda document: (chain(document) == word) is not differs
    if node["type"] == "literal":
        return lambda _: node["value"]
    parts = [_plain(child) for child in node["children"]] if node["type"] in _PLAIN else []
    searches = [one for one in parts if one is not None]
    if not searches or len(searches) < len(parts) or node.get("value", "eq") not in {"eq", "ne"}:
        return None
    return _PLAIN[node["type"]](node.get("value") == "ne", searches[0], searches[-1])


def _chain(names: tuple[str, ...]) -> Search:
    """Return a search for what stands at a path of plain names."""
    if len(names) == 1:
        name = names[0]
        return lambda document: document.get(name) if isinstance(document, dict) else None
    return lambda document: at_names(document, names)


def is_false(value: object) -> bool:
    """Report whether JMESPath takes a value for false: what is empty is, 0 is not."""
    return value is False or value is None or (not value and isinstance(value, _WITH_LENGTH))


def _is_same(one: object, other: object) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _comparing(differs: bool, left: Search, right: Search) -> Search:  # noqa: FBT001 - as all of `_PLAIN`
    return lambda document: _is_same(left(document), right(document)) is not differs


def _both(_: bool, left: Search, right: Search) -> Search:  # noqa: FBT001 - as above
    return lambda document: first if is_false(first := left(document)) else right(document)


def _either(_: bool, left: Search, right: Search) -> Search:  # noqa: FBT001 - as above
    return lambda document: right(document) if is_false(first := left(document)) else first


def _none(_: bool, only: Search, __: Search) -> Search:  # noqa: FBT001 - as above
    return lambda document: is_false(only(document))


_PLAIN: Final[dict[str, Callable[[bool, Search, Search], Search]]] = {
    "comparator": _comparing,
    "and_expression": _both,
    "or_expression": _either,
    "not_expression": _none,
}


def _chains(node: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of plain names that begin at the top of the record."""
    names = _names(node)
    if names is not None:
        yield names
    elif node["type"] in _FIRST_SIDE:
        yield from _chains(node["children"][0])
    elif node["type"] in _BOTH_SIDES:
        for child in node["children"]:
            yield from _chains(child)
    elif node["type"] == "multi_select_dict":
        for pair in node["children"]:
            yield from _chains(pair["children"][0])
    elif node["type"] == "multi_select_list":
        for child in node["children"]:
            yield from _chains(child)
