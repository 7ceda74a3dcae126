"""The words that every inbound event shares, and the checks that no type system can express."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from schemas.currencies import DECIMALS

_RFC3339: Final = Annotated[datetime, msgspec.Meta(tz=True)]
_FIRST_YEAR: Final = 1970
_LARGEST: Final = 10**15
_DECIMAL: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def _instant(value: object) -> datetime:
    """Read RFC 3339 exactly as the fast decoder does, so that both give one verdict."""
    if isinstance(value, datetime):
        return value
    try:
        moment: datetime = msgspec.convert(value, _RFC3339)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    return moment


def _pseudonymous(value: str) -> str:
    """Refuse e-mail addresses: a customer id travels through topics, logs and state, and must not name a person."""
    if "@" in value:
        raise ValueError("a customer id must be a pseudonym, not an e-mail address")
    return value


def _not_before_1970(value: datetime) -> datetime:
    """Refuse instants before the epoch: they are zero or negative clocks, not history."""
    if value.year < _FIRST_YEAR:
        raise ValueError("an event cannot have happened before 1970")
    return value


def _iso_4217(value: str) -> str:
    if value not in DECIMALS:
        raise ValueError(f"{value!r} is not an ISO 4217 currency code")
    return value


def _exact(value: str | int) -> str | int:
    """Refuse what is no plain, non-negative decimal: no sign, no exponent, no binary float, no NaN."""
    if isinstance(value, int):
        if not 0 <= value <= _LARGEST:
            raise ValueError(f"an amount lies between 0 and {_LARGEST:,}")
    elif not _DECIMAL.fullmatch(value):
        raise ValueError("an amount is a decimal string such as '29.90' or an integer, without sign or exponent")
    return value


EventId = Annotated[str, StringConstraints(min_length=1, max_length=128)]
CustomerId = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_pseudonymous)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(max_length=65_536)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
OccurredAt = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_not_before_1970)]
Amount = Annotated[str | int, AfterValidator(_exact)]
Currency = Annotated[str, StringConstraints(min_length=3, max_length=3), AfterValidator(_iso_4217)]
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
    occurred_at: OccurredAt
    source: Name | None = None
    channel: Name | None = None
    user_id: Name | None = None
    synthetic: bool = False
    backfill: bool = False


class SourceHeartbeat(Contract):
    """A writer's promise: nothing older than `occurred_at` follows on this partition."""

    type: Literal["source.heartbeat"]
    occurred_at: OccurredAt
    source: Name | None = None
