"""Reads and writes JSON exactly, and names the kind of a value that cannot be used: never the value itself."""

from decimal import Decimal
from typing import Final

from schemas.decoding import exactly
from sources.base import Fields, Made, json_of

MISSING: Final = object()
"""Stands for a field that is not there, where null is something else."""
decoded: Final = exactly
"""Returns the JSON value of a record; raises `DecodeError`, `ValueError` or `RecursionError` for anything else."""


def encoded(fields: Fields) -> bytes:
    """Return an event of ours as the value of a record."""
    return fields.text if isinstance(fields, Made) else json_of(fields)


_KINDS: Final = (
    (bool, "true or false"),
    (int, "a whole number"),
    ((Decimal, float), "a number with decimals"),
    ((list, tuple), "a list"),
)


def kind_of(value: object) -> str:
    """Return the kind of a JSON value, as an error names it.

    >>> [kind_of(one) for one in (None, True, 5, Decimal("0.5"), "x", MISSING)]
    ['null', 'true or false', 'a whole number', 'a number with decimals', 'text', 'missing']
    >>> [kind_of(one) for one in ("", [], {})]
    ['empty text', 'a list', 'an object']
    """
    if value is MISSING or value is None:
        return "null" if value is None else "missing"
    if isinstance(value, str):
        return "text" if value else "empty text"
    return next((words for kinds, words in _KINDS if isinstance(value, kinds)), "an object")
