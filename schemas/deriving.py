"""From pydantic contracts to fast decoding: msgspec structs, and the checks that only Python code can make."""

import types
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, cast, get_args, get_origin

import msgspec
from annotated_types import Ge, Le
from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from schemas.base import Contract
from schemas.checks import printable, pseudonymous
from schemas.family import type_of

Check = Callable[[Any], object]
"""Raises `ValueError` for a value that the contract rejects."""

HELD_BY_PLAIN_TEXT: Final = frozenset({printable, pseudonymous})
"""Checks that need not run if the whole record is ASCII, without escapes, without `@` and without the control character
127: JSON has no other control characters. Checking the record once is cheaper than checking each id."""

_field: Final[Any] = msgspec.field  # which is typed as what it stands for


class Derived(NamedTuple):
    """The parts of one contract that the fast decoder needs."""

    struct: type[Any]
    checks: tuple[tuple[str, Check], ...]
    """Checks that always run, by field."""
    wholes: tuple[Check, ...]
    """Checks that look at several fields."""
    check_text: Check
    """Further checks of a whole event, which run if the record is not all plain text."""
    read_with: Callable[[tuple[str, ...]], type[Any]]
    """Returns the struct of events in which the words of these fields are unknown."""


@cache
def derived(contract: type[BaseModel]) -> Derived:
    """Return what the fast decoder needs to read the events of a contract."""
    struct = _struct(contract)
    kind = type_of(contract)

    @cache
    def read_with(unknown: tuple[str, ...]) -> type[Any]:
        if not unknown:
            return struct
        namespace = {"type": kind, "unknown_words": unknown}
        options: dict[str, Any] = {"tag_field": "type", "tag": kind, "frozen": True, "gc": False}
        return msgspec.defstruct(contract.__name__, [], bases=(struct,), namespace=namespace, **options)

    checks = tuple(_checks(contract, in_plain_text=True))
    return Derived(struct, checks, _wholes(contract), _of_struct(contract, in_plain_text=False), read_with)


# The structs


@cache
def _struct(contract: type[BaseModel], *, tagged: bool = True) -> type[Any]:
    fields = [_struct_field(name, field) for name, field in contract.model_fields.items() if name != "type"]
    extra: dict[str, Any] = {"tag_field": "type", "tag": type_of(contract)} if tagged else {}
    namespace = {"type": type_of(contract), "unknown_words": ()} if tagged else {}
    fields.sort(key=len)  # required ones first, as msgspec wants them
    return msgspec.defstruct(contract.__name__, fields, namespace=namespace, frozen=True, gc=False, **extra)


def _struct_field(name: str, field: FieldInfo) -> tuple[Any, ...]:
    kind = _kind(_annotation(field))
    if field.default is PydanticUndefined:
        return (name, kind)
    if field.default in ([], {}):
        return (name, kind, _field(default_factory=type(field.default)))
    return (name, kind, field.default)


def _annotation(field: FieldInfo) -> Any:  # noqa: ANN401 - annotations are what they are
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _kind(annotation: Any) -> Any:  # noqa: ANN401 - annotations are what they are
    """Return the msgspec annotation for one of pydantic."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _struct(annotation, tagged=False)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _constrained(arguments[0], arguments[1:])
    if origin in {Union, types.UnionType}:
        return Union[tuple(_kind(a) for a in arguments)]  # noqa: UP007 - built at run time
    if origin is list:
        return list[_kind(arguments[0])]  # type: ignore[misc] # built at run time
    if origin is dict:
        return dict[_kind(arguments[0]), _kind(arguments[1])]  # type: ignore[misc] # built at run time
    if origin is Literal or annotation in {str, int, bool, type(None)}:
        return annotation
    raise TypeError(f"no fast decoding for {annotation!r}: add it to schemas/deriving.py")


def _constrained(kind: Any, metadata: tuple[Any, ...]) -> Any:  # noqa: ANN401 - annotations are what they are
    limits: dict[str, Any] = {"tz": True} if kind is datetime else {}
    for constraint in metadata:
        match constraint:
            case StringConstraints(strip_whitespace=None, to_upper=None, to_lower=None, strict=None, pattern=None):
                limits |= {"min_length": constraint.min_length, "max_length": constraint.max_length}
            case Ge():
                limits["ge"] = constraint.ge
            case Le():
                limits["le"] = constraint.le
            case AfterValidator() | BeforeValidator() | WithJsonSchema():
                pass  # checked below; read by pydantic alone; only described
            case _:
                raise TypeError(f"no fast decoding for {constraint!r}: add it to schemas/deriving.py")
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    inner = datetime if kind is datetime else _kind(kind)
    return Annotated[inner, msgspec.Meta(**limits)] if limits else inner


# The checks


def _checks(contract: type[BaseModel], *, in_plain_text: bool) -> list[tuple[str, Check]]:
    """Return the checks of the fields of a contract, by field."""
    checks: list[tuple[str, Check]] = []
    for name, field in contract.model_fields.items():
        if name == "occurred_at":  # every record has it: the decoder itself looks at it
            continue
        check = _check_of(_annotation(field), in_plain_text=in_plain_text)
        if check is not None:
            checks.append((name, check))
    return checks


def _check_of(annotation: Any, *, in_plain_text: bool) -> Check | None:  # noqa: ANN401 - annotations are what they are
    """Return the check of a value, at every depth; None if there is nothing to check."""
    if annotation is datetime:
        return in_milliseconds if in_plain_text else None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _of_struct(annotation, in_plain_text=in_plain_text)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        asked = [cast("Check", m.func) for m in arguments[1:] if isinstance(m, AfterValidator)]
        asked = [check for check in asked if (check not in HELD_BY_PLAIN_TEXT) == in_plain_text]
        inner = _check_of(arguments[0], in_plain_text=in_plain_text)
        return _all([inner, *asked] if inner is not None else asked)
    found = [check for a in arguments if (check := _check_of(a, in_plain_text=in_plain_text)) is not None]
    if not found or origin is Literal:
        return None
    if origin is list and get_origin(arguments[0]) not in {Union, types.UnionType}:
        return _of_each(found[0])
    if origin in {Union, types.UnionType} and len(found) == 1 and len(arguments) == 2 and type(None) in arguments:  # noqa: PLR2004 - a type, or None
        return found[0]
    raise TypeError(f"no fast decoding for {annotation!r}: add it to schemas/deriving.py")


def in_milliseconds(value: datetime) -> datetime:
    """Raise `ValueError` for a time finer than a millisecond, so that pydantic reads it: msgspec may have rounded it.

    A time that ends in .999999… may have been rounded up to whole milliseconds: the decoder looks for that itself.
    """
    if value.microsecond % 1_000:
        raise ValueError("a time that is finer than a millisecond")
    return value


def _all(checks: list[Check]) -> Check | None:
    if len(checks) < 2:  # noqa: PLR2004 - not several
        return checks[0] if checks else None

    def check_all(value: Any) -> None:  # noqa: ANN401 - any field
        for check in checks:
            check(value)

    return check_all


def _of_each(check: Check) -> Check:
    def check_each(values: list[Any]) -> None:
        for value in values:
            check(value)

    return check_each


def _of_struct(contract: type[BaseModel], *, in_plain_text: bool) -> Check:
    checks = _checks(contract, in_plain_text=in_plain_text)
    wholes = _wholes(contract) if in_plain_text else ()

    def check_all(struct: Any) -> None:  # noqa: ANN401 - a struct made at run time
        for name, check in checks:
            value = getattr(struct, name)
            if value is not None:
                check(value)
        for whole in wholes:
            whole(struct)

    return check_all


def _wholes(contract: type[BaseModel]) -> tuple[Check, ...]:
    """Return the checks of a contract that look at several fields."""
    decorators = contract.__pydantic_decorators__
    if decorators.field_validators or decorators.validators or decorators.root_validators:
        raise TypeError(f"no fast decoding for the decorators of {contract!r}: write `Annotated[…, AfterValidator(…)]`")
    # The fast decoder reads no null where one has to be left out: such a record is decided by the contract itself.
    models = [one for name, one in decorators.model_validators.items() if name != Contract.without_nulls.__name__]
    if any(one.info.mode != "after" for one in models):
        raise TypeError(f"no fast decoding for the validators of {contract!r}: only mode 'after' sees what is read")
    return tuple(cast("Check", one.func) for one in models)
