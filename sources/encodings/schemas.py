"""Holds the schemas that a registry has, by id: they never change, so each is fetched once and compiled once.

Nothing is fetched here: `streams/registry.py` does it before a record is read.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sources.base import Foreign, Unreadable
from sources.encodings import avro, json_schema, protobuf
from sources.encodings.framing import Framed, framed, is_null
from sources.logical import Bent

AVRO: Final = "AVRO"
PROTOBUF: Final = "PROTOBUF"
JSON: Final = "JSON"
Reader = Callable[[Framed], Any]


class Schema(NamedTuple):
    """A schema as a registry returns it, with everything that it refers to."""

    kind: str
    """AVRO, PROTOBUF or JSON, as a registry names it."""
    text: str
    """The schema; of Protobuf the descriptor of its file, in base64."""
    references: tuple[tuple[str, str], ...] = ()
    """Name and text of the schemas that it refers to, each before those that refer to it."""
    files: bytes = b""
    """Of Protobuf: a FileDescriptorSet from the settings, in place of the registry's descriptors."""


class Unfetched(Exception):
    """Raised for a record whose schema was not fetched. Its reader ends: a dead letter would lose the record."""


_COMPILED: Final[dict[str, Callable[..., Reader]]] = {
    AVRO: lambda schema: avro.reader(schema.text, schema.references),
    PROTOBUF: lambda schema: protobuf.reader(schema.text, schema.references, schema.files),
    JSON: lambda schema: json_schema.reader(schema.text),
}


class Schemas:
    """The schemas that are known. `is_served` says whether there is a registry to ask for others."""

    def __init__(self, *, is_served: bool = True) -> None:
        self.is_served = is_served
        self._known: dict[int | str, Schema | str] = {}
        self._readers: dict[int | str, Reader | Bent] = {}
        self._doubted: set[int | str] = set()

    def put(self, ident: int | str, schema: Schema) -> None:
        """Note a schema that was fetched."""
        self._known[ident] = schema
        self._doubted.discard(ident)

    def put_unknown(self, ident: int | str, why: str) -> None:
        """Note that the registry has no such schema, or none that can be read, and why."""
        self._known[ident] = why
        self._doubted.discard(ident)

    def doubt(self, ident: int | str) -> None:
        """Have an id asked for again: it was unknown, and may have been registered since."""
        self._doubted.add(ident)

    def missing(self, records: Sequence[Any]) -> Iterator[int | str]:
        """Yield the ids among keys, values and headers of records that are not known, or are to be asked for again."""
        for record in records:
            for found in (framed(record.value, record.headers, is_key=False), framed_key(record)):
                if found is not None and (found.ident not in self._known or found.ident in self._doubted):
                    yield found.ident

    def read(self, value: Framed, source: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what a value says by its schema; raise `Unreadable` if it cannot be read."""
        if not self.is_served:
            raise Unreadable(
                source, "the record", f"framed with the schema {value.ident} of a registry", "set registry.url"
            )
        schema = self._known.get(value.ident)
        if schema is None:
            raise Unfetched(f"the schema {value.ident} was not fetched")
        if isinstance(schema, str):
            raise Unreadable(source, f"the schema {value.ident}", schema, "register it again, or send the record anew")
        try:
            return self._reader(value.ident, schema)(value)
        except Bent as bent:
            remedy = "send what a serializer of the registry wrote with it"
            raise Unreadable(source, f"the record by schema {value.ident}", str(bent), remedy) from None

    def _reader(self, ident: int | str, schema: Schema) -> Reader:
        if ident not in self._readers:
            compile_ = _COMPILED.get(schema.kind)
            try:
                self._readers[ident] = (
                    compile_(schema) if compile_ is not None else Bent("of a kind other than Avro, Protobuf and JSON")
                )
            except Bent as bent:
                self._readers[ident] = bent
        found = self._readers[ident]
        if isinstance(found, Bent):
            raise Bent(str(found))
        return found


NO_SCHEMAS: Final = Schemas(is_served=False)
"""Without a registry: a framed record cannot be read, and its error says what to set."""


def framed_key(record: Any) -> Framed | None:  # noqa: ANN401 - a record, or what stands for one
    """Return the key of a record with the id of its schema; None if it has none.

    Beside a value that is plain it has none: a number of eight bytes begins with zeros as well.
    """
    value = record.value
    if value is None or is_null(value) or framed(value, record.headers, is_key=False) is not None:
        return framed(record.key, record.headers, is_key=True)
    return None


def is_framed(foreign: Foreign) -> bool:
    """Report whether a record's value has the id of a schema."""
    return framed(foreign.value, foreign.headers, is_key=False) is not None
