"""From bytes to events: the fast decoder, derived from the contracts, and the slow one that explains a refusal."""

import types
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from schemas.base import SourceHeartbeat
from schemas.families import TOPIC_OF, UNSUPPORTED, Family, type_of

MAX_BYTES: Final = 1_048_576
MAX_NESTING: Final = 32
_BRACE: Final = b"{"[0]
_BRACKET: Final = b"["[0]
_field: Final[Any] = msgspec.field  # which is typed as what it stands for
_raw_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Refused(Exception):
    """Raised for bytes that break a contract. The stream goes on; the record goes to dead letters."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Decoder:
    """Decode the records of one topic.

    The structs come from the pydantic contracts and carry the same attributes, so callers see those contracts.
    They take 1.3 µs an event where pydantic takes 12.5 (benchmarks/parts.py).
    """

    def __init__(self, family: Family) -> None:
        contracts: tuple[type[BaseModel], ...] = (*family.contracts, SourceHeartbeat)
        self.family = family
        structs = [_derived(contract) for contract in contracts]
        self._fast = msgspec.json.Decoder(Union[tuple(s.struct for s in structs)])  # noqa: UP007 - built at run time
        self._checks = {s.struct: s.checks for s in structs}
        self._slow: dict[str, TypeAdapter[BaseModel]] = {type_of(c): TypeAdapter(c) for c in contracts}
        self._names = {
            adapter: tuple(c.model_fields) for adapter, c in zip(self._slow.values(), contracts, strict=True)
        }

    def decode(self, value: bytes | None) -> Any:  # noqa: ANN401 - one of the contracts of the family
        """Read one value; raise `Refused` with the reason and pydantic's own error."""
        if value is None or len(value) > MAX_BYTES:
            raise _unreadable(value)
        _require_utf8(value)
        try:
            event = self._fast.decode(value)
            for name, check in self._checks[type(event)]:
                field = getattr(event, name)
                if field is not None:
                    check(field)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            self.explain(value)
            raise Refused("contract", str(error)) from error
        # By number: `in` of bytes in bytes tries that first, and formats an error to drop it (3 % of an event); `find`
        # makes a tuple of what it is asked (79 for 34 ns).
        if (_BRACKET in value or _BRACE in value[1:]) and nests_more(value):
            raise Refused("too_deep", f"nested more than {MAX_NESTING} levels")
        return event

    def explain(self, value: bytes) -> BaseModel:
        """Read one value with pydantic: the contract itself, or `Refused` with its exact error."""
        _require_utf8(value)
        fields = self._fields(value)
        if nesting(value) > MAX_NESTING:
            raise Refused("too_deep", f"nested more than {MAX_NESTING} levels")
        contract = self._slow[self._known_type(fields)]
        # Only known fields are parsed, as by the fast decoder: what is in the others is nobody's business.
        document = {name: fields[name] for name in self._names[contract] if name in fields}
        try:
            return contract.validate_python({name: msgspec.json.decode(raw) for name, raw in document.items()})
        except ValidationError as error:
            raise Refused("contract", _summary(error)) from error
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise Refused("not_json", str(error)) from error

    def _fields(self, value: bytes) -> dict[str, msgspec.Raw]:
        try:
            return _raw_fields(value)
        except msgspec.ValidationError as error:
            raise Refused("contract", f"expected a JSON object: {error}") from error
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise Refused("not_json", str(error)) from error

    def _known_type(self, fields: dict[str, msgspec.Raw]) -> str:
        try:
            kind = msgspec.json.decode(fields["type"], type=str)
        except KeyError as error:
            raise Refused("contract", "type: Field required") from error
        except msgspec.ValidationError as error:
            raise Refused("contract", "type: Input should be a valid string") from error
        if kind in self._slow:
            return kind
        if kind in UNSUPPORTED:
            raise Refused("unsupported", f"{kind} is in the catalogue, but this version does not read it")
        if kind in TOPIC_OF:
            raise Refused("unknown_type", f"{kind} belongs on topic {TOPIC_OF[kind]}, not on {self.family.topic}")
        raise Refused("unknown_type", f"{kind!r} is no event type of the catalogue")


def nests_more(value: bytes) -> bool:
    """Tell whether a value is nested more than it may be; counting is dear, so first whether it could be."""
    return value.count(b"{") + value.count(b"[") > MAX_NESTING and nesting(value) > MAX_NESTING


def nesting(value: bytes) -> int:
    """Depth of the deepest array or object.

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


def _require_utf8(value: bytes) -> None:
    """Refuse what is not UTF-8 as a whole: the parser itself looks only at the strings that it keeps."""
    if not value.isascii():
        try:
            value.decode()
        except UnicodeDecodeError as error:
            raise Refused("not_json", f"not UTF-8: {error.reason} at byte {error.start}") from error


def _unreadable(value: bytes | None) -> Refused:
    if value is None:
        return Refused("not_json", "the record has no value")
    return Refused("too_large", f"{len(value):,} bytes; at most {MAX_BYTES:,} are read")


def _summary(error: ValidationError) -> str:
    """One line a fault. The input is left out: it may be personal data."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'value'}: {e['msg']}" for e in error.errors(include_input=False)
    )


class _Derived(NamedTuple):
    struct: type[Any]
    checks: tuple[tuple[str, Callable[[Any], Any]], ...]


def _derived(contract: type[BaseModel], *, tagged: bool = True) -> _Derived:
    """Build the msgspec struct of a contract, and the checks of its fields that only Python can make."""
    fields: list[Any] = []
    checks: list[tuple[str, Callable[[Any], Any]]] = []
    for name, field in contract.model_fields.items():
        if name == "type":
            continue
        checks += [(name, validator.func) for validator in _validators(field)]  # type: ignore[misc]
        fields.append(_struct_field(name, field))
    extra: dict[str, Any] = {"tag_field": "type", "tag": type_of(contract)} if tagged else {}
    namespace = {"type": type_of(contract)} if tagged else {}
    fields.sort(key=len)  # required ones first, as msgspec wants them
    struct = msgspec.defstruct(contract.__name__, fields, namespace=namespace, frozen=True, gc=False, **extra)
    return _Derived(struct, tuple(checks))


def _struct_field(name: str, field: FieldInfo) -> tuple[Any, ...]:
    kind = _kind(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
    if field.default is PydanticUndefined:
        return (name, kind)
    if field.default == []:
        return (name, kind, _field(default_factory=list))
    return (name, kind, field.default)


def _validators(field: FieldInfo) -> list[AfterValidator]:
    found = [m for m in field.metadata if isinstance(m, AfterValidator)]
    for argument in get_args(field.annotation):
        found += [m for m in getattr(argument, "__metadata__", ()) if isinstance(m, AfterValidator)]
    return found


def _kind(annotation: Any) -> Any:  # noqa: ANN401 - annotations are what they are
    """Translate an annotation of pydantic into one of msgspec."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _derived(annotation, tagged=False).struct
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _constrained(arguments[0], arguments[1:])
    if origin in {Union, types.UnionType}:
        return Union[tuple(_kind(a) for a in arguments)]  # noqa: UP007 - built at run time
    if origin is list:
        return list[_kind(arguments[0])]  # type: ignore[misc]
    if origin is Literal or annotation in {str, int, bool, type(None)}:
        return annotation
    raise TypeError(f"no fast decoding for {annotation!r}: add it to schemas/decoding.py")


def _constrained(kind: Any, metadata: tuple[Any, ...]) -> Any:  # noqa: ANN401
    if kind is datetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    limits: dict[str, Any] = {}
    for constraint in metadata:
        match constraint:
            case StringConstraints():
                limits |= {"min_length": constraint.min_length, "max_length": constraint.max_length}
            case Ge():
                limits["ge"] = constraint.ge
            case Le():
                limits["le"] = constraint.le
            case MinLen():
                limits["min_length"] = constraint.min_length
            case MaxLen():
                limits["max_length"] = constraint.max_length
            case AfterValidator() | BeforeValidator():
                pass
            case _:
                raise TypeError(f"no fast decoding for {constraint!r}: add it to schemas/decoding.py")
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    return Annotated[_kind(kind), msgspec.Meta(**limits)] if limits else _kind(kind)
