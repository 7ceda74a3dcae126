"""The fields that events of ours may have, and the kind of values of each: what a mapping may name."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError, WithJsonSchema
from pydantic.fields import FieldInfo

from schemas import written
from schemas.families import CONTRACTS
from sources.mapping.paths import no_such

KINDS: Final = (
    (written.AMOUNT, "amount"),
    (written.PRICE, "price"),
    (written.RATE, "price"),
    (written.INSTANT, "time"),
    (written.CUSTOMER_ID, "customer"),
    (written.ID, "id"),
    (written.ATTRIBUTE, "attribute"),
)
"""What a schema of a contract means for a mapping. All other fields are taken as they stand."""
OUTSIDE: Final = ("type", "event_id", "customer_id", "occurred_at")
"""Fields that stand beside `fields` in a rule."""
_LONGEST_TEXT: Final = 65_536


class Field(NamedTuple):
    """One field of a contract, or of what stands inside one."""

    kind: str
    is_required: bool
    inside: Mapping[str, "Field"] | None = None
    """The fields of an object, or of each object of a list."""


@lru_cache(maxsize=256)
def fields_of(contract: type[BaseModel]) -> Mapping[str, Field]:
    """Return the fields of a contract, by name."""
    return MappingProxyType({name: _field(one) for name, one in contract.model_fields.items()})


def _field(info: FieldInfo) -> Field:
    parts = [*info.metadata, *_parts(info.annotation)]
    model = next((one for one in parts if isinstance(one, type) and issubclass(one, BaseModel)), None)
    if model is not None:
        return Field("object", info.is_required(), fields_of(model))
    schemas = [one.json_schema for one in parts if isinstance(one, WithJsonSchema)]
    named = next((kind for schema, kind in KINDS if any(one is schema for one in schemas)), "")
    return Field(named or _plain_kind(parts), info.is_required())


def _plain_kind(parts: list[Any]) -> str:
    """Return the kind of a field whose schema names none."""
    if any(isinstance(one, StringConstraints) and one.max_length == _LONGEST_TEXT for one in parts):
        return "text"
    if str in parts:
        return "word"
    return "whole" if int in parts else "other"


def _parts(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - of any contract
    """Yield the types and markers of an annotation, at every depth."""
    origin = get_origin(annotation)
    if origin is Literal:
        yield str
    elif origin is None:
        yield annotation
    else:
        for inner in get_args(annotation):
            yield from _parts(inner)


def wrong_with(kind: str, name: str, value: object) -> str:
    """Return what a contract has against a constant; nothing if it takes it. A word that would be `other` is wrong."""
    info = CONTRACTS[kind].model_fields[name]
    unknown: list[str] = []
    try:
        _adapter(kind, name).validate_python(value, context=unknown)
    except ValidationError as error:
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    words = [one for part in (info.annotation, *get_args(info.annotation)) for one in _words(part)]
    return no_such("word", str(value), words) if unknown else ""


def _words(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401 - of any contract
    if get_origin(annotation) is Annotated:
        return _words(get_args(annotation)[0])
    return get_args(annotation) if get_origin(annotation) is Literal else ()


@lru_cache(maxsize=256)
def _adapter(kind: str, name: str) -> TypeAdapter[Any]:
    info = CONTRACTS[kind].model_fields[name]
    return TypeAdapter(info.rebuild_annotation(), config=ConfigDict(strict=True))
