"""Writes JSON documents as YAML: blocks of names and items, every text in double quotes, so that none is misread."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$./-]*")
"""Names that need no quotes; those that YAML takes for something else are below."""
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNSAFE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def as_yaml(document: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a document as YAML.

    >>> print(as_yaml({"on": [1, {"a": None, "b": "x: y"}], "c": {}}), end="")
    "on":
      - 1
      - a: null
        b: "x: y"
    c: {}
    """
    return "\n".join(_lines(document)) + "\n"


def _lines(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(node, dict) and node:
        for name, one in node.items():
            yield from _under(f"{_name(name)}:", one)
    elif isinstance(node, list) and node:
        for one in node:
            first, *others = _lines(one)
            yield f"- {first}"
            yield from (f"  {line}" for line in others)
    else:
        yield _scalar(node)


def _under(head: str, node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(node, dict | list) and node:
        yield head
        yield from (f"  {line}" for line in _lines(node))
    else:
        yield f"{head} {_scalar(node)}"


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else _scalar(name)


def _scalar(node: Any) -> str:  # noqa: ANN401 - any JSON
    """Return a scalar, or an empty list or object: JSON's way to write them is YAML's, too."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(node, ensure_ascii=False))
