"""The properties of usual events of one type: which property a field of the event is, and what is made of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from sources.tracking import is_id
from sources.usual.structs import Product
from sources.values import LONGEST_ID

_field: Final[Any] = msgspec.field  # which is typed as what it stands for: compiled, that would be asked of it
_SHORT: Final = 16
"""A point and 15 digits: a double of so many characters is the number that was sent."""
_UNUSUAL: Final = 10**15
"""A whole number from which on an amount is too large: `sources.values.amount` refuses it, and names its place."""
_DIGITS: Final = frozenset("0123456789")


class Unusual(Exception):
    """Raised for a value that a usual record does not have. The source reads the record then."""


class Field(NamedTuple):
    """A field of an event, with the properties that it may be, in the order in which they are looked for."""

    name: str
    names: tuple[str, ...]
    make: str
    """What is made of it: a name in `_MAKES`."""
    means_all: bool = False
    """Whether an event without it means all there is."""


def amount(value: str | float) -> str:
    """Return an amount as text; raise `Unusual` for one that has to be rounded, or is none.

    >>> amount(29.9), amount(30), amount("29.90")
    ('29.9', '30', '29.90')
    """
    if isinstance(value, str):
        return value  # its contract refuses what is no amount
    if isinstance(value, float):
        text = repr(value)
        if len(text) > _SHORT or text[0] not in _DIGITS or "e" in text:
            raise Unusual
        return text.rstrip("0").rstrip(".")
    if not 0 <= value < _UNUSUAL:
        raise Unusual
    return str(value)


def ident(value: str) -> str:
    """Return an id; raise `Unusual` for what is none."""
    if not is_id(value):
        raise Unusual
    return value


def items(products: Sequence[Product]) -> list[dict[str, object]] | None:
    """Return the lines of an order or a cart that have an id; None without any."""
    found: list[dict[str, object]] = []
    for product in products:
        sku = product.sku or product.product_id or product.productId
        if not sku:
            continue
        item: dict[str, object] = {"sku": ident(sku)}
        if product.category:
            item["category"] = product.category[:LONGEST_ID]
        if product.quantity is not msgspec.UNSET:
            item["quantity"] = int(bytes(product.quantity))  # raises `ValueError` for another kind
        if product.price is not None:
            item["price"] = amount(product.price)
        found.append(item)
    return found or None


_MAKES: Final[Mapping[str, tuple[Any, Callable[[Any], object] | None]]] = {
    "amount": (str | int | float | None, amount),
    "ident": (str | None, ident),
    "whole": (int | None, None),
    "plain": (str | bool | None, None),
    "text": (str | None, None),
    "items": (list[Product] | None, items),
    "presence": (msgspec.Raw, None),
}
"""The types of usual properties, and what makes the value of a field of each, where it is another one."""


class Shape:
    """Reads the properties of usual events of one type."""

    def __init__(self, fields: Sequence[Field], extras: Sequence[tuple[str, str]]) -> None:
        self.extras = len(extras)
        makes = dict(extras)
        for field in fields:
            for name in field.names:
                if makes.setdefault(name, field.make) != field.make:
                    raise ValueError(f"the property {name} is of two kinds")
        places = {name: place for place, name in enumerate(makes)}
        members = [
            (f"p{places[name]}", _MAKES[make][0], _field(default=None, name=name)) for name, make in makes.items()
        ]
        self._decode: Callable[[msgspec.Raw], Any] = msgspec.json.Decoder(
            msgspec.defstruct("Said", members, gc=False)
        ).decode
        self._values = msgspec.structs.astuple
        self._fields = [
            (one.name, tuple([places[name] for name in one.names]), _MAKES[one.make][1], one.means_all)
            for one in fields
        ]

    def values(self, properties: msgspec.Raw) -> tuple[Any, ...]:
        """Return the properties; raise `DecodeError` if one is of an unusual type. Extras come first."""
        return self._values(self._decode(properties))

    def fill(self, fields: dict[str, object], values: tuple[Any, ...]) -> None:
        """Add the fields that properties say; raise `Unusual` for a value that no usual record has."""
        for name, places, make, means_all in self._fields:
            value: Any = None
            for place in places:
                value = values[place]
                if value is not None and (value or not isinstance(value, list)):
                    break
            if name in fields or (value is None and not means_all):
                continue
            if value is None:
                raise Unusual
            found = value if make is None else make(value)
            if found is not None:
                fields[name] = found
