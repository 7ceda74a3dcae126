"""From bytes to events: a fast decoder for the canonical form, and the pydantic contract for everything else.

Whatever the fast decoder accepts, the contract accepts with the same values (tests/test_contracts.py): its structs and
checks are derived from the contract at every depth. A record that it does not accept goes to the contract, which
decides whether it is valid in another form (an integer for an id, a currency in lower case, a new word) or invalid
(../docs/decisions/0035).
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, DecimalException
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any, Final, Union, get_args

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas import cloud_events
from schemas.base import SourceHeartbeat
from schemas.deriving import derived
from schemas.families import TOPIC_OF, UNSUPPORTED
from schemas.family import Family, type_of
from schemas.instants import microseconds
from schemas.visible import label

MAX_BYTES: Final = 1_048_576
MAX_NESTING: Final = 32
_CUT: Final = "Input data was truncated"
_OPENING: Final = b"{"[0]
_BRACKET: Final = b"["[0]
_AT: Final = b"@"[0]
_BACKSLASH: Final = b"\\"[0]
_DELETE: Final = 0x7F
_TOO_FINE: Final = re.compile(rb":[0-9]{2}\.[0-9]{7}").search
"""Finds a fraction of a second with more digits than msgspec keeps: it would be rounded."""
_ESCAPED: Final = re.compile(rb"\\u00[23]").search
"""Finds a full stop or digit written as an escape, which `_TOO_FINE` would not see."""
_MILLI: Final = 1_000
MISSING: Final = "missing"
"""What is wrong with a field that a record has to have, and has not."""
_NO_TYPE: Final = (
    f'{MISSING}: each event says what it is, as in "type": "login.succeeded"; records of another system need a source'
)
_NEAR: Final = 0.8
_LONGEST_TYPE: Final = 64
_raw_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_raw_items: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Refused(Exception):
    """Raised for a value that breaks its contract. The caller writes the record to the dead letters and goes on."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Decoder:
    """Decodes the records of one topic.

    The structs have the same attributes as the pydantic contracts, so callers may use either. An event in canonical
    form takes 1.3 µs, where pydantic takes 23 (benchmarks/parts.py).
    """

    def __init__(self, family: Family) -> None:
        contracts: tuple[type[BaseModel], ...] = (*family.contracts, SourceHeartbeat)
        self.family = family
        self._derived = {type_of(contract): derived(contract) for contract in contracts}
        self._fast = msgspec.json.Decoder(Union[tuple(d.struct for d in self._derived.values())]).decode  # noqa: UP007 - built at run time
        self._checks = {d.struct: (d.checks, d.wholes, d.check_text) for d in self._derived.values()}
        self._structs = {kind: d.struct for kind, d in self._derived.items()}
        self._contracts: dict[str, TypeAdapter[BaseModel]] = {type_of(c): TypeAdapter(c) for c in contracts}
        self._fields_of = {type_of(c): c for c in contracts}

    def decode(self, value: bytes | None) -> Any:  # noqa: ANN401 - one of the contracts of the family
        """Return the event of one value; raise `Refused` with the reason and pydantic's error."""
        return self.read(value)[0]

    def read(self, value: bytes | None) -> tuple[Any, int]:
        """Return the event of one value, and its time in microseconds since 1970; raise `Refused` as `decode` does."""
        value = _readable(value)
        plain = value.isascii()
        if not plain:
            _require_utf8(value)
        try:
            event = self._fast(value)
            checks, wholes, check_text = self._checks[type(event)]
            for name, check in checks:
                field = getattr(event, name)
                if field is not None:
                    check(field)
            for whole in wholes:
                whole(event)
            if not plain or _AT in value or _DELETE in value or _BACKSLASH in value:
                check_text(event)
                if _ESCAPED(value):
                    return self._in_full(value)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return self._in_full(value)
        at = microseconds(event.occurred_at)
        # msgspec rounds what is finer than a microsecond. Of a time in milliseconds that shows only after a 999, which
        # `partition` finds a little sooner than `find` does, or than it finds the points: it has no bounds to parse.
        if at < 0 or ((at % _MILLI or value.partition(b"999")[1]) and _TOO_FINE(value)):
            return self._in_full(value)
        # By number: `in` of bytes in bytes tries that first, and formats an error to drop it (3 % of an event).
        if (_BRACKET in value or _OPENING in value[1:]) and nests_more(value):
            raise Refused("too_deep", f"nested more than {MAX_NESTING} levels")
        return event, at

    def of_fields(self, kind: str, fields: Mapping[str, object], value: bytes) -> tuple[Any, int] | None:
        """Return what the text of an event would be read as, without that text; None where only the text decides.

        `value` is plain, as `is_plain` says; nothing in the event is text that is not plain or nested deeply.
        """
        struct = self._structs[kind]
        try:
            event = msgspec.convert(fields, struct)
            # As in `read`, and its look at the time below: one function for both costs 2 % of reading an event.
            checks, wholes, _ = self._checks[struct]
            for name, check in checks:
                field = getattr(event, name)
                if field is not None:
                    check(field)
            for whole in wholes:
                whole(event)
        except (msgspec.ValidationError, ValueError):
            return None
        at = microseconds(event.occurred_at)
        if at < 0 or ((at % _MILLI or value.partition(b"999")[1]) and _TOO_FINE(value)):
            return None
        return event, at

    def read_record(self, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> tuple[Any, int]:
        """Return the event of a record and its time: headers of a CloudEvent say what the value may leave out."""
        if value is not None and len(value) <= MAX_BYTES and cloud_events.concerns(headers):
            try:
                value = cloud_events.plain(value, headers)
            except cloud_events.Unusable as error:
                raise Refused("contract", str(error)) from error
        return self.read(value)

    def _in_full(self, value: bytes) -> tuple[Any, int]:
        unknown: list[str] = []
        model = self._read(value, unknown)
        struct = self._derived[model.type].read_with(tuple(unknown))  # type: ignore[attr-defined] # each has one
        event = msgspec.convert(model, struct, from_attributes=True)
        return event, microseconds(event.occurred_at)

    def explain(self, value: bytes) -> BaseModel:
        """Return the event of one value as a pydantic model; raise `Refused` with pydantic's error."""
        return self._read(value, [])

    def _read(self, value: bytes, unknown: list[str]) -> BaseModel:
        """Return the pydantic model of one value, and add the fields whose word is unknown to `unknown`."""
        _require_utf8(value)
        if not value.strip():
            raise Refused("not_json", "the record is empty")
        fields = self._fields(value)
        if nests_more(value):
            raise Refused("too_deep", f"nested more than {MAX_NESTING} levels")
        if cloud_events.is_structured(fields):
            fields = self._fields(_of_cloud_event(fields))
        kind = self._known_type(fields)
        try:
            document = _known(self._fields_of[kind], fields)
            return self._contracts[kind].validate_python(document, context=unknown)
        except ValidationError as error:
            raise Refused("contract", _summary(error)) from error
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise Refused("not_json", _no_json(error)) from error

    def _fields(self, value: bytes) -> dict[str, msgspec.Raw]:
        try:
            return _raw_fields(value)
        except msgspec.ValidationError as error:
            raise Refused("contract", f"expected a JSON object: {error}") from error
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise Refused("not_json", _no_json(error)) from error

    def _known_type(self, fields: dict[str, msgspec.Raw]) -> str:
        try:
            kind = msgspec.json.decode(fields["type"], type=str)
        except KeyError as error:
            raise Refused("contract", f"type: {_NO_TYPE}") from error
        except msgspec.ValidationError as error:
            raise Refused("contract", "type: it is no text") from error
        if kind in self._contracts:
            return kind
        if kind in UNSUPPORTED:
            raise Refused("unsupported", f"{kind} is in the catalogue, but this version does not read it")
        if kind in TOPIC_OF:
            raise Refused("unknown_type", f"{kind} belongs on topic {TOPIC_OF[kind]}, not on {self.family.topic}")
        raise Refused("unknown_type", f"{label(kind)!r} is no event type of the catalogue{_meant(kind)}")


def _of_cloud_event(fields: dict[str, msgspec.Raw]) -> bytes:
    try:
        value = cloud_events.structured(fields)
    except cloud_events.Unusable as error:
        raise Refused("contract", str(error)) from error
    if nests_more(value):  # it may have been in base64
        raise Refused("too_deep", f"nested more than {MAX_NESTING} levels")
    _require_utf8(value)
    return value


def is_plain(value: bytes) -> bool:
    """Report whether nothing in a JSON value has to be looked for in each of its texts: no id is refused by a sign."""
    return value.isascii() and not (_AT in value or _DELETE in value or _BACKSLASH in value)


def nests_more(value: bytes) -> bool:
    """Report whether a value is nested too deeply. Counts brackets first, which is cheaper than finding the depth."""
    return value.count(b"{") + value.count(b"[") > MAX_NESTING and nesting(value) > MAX_NESTING


def nesting(value: bytes) -> int:
    """Return the depth of the deepest array or object.

    >>> nesting(b'{"a": [[1], "[["]}')
    3
    """
    quote, backslash = b'"'[0], b"\\"[0]
    depth = deepest = 0
    quoted = escaped = False
    for byte in value:
        if quoted:
            quoted, escaped = byte != quote or escaped, byte == backslash and not escaped
        elif byte == quote:
            quoted = True
        elif byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _no_json(error: Exception) -> str:
    """Return what to say of text that is no JSON: msgspec has one sentence for two faults."""
    said = str(error)
    return f"{said}, or has half of a character, as \\ud83d alone" if said == _CUT else said


def _require_utf8(value: bytes) -> None:
    """Raise `Refused` if a value is not UTF-8. The parser itself checks only the strings that it keeps."""
    if not value.isascii():
        try:
            value.decode()
        except UnicodeDecodeError as error:
            raise Refused("not_json", f"not UTF-8: {error.reason} at byte {error.start}") from error


def _readable(value: bytes | None) -> bytes:
    """Return the value; raise `Refused` if there is none, or if it is too large."""
    if value is None:
        raise Refused("not_json", "the record has no value")
    if len(value) > MAX_BYTES:
        raise Refused("too_large", f"{len(value):,} bytes; at most {MAX_BYTES:,} are read")
    return value


def _summary(error: ValidationError) -> str:
    """Return the faults in one line, without the input, which may be personal data."""
    return "; ".join(map(_fault, error.errors(include_input=False)))


def _fault(error: Mapping[str, Any]) -> str:
    """Return the field, unless the fault is of the whole record, and what is wrong with it."""
    field = ".".join(map(str, error["loc"]))
    meaning = MISSING if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
    return f"{field}: {meaning}" if field else meaning


def _meant(kind: str) -> str:
    """Return a question with the type whose name is nearest to an unknown one; empty if none is near."""
    near = nearest_type(kind)
    return f"; did you mean {near!r}?" if near else ""


def nearest_type(kind: str) -> str:
    """Return the type of the catalogue whose name is nearest to an unknown one; empty if none is near.

    >>> nearest_type("login.suceeded"), nearest_type("order")
    ('login.succeeded', '')
    """
    return _nearest(kind.lower()) if len(kind) <= _LONGEST_TYPE else ""  # a longer one is not held, either


@lru_cache(maxsize=256)
def _nearest(kind: str) -> str:
    near = get_close_matches(kind, TOPIC_OF, n=1, cutoff=_NEAR)
    return near[0] if near else ""


def _known(contract: type[BaseModel], raw: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Parse the fields that the contract knows; other fields are ignored, as the fast decoder does."""
    fields = raw if isinstance(raw, dict) else _raw_fields(raw)
    return {name: _value(inner, fields[name]) for name, inner in _inners(contract) if name in fields}


def _value(inner: type[BaseModel] | None, raw: Any) -> Any:  # noqa: ANN401 - any JSON
    """Parse a field, and of objects of another contract inside it the fields that this one knows."""
    first = bytes(raw)[:1] if inner is not None else b""
    if inner is not None and first == b"[":
        return [_known(inner, one) for one in _raw_items(raw)]
    if inner is not None and first == b"{":
        return _known(inner, raw)
    return exactly(raw)


@cache
def _inners(contract: type[BaseModel]) -> tuple[tuple[str, type[BaseModel] | None], ...]:
    """Return the fields of a contract, and the contract of the objects inside each. Their types are walked once."""
    return tuple((name, _nested(field.annotation)) for name, field in contract.model_fields.items())


def _nested(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - annotations are what they are
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_nested, get_args(annotation))), None)


def decimal(digits: str) -> Decimal:
    """Return a number by its decimal digits; raise `ValueError` for one that no decimal can hold."""
    try:
        return Decimal(digits)
    except DecimalException as error:
        raise ValueError("a number out of range") from error


exactly: Final = msgspec.json.Decoder(float_hook=decimal).decode
"""Reads numbers by their decimal digits, never as binary floats."""
