"""Reads the usual records of one source of tracked events, by what that source says of them."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from schemas.decoding import MAX_BYTES, Refused
from sources.base import Foreign, Made, Translation, Unreadable
from sources.tracking import Properties
from sources.tracking_options import TrackingOptions
from sources.usual.shape import Field, Shape, Unusual
from sources.values import completed


class Usual:
    """Reads the usual records of one source."""

    def __init__(
        self,
        properties: Properties,
        record: type[msgspec.Struct],
        extras: Sequence[tuple[str, str]],
        kind_of: Callable[[Any, Any], str],
        begun: Callable[[Any, tuple[Any, ...], Any], Made],
        serves: Callable[[Any], bool] = lambda _: True,
    ) -> None:
        """Take what the source says of a record.

        `extras` are properties that no field is made of. `kind_of` returns the type of the event that follows; empty if
        none does, or more than one. `begun` returns what every event has, of a record and its properties, and raises
        `Unusual` or `Unreadable` where there is none. `serves` reports whether there are usual records under settings.
        """
        self._properties, self._extras = properties, tuple(extras)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(record).decode
        self._kind_of, self._begun, self._serves = kind_of, begun, serves
        self._shapes: dict[str, Shape | None] = {}

    def read(self, foreign: Foreign, options: TrackingOptions) -> Translation | None:
        """Return the one event of a usual record; None for any other record."""
        value = foreign.value
        if value is None or len(value) > MAX_BYTES or not self._serves(options):
            return None
        try:
            if not value.isascii():
                value.decode()
            record = self._decode(value)
            kind = self._kind_of(record, options)
            shape = self._shape(kind) if kind else None
            if shape is None:
                return None
            values = shape.values(record.properties)
            fields = self._begun(record, values, options)
            fields["type"] = kind
            shape.fill(fields, values)
            self._properties.complete(kind, fields, record.event, options.currency, "", {})
            return Translation((completed(fields),))
        except (msgspec.DecodeError, ValueError, RecursionError, Unusual, Unreadable, Refused):
            return None

    def _shape(self, kind: str) -> Shape | None:
        """Return the shape of the properties of a type, made when it is first needed; None if it has no usual one."""
        try:
            return self._shapes[kind]
        except KeyError:
            return self._shapes.setdefault(kind, self._made(kind))

    def _made(self, kind: str) -> Shape | None:
        try:
            return Shape([Field(*one) for one in self._properties.fields_of(kind)], self._extras)
        except ValueError:
            return None
