"""The words that every inbound event shares."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from schemas.checks import exact, iso_4217, not_before_1970, pseudonymous

_RFC3339: Final = Annotated[datetime, msgspec.Meta(tz=True)]


def _instant(value: object) -> datetime:
    """Read RFC 3339 exactly as the fast decoder does, so that both give one verdict."""
    if isinstance(value, datetime):
        return value
    try:
        moment: datetime = msgspec.convert(value, _RFC3339)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    return moment


EventId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
CustomerId = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(pseudonymous)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(max_length=65_536)]
Instant = Annotated[datetime, BeforeValidator(_instant), AfterValidator(not_before_1970)]
Amount = Annotated[str | int, AfterValidator(exact)]
Currency = Annotated[str, StringConstraints(min_length=3, max_length=3), AfterValidator(iso_4217)]
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
Cause = Literal["voluntary", "involuntary", "erased", "unknown"]


class Contract(BaseModel):
    """A frozen, strict piece of the contract. Unknown fields are ignored: producers may be newer than we are."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Event(Contract):
    """What every event of a customer carries. Each event has its own `type`, a literal."""

    type: str
    event_id: EventId
    customer_id: CustomerId
    occurred_at: Instant
    source: Name | None = None
    channel: Name | None = None
    user_id: Name | None = None
    synthetic: bool = False
    backfill: bool = False


class SourceHeartbeat(Contract):
    """A writer's promise: nothing older than `occurred_at` follows on this partition."""

    type: Literal["source.heartbeat"]
    occurred_at: Instant
    source: Name | None = None
