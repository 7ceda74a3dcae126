"""Field types and base classes that the contracts of all inbound events share."""

from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal, get_args

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from schemas import written
from schemas.checks import (
    confidence,
    digits,
    exact,
    exact_price,
    in_upper_case,
    iso_4217,
    month_or_day,
    no_float,
    not_before_1970,
    percent,
    plain_percent,
    plain_sentiment,
    printable,
    pseudonymous,
    rise,
    sentiment,
    to_microseconds,
)

OTHER: Final = "other"
"""The value that an unknown word of an open enumeration is read as."""
_RFC3339: Final = Annotated[datetime, msgspec.Meta(tz=True)]


def _instant(value: object) -> object:
    """Read an RFC 3339 time as the fast decoder does, but drop digits finer than a microsecond."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.convert(to_microseconds(value), _RFC3339)
    except msgspec.ValidationError as error:
        if "timezone" in str(error):
            raise ValueError("it has no offset: add Z, or an offset such as +02:00") from error
        raise ValueError("it is no time such as 2026-03-01T09:30:00Z") from error


def any_word(known: object) -> BeforeValidator:
    """Return a validator that reads an unknown word as `other`, and adds the field's name to the validation context."""
    words = frozenset(get_args(known))

    def read(value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str) or value in words:
            return value
        if info.context is not None:
            info.context.append(info.field_name)
        return OTHER

    return BeforeValidator(read)


# A `BeforeValidator` accepts other ways to write a value, and leaves the canonical one alone: the fast decoder reads
# only the canonical one. An `AfterValidator` raises or returns its value unchanged: both decoders call it.
Text128 = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Name = Annotated[Text128, BeforeValidator(digits), WithJsonSchema(written.NAME)]
Id = Annotated[Text128, BeforeValidator(digits), AfterValidator(printable), WithJsonSchema(written.ID)]
CustomerId = Annotated[
    Text128, BeforeValidator(digits), AfterValidator(pseudonymous), WithJsonSchema(written.CUSTOMER_ID)
]
Text = Annotated[str, StringConstraints(max_length=65_536)]
Instant = Annotated[
    datetime, BeforeValidator(_instant), AfterValidator(not_before_1970), WithJsonSchema(written.INSTANT)
]
Amount = Annotated[str | int, BeforeValidator(no_float), AfterValidator(exact), WithJsonSchema(written.AMOUNT)]
Price = Annotated[str | int, BeforeValidator(no_float), AfterValidator(exact_price), WithJsonSchema(written.PRICE)]
Percent = Annotated[str | int, BeforeValidator(plain_percent), AfterValidator(percent), WithJsonSchema(written.PERCENT)]
Rise = Annotated[str | int, BeforeValidator(plain_percent), AfterValidator(rise), WithJsonSchema(written.RISE)]
"""A percentage that may be more than 100."""
Sentiment = Annotated[
    str | int, BeforeValidator(plain_sentiment), AfterValidator(sentiment), WithJsonSchema(written.SENTIMENT)
]
Confidence = Annotated[
    str | int, BeforeValidator(plain_percent), AfterValidator(confidence), WithJsonSchema(written.CONFIDENCE)
]
MonthOrDay = Annotated[str, AfterValidator(month_or_day), WithJsonSchema(written.MONTH_OR_DAY)]
Currency = Annotated[str, BeforeValidator(in_upper_case), AfterValidator(iso_4217), WithJsonSchema(written.CURRENCY)]
Reason = Literal[
    "price",
    "missing_feature",
    "switched_service",
    "unused",
    "customer_service",
    "too_complex",
    "low_quality",
    "other",
]
AnyReason = Annotated[Reason, any_word(Reason), WithJsonSchema(written.open_enumeration(Reason))]
Cause = Literal["voluntary", "involuntary", "erased", "unknown"]
"""Why service ended, as output events say it."""
CauseRead = Literal[Cause, "other"]
"""As inbound events say it. An unknown word is read as `other`, and goes out as `unknown`."""
AnyCause = Annotated[CauseRead, any_word(CauseRead), WithJsonSchema(written.open_enumeration(CauseRead))]


class Contract(BaseModel):
    """A frozen, strict piece of the contract. Unknown fields are ignored: producers may be newer than this version.

    `null` in an optional field is read as if the field were absent: many programs write it for a value they lack.
    """

    # A validator is built when it is first needed: nearly all events are read by the fast decoder alone.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, value: object) -> object:
        """Return the value without optional fields that are null."""
        if not isinstance(value, dict):
            return value
        fields = cls.model_fields
        return {
            name: one
            for name, one in value.items()
            if one is not None or name not in fields or fields[name].is_required()
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the JSON Schema of a contract, in which optional fields may be null."""
        found = handler(core)
        schema = handler.resolve_ref_schema(found)
        for name, field in schema.get("properties", {}).items():
            if name not in schema.get("required", ()) and {"type": "null"} not in field.get("anyOf", ()):
                schema["properties"][name] = {"anyOf": [field, {"type": "null"}]}
        return found


class Event(Contract):
    """The fields of every customer event. Each event type has its own literal `type`."""

    unknown_words: ClassVar[tuple[str, ...]] = ()
    """Names of the fields whose word was unknown and read as `other`."""

    type: str
    event_id: Id
    customer_id: CustomerId
    occurred_at: Instant
    source: Name | None = None
    channel: Name | None = None
    user_id: Id | None = None
    synthetic: bool = False
    backfill: bool = False


class SourceHeartbeat(Contract):
    """Sent by a source: no event older than `occurred_at` follows on this partition."""

    type: Literal["source.heartbeat"]
    occurred_at: Instant
    source: Name | None = None
