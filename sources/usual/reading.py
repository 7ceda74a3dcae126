"""Reads the usual records of one source of tracked events, by what that source says of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from schemas.decoding import MAX_BYTES, Refused
from sources.base import Foreign, Made, Options, Translation, Unreadable, own_of
from sources.tracking import Properties
from sources.tracking_options import TrackingOptions
from sources.usual.bare import is_bare
from sources.usual.shape import Field, Shape, Unusual
from sources.values import taken

_MANY: Final = 1_000
"""Names of events, beyond which a sender makes them up: they are forgotten."""
_LONGEST: Final = 128
"""Letters of a name that is noted: a thousand names of a whole record each would fill the memory."""


class _Known:
    """The names of events that were met under some options, with the shape of the event of each."""

    def __init__(self, options: Options, read_by: TrackingOptions, *, serves: bool) -> None:
        self.options, self.read_by, self.serves = options, read_by, serves
        self.shapes: dict[str, tuple[str, Shape] | None] = {}


class Usual:
    """Reads the usual records of one source."""

    def __init__(
        self,
        properties: Properties,
        record: type[msgspec.Struct],
        extras: Sequence[tuple[str, str]],
        options: type[TrackingOptions],
        kind_of: Callable[[str, Any], str],
        begun: Callable[[Any, tuple[Any, ...], Any], Made],
        serves: Callable[[Any], bool],
    ) -> None:
        """Take what the source says of a record.

        `extras` are properties that no field is made of. `kind_of` returns the type of the event that follows from a
        name; empty if none does, or more than one. `begun` returns what every event has, of a record and its
        properties, and raises `Unusual` or `Unreadable` where there is none. `serves` reports whether there are usual
        records under settings.
        """
        self._properties, self._extras = properties, tuple(extras)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(record).decode
        self._kind_of, self._begun, self._serves = kind_of, begun, serves
        self._options = options
        self._shapes: dict[str, Shape | None] = {}
        self._known: _Known | None = None

    def read(self, foreign: Foreign, options: Options) -> Translation | None:
        """Return the one event of a usual record; None for any other record."""
        value, known = foreign.value, self._known
        if known is None or known.options is not options:
            known = self._known = self._under(options)
        if value is None or len(value) > MAX_BYTES or not known.serves:
            return None
        try:
            if not value.isascii():
                value.decode()
            record = self._decode(value)
            name, said = record.event, known.read_by
            found = known.shapes[name] if name in known.shapes else self._named(name, known)
            if found is None or not (foreign.opened or is_bare(record)):
                return None
            kind, shape = found
            values = shape.values(record.properties)
            fields = self._begun(record, values, said)
            fields["type"] = kind
            shape.fill(fields, values)
            self._properties.complete(kind, fields, name, said.currency, "", {})
            return Translation((taken(fields, value),))
        except (msgspec.DecodeError, ValueError, RecursionError, Unusual, Unreadable, Refused):
            return None

    def _under(self, options: Options) -> _Known:
        said = own_of(options, self._options)
        return _Known(options, said, serves=self._serves(said))

    def _named(self, name: str, known: _Known) -> tuple[str, Shape] | None:
        """Return the type and the shape of the events of a name, and note them; None if it has no usual ones."""
        kind = self._kind_of(name, known.read_by)
        shape = self._shape(kind) if kind else None
        found = (kind, shape) if shape is not None else None
        if len(name) <= _LONGEST:
            if len(known.shapes) >= _MANY:
                known.shapes = {}
            known.shapes[name] = found
        return found

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
