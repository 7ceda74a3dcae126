"""Defines a JSON value that knows where it stood: what is wrong with one names its path and its kind, never the value.

Numbers are read exactly, whole ones also with an exponent or a fraction of zeros: `1E+3` is 1000.
"""

from collections.abc import Iterator
from decimal import Decimal, DecimalException
from typing import Any, Final

import msgspec

from sources.base import Unreadable
from sources.exact import MISSING, decoded, kind_of
from sources.structs import Part

_LARGEST_WHOLE: Final = 10**21
_LARGEST: Final = Decimal(_LARGEST_WHOLE)
_FINEST: Final = -60
_NONE: Final[Iterator["Node"]] = iter(())
_SHORT: Final = 20
"""Characters below which a text of digits is within both bounds."""


def parsed(value: bytes, source: str) -> "Node":
    """Return the JSON value of a record; raise `Unreadable` if it is none."""
    try:
        return Node(decoded(value), (), source)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Unreadable(source, "the value", "no JSON", "send the body of the webhook as it came") from error


def is_nothing(value: bytes | None) -> bool:
    """Report whether a record has no value: none at all, or the text `null`."""
    return value is None or value.strip() in {b"", b"null"}


class Node(Part):
    """A JSON value, and the source that is read; of its path it knows its last names, and the value that they are in.

    A path is made for an error only: made for every value, it took a third of the time of a record of Stripe.
    """

    value: Any
    below: tuple[str, ...]
    source: str
    above: "Node | None" = None

    @property
    def path(self) -> str:
        """Return the path to the value, as errors have it."""
        above = self.above.path if self.above is not None else ""
        below = ".".join(self.below)
        return f"{above}{below}" if not above or not below or below.startswith("[") else f"{above}.{below}"

    def knows(self, *names: str) -> bool:
        """Report whether the value at a path is there and not null, without making a node of it."""
        value = self.value
        for name in names:
            value = value.get(name) if type(value) is dict else None
        return value is not None and value is not MISSING

    def word_at(self, *names: str) -> str:
        """Return the text at a path, or an empty one for anything else, without making a node of it."""
        value = self.value
        for name in names:
            value = value.get(name) if type(value) is dict else None
        return value if isinstance(value, str) else ""

    def is_true_at(self, *names: str) -> bool:
        """Report whether the value at a path is true, without making a node of it."""
        value = self.value
        for name in names:
            value = value.get(name) if type(value) is dict else None
        return value is True

    def at(self, *names: str) -> "Node":
        """Return the value at a path of field names; what is in no object is missing."""
        value = self.value
        for name in names:
            value = value.get(name, MISSING) if type(value) is dict else MISSING  # decoded: of no class of its own
        return Node(value, names, self.source, self)

    def named(self, path: str) -> "Node":
        """Return the same value under another name, as errors have it."""
        return Node(self.value, (path,), self.source)

    def wrong(self, remedy: str, kind: str = "") -> Unreadable:
        """Return the error for a value that cannot be used, with what to do."""
        return Unreadable(self.source, self.path or "the record", kind or kind_of(self.value), remedy)

    @property
    def is_known(self) -> bool:
        """Report whether a value is there and not null."""
        return self.value is not None and self.value is not MISSING

    @property
    def is_there(self) -> bool:
        """Report whether the field is there, even if it is null."""
        return self.value is not MISSING

    @property
    def is_object(self) -> bool:
        """Report whether the value is an object."""
        return isinstance(self.value, dict)

    def names(self) -> frozenset[str]:
        """Return the names of the fields of an object; none of another value."""
        return frozenset(self.value) if isinstance(self.value, dict) else frozenset()

    def has(self, *names: str) -> bool:
        """Report whether an object has one of these fields."""
        value = self.value
        if type(value) is dict:
            for name in names:
                if name in value:
                    return True
        return False

    def is_true(self) -> bool:
        """Report whether the value is true."""
        return self.value is True

    def text(self, remedy: str) -> str:
        """Return a text that is not empty; raise `Unreadable` for anything else."""
        if isinstance(self.value, str) and self.value:
            return self.value
        raise self.wrong(remedy)

    def word(self) -> str:
        """Return a text, or an empty one for anything else."""
        return self.value if isinstance(self.value, str) else ""

    def whole(self, remedy: str) -> int:
        """Return a whole number; raise `Unreadable` for anything else."""
        value = self.value
        if type(value) is int and -_LARGEST_WHOLE < value < _LARGEST_WHOLE:
            return value
        found = self.decimal(remedy)
        if found != int(found):
            raise self.wrong(remedy)
        return int(found)

    def decimal(self, remedy: str) -> Decimal:
        """Return a number, which may be written as text; raise `Unreadable` for anything else."""
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value) if abs(value) < _LARGEST_WHOLE else self._refuse(remedy)
        if isinstance(value, str):
            if len(value) < _SHORT and value.isascii() and value.replace(".", "", 1).isdigit():
                return Decimal(value)
            try:
                value = Decimal(value)
            except DecimalException as error:
                raise self.wrong(remedy, "text that is no number") from error
        if not isinstance(value, Decimal) or not value.is_finite():
            raise self.wrong(remedy)
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < _FINEST or value.copy_abs() >= _LARGEST:
            return self._refuse(remedy)
        return value

    def _refuse(self, remedy: str) -> Decimal:
        raise self.wrong(remedy, "a number out of range")

    def each(self) -> Iterator["Node"]:
        """Return the members of a list; none of another value."""
        return self._members() if isinstance(self.value, list) and self.value else _NONE

    def _members(self) -> Iterator["Node"]:
        for place, one in enumerate(self.value):
            yield Node(one, (f"[{place}]",), self.source, self)

    def ident(self) -> str:
        """Return an id: the text itself, or the `id` of the object that stands in its place; empty if there is none."""
        return self.word() or self.word_at("id")
