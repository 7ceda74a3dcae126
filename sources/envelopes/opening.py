"""Opens the records of a source: bytes of a schema, envelopes and changes become the plain JSON that the source reads.

    bytes   ─► framed by a registry's id?  ─► JsonConverter's envelope?  ─► a change of a row?  ─► plain JSON ─► source

A plain record passes as it stands: some words are looked for in it, and it is not parsed. What rules of a mapping may
select besides the row: `before` and `after`, and `envelope` with `op`, `deleted`, `at`, `source` and `key`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from schemas.decoding import MAX_BYTES
from sources.base import Foreign, Options, Sampling, Source, Translation, Unreadable
from sources.encodings.framing import VALUE_HEADER, framed, is_null
from sources.encodings.schemas import NO_SCHEMAS, Schemas, framed_key, is_framed
from sources.envelopes import cloud, connect, debezium
from sources.envelopes.debezium import Change
from sources.envelopes.null import TOMBSTONE, gone
from sources.envelopes.structs import Marks
from sources.exact import decoded, encoded, kind_of

AUTO: Final = "auto"
NONE: Final = "none"
FORMS: Final = (AUTO, NONE, connect.NAME, debezium.RAW, debezium.FLATTENED, cloud.NAME)
"""How records of a source may be wrapped, as the setting `envelope` names it."""
_SIGN: Final = re.compile(rb'"(?:payload"|op"|__)').search
"""Finds what stands in every envelope that is JSON."""
_marks: Final = msgspec.json.Decoder(Marks).decode
_WANTED: Final = {
    connect.NAME: 'an envelope of JsonConverter has "schema" and "payload"',
    debezium.RAW: 'a change event has "before", "after", "op" and "source"',
    debezium.FLATTENED: "a flattened row is a JSON object",
}
GONE: Final = "a row that was deleted: this source reads what was sent, and nothing of deletes"
_KEYLESS: Final = (
    "read the topic, where records have their keys, or have the connector send the row: "
    "delete.tombstone.handling.mode=rewrite"
)
_UNSENT: Final = "the record, opened,"


class Plain(NamedTuple):
    """A record as its source reads it."""

    foreign: Foreign
    is_tombstone: bool = False
    """Whether there was no value, and the key is all that is known."""
    is_nameless: bool = False
    """Whether it was null, and no key says which row was deleted."""


@dataclass(frozen=True)
class Opener:
    """Opens the records of one source, by the form that its settings name."""

    source: str
    form: str = AUTO
    changes: bool = False
    """Whether the source takes deletes, and selects from `before`, `after` and `envelope`."""
    schemas: Schemas = NO_SCHEMAS

    def open(self, foreign: Foreign) -> Plain | Translation:
        """Return the plain record; a `Translation` without events for one that says nothing."""
        if self.form == NONE or not self.may_open(foreign):
            return Plain(foreign)
        value = foreign.value
        if value is not None and len(value) > MAX_BYTES:
            raise Unreadable(self.source, "the record", f"longer than {MAX_BYTES:,} bytes", "send less in one record")
        document = self._document(foreign)
        if self.form == cloud.NAME:
            return self._of_cloud_event(document, foreign)
        is_inside = value is not None and is_framed(foreign)
        if connect.fits(document):
            document, is_inside = self._inner(self._payload(document)), True
        elif self.form == connect.NAME and not is_null(value):
            raise self._unfit("the record", document)
        found = self._of_change(document, foreign)
        if found is not None:
            return found
        return self._plain(document, foreign) if is_inside else Plain(foreign)

    def may_open(self, foreign: Foreign) -> bool:
        """Report whether a record may be wrapped: in doubt it is looked at."""
        value = foreign.value
        if value is None:
            return self.changes or self.form != AUTO
        if self.form != AUTO or value[:1] == b"\0" or is_null(value) or _SIGN(value):
            return True
        return bool(foreign.headers) and framed(value, foreign.headers, is_key=False) is not None

    def _document(self, foreign: Foreign) -> Any:  # noqa: ANN401 - any JSON
        """Return what a value says: by its schema, or JSON."""
        value = foreign.value
        found = framed(value, foreign.headers, is_key=False)
        if found is not None:
            return self.schemas.read(found, self.source)
        if is_null(value) or value is None:
            return None
        return self._parsed(value, "the record")

    def _parsed(self, value: bytes, path: str) -> Any:  # noqa: ANN401 - any JSON
        try:
            return decoded(value)
        except (msgspec.DecodeError, ValueError, RecursionError):
            if self.form == AUTO:
                return _NO_JSON
            raise Unreadable(self.source, path, "no JSON", "send UTF-8 JSON, one object a record") from None

    def _payload(self, document: Any) -> Any:  # noqa: ANN401 - any JSON
        return connect.payload(document, self.source, columns=self.form in {debezium.RAW, debezium.FLATTENED})

    def _inner(self, payload: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a payload; of one that is text with an object in it, the object."""
        if isinstance(payload, str) and payload.lstrip().startswith("{"):
            return self._parsed(payload.encode("utf-8", "replace"), "payload")
        return payload

    def _of_change(self, document: Any, foreign: Foreign) -> Plain | Translation | None:  # noqa: ANN401 - any JSON
        """Return the change of a row; None for what is none, where none is required."""
        if document is None:
            return self._gone(foreign)
        if debezium.fits(document):
            return self._changed(debezium.change(document), foreign)
        if self.form == debezium.RAW:
            raise self._unfit("the record", document)
        if debezium.is_flattened(document):
            return self._changed(debezium.flattened(document), foreign)
        if self.form == debezium.FLATTENED:
            if not isinstance(document, dict):
                raise self._unfit("the record", document)
            return self._changed(Change(document, None, document), foreign)
        return None

    def _gone(self, foreign: Foreign) -> Plain | Translation:
        """Return the delete that a null is; behind Debezium's raw deletes it is a tombstone, and says nothing."""
        if foreign.value is None and self.form == debezium.RAW:
            return Translation((), TOMBSTONE)
        key = self._key(foreign)
        found = self._changed(gone(foreign, key if isinstance(key, dict) else None), foreign)
        if isinstance(found, Translation):
            return found
        is_tombstone = foreign.value is None and self.form != debezium.FLATTENED
        return found._replace(is_tombstone=is_tombstone, is_nameless=key is None)

    def _changed(self, change: Change, foreign: Foreign) -> Plain | Translation:
        if change.nothing:
            return Translation((), change.nothing)
        if not self.changes:
            return Translation((), GONE) if change.deleted else self._plain(change.row, foreign)
        about = {
            "op": change.op,
            "deleted": change.deleted,
            "at": change.at if change.at is not None else foreign.timestamp or None,
            "source": change.source,
            "key": self._key(foreign),
        }
        return self._plain({**change.row, "before": change.before, "after": change.after, "envelope": about}, foreign)

    def _key(self, foreign: Foreign) -> Any:  # noqa: ANN401 - any JSON
        """Return what the key says; null for one that cannot be read, unless it alone says which row was deleted."""
        key = foreign.key
        if key is None:
            return None
        found = framed_key(foreign)
        if found is not None:
            try:
                return self.schemas.read(found, self.source)
            except Unreadable:
                if is_null(foreign.value):
                    raise
                return None
        try:
            document = decoded(key)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None
        return self._payload(document) if connect.fits(document) else document

    def _of_cloud_event(self, document: Any, foreign: Foreign) -> Plain:  # noqa: ANN401 - any JSON
        about, data = cloud.attributes(document, foreign.headers, self.source)
        if isinstance(data, bytes):
            data = self._parsed(data, "data_base64")
        if not isinstance(data, dict):
            raise Unreadable(self.source, "data", kind_of(data), "send a JSON object in a CloudEvent")
        return self._plain({**data, "envelope": about} if self.changes else data, foreign)

    def _plain(self, document: Any, foreign: Foreign) -> Plain:  # noqa: ANN401 - any JSON
        if document is _NO_JSON:  # the source says it of the record as it stands
            return Plain(foreign)
        try:
            return Plain(msgspec.structs.replace(foreign, value=encoded(document), opened=True))
        except (msgspec.EncodeError, ValueError, TypeError, UnicodeEncodeError, RecursionError):
            raise Unreadable(self.source, _UNSENT, "no JSON", "send values that JSON can hold") from None

    def _unfit(self, path: str, document: object) -> Unreadable:
        remedy = f'{_WANTED[self.form]}; or set sources.{self.source.partition(".")[0]}.envelope = "{AUTO}"'
        kind = "no JSON" if document is _NO_JSON else f"{kind_of(document)} of another form"
        return Unreadable(self.source, path, kind, remedy)


_NO_JSON: Final = object()


class _Sampled:
    """A sample of wrapped records: what its source finds in them, and what their schemas say besides."""

    def __init__(self, inner: Sampling | None, opener: Opener) -> None:
        self._inner, self._opener = inner, opener
        self._defaults: dict[str, None] = {}

    def take(self, foreign: Foreign) -> None:
        """Note one record, opened."""
        if foreign.value is not None and b'"default"' in foreign.value:
            self._note_defaults(foreign.value)
        try:
            found = self._opener.open(foreign)
        except Unreadable:
            return
        if isinstance(found, Plain) and self._inner is not None:
            self._inner.take(found.foreign)

    def _note_defaults(self, value: bytes) -> None:
        try:
            self._defaults |= dict.fromkeys(connect.defaults(decoded(value)))
        except (msgspec.DecodeError, ValueError, RecursionError):
            return

    def unmatched(self) -> Iterable[str]:
        """Return the options that match nothing in the sample."""
        return self._inner.unmatched() if self._inner is not None else ()

    def doubts(self) -> Iterator[str]:
        """Yield what looks like a mistake."""
        if self._inner is not None:
            yield from self._inner.doubts()
        names = sorted(self._defaults)
        if names:
            shown = ", ".join(names[:5]) + (" and more" if len(names) > 5 else "")  # noqa: PLR2004 - five names fit a line
            yield (
                f"columns that may be null and have a default: {shown}. Connect writes the default where the column "
                "is null: set value.converter.replace.null.with.default=false in the connector, and in "
                "ExtractNewRecordState"
            )


_Read = Callable[[Foreign, Options], Translation]


def lacks_envelope(value: bytes) -> bool:
    """Report whether a value is an object without the fields of an envelope; in doubt it is none.

    The struct has the decoder skip what stands inside other fields.
    """
    try:
        found = _marks(value)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False
    return len(value) <= MAX_BYTES and found.payload is found.change_op is found.deleted is found.added_op is UNSET


def _either(usual: Callable[[Foreign, Any], Translation | None], read: _Read) -> _Read:
    """Return what reads a record as most are, or else as any is. Of a usual one no envelope is looked for."""

    def read_either(foreign: Foreign, options: Options) -> Translation:
        found = None if foreign.headers and _names_schema(foreign) else usual(foreign, options)
        return read(foreign, options) if found is None else found

    return read_either


def _names_schema(foreign: Foreign) -> bool:
    """Report whether a header names the schema of the value."""
    for name, _ in foreign.headers:  # noqa: SIM110 - a generator takes longer than the headers
        if name == VALUE_HEADER:
            return True
    return False


def through(source: Source, form: str, schemas: Schemas = NO_SCHEMAS) -> Source:
    """Return a source that reads its records as they are wrapped."""
    usual = source.usual
    if form == NONE:
        return source if usual is None else replace(source, read=_either(usual, source.read), unusual=source.read)
    opener, bare, is_any = Opener(source.name, form, source.changes, schemas), source.read, form == AUTO
    either = bare if usual is None else _either(usual, bare)

    def unusual(foreign: Foreign, options: Options) -> Translation:
        value = foreign.value
        is_plain = is_any and not foreign.headers and value is not None and value[:1] == b"{" and lacks_envelope(value)
        if is_plain or not opener.may_open(foreign):
            return bare(foreign, options)
        found = opener.open(foreign)
        if isinstance(found, Translation):
            return found
        try:
            return either(found.foreign, options)
        except Unreadable:
            if found.is_tombstone:
                return Translation((), TOMBSTONE)
            if found.is_nameless:
                raise Unreadable(
                    source.name, "the record", "null, without a key that says which row", _KEYLESS
                ) from None
            raise

    inner: Callable[[Options], Sampling] | None = source.sampled
    quick = usual if is_any else None
    return replace(
        source,
        read=unusual if quick is None else _either(quick, unusual),
        sampled=lambda options: _Sampled(inner(options) if inner else None, opener),
        usual=quick,
        unusual=unusual,
    )
