"""Topic `subscriptions`: recurring payments."""

from typing import Annotated, Final, Literal, Self

from annotated_types import Ge, Le
from pydantic import ConfigDict, WithJsonSchema, model_validator

from schemas.base import (
    Amount,
    AnyCause,
    AnyReason,
    Contract,
    Currency,
    Event,
    Id,
    Instant,
    Name,
    Percent,
    Price,
    any_word,
)
from schemas.family import Family
from schemas.written import Schema, open_enumeration

Count = Annotated[int, Ge(0), Le(10**9)]
Status = Literal["trialing", "active", "past_due", "other"]
"""With `other`, a start counts as active, and a change keeps the status."""
Interval = Literal["day", "week", "month", "quarter", "year"]
IntervalCount = Annotated[int, Ge(1), Le(120)]
Duration = Literal["once", "repeating", "forever", "other"]
_GIVEN: Final[Schema] = {"not": {"type": "null"}}


def _given(*names: str, **others: Schema) -> Schema:
    """Return the schema of a record in which these fields are present."""
    return {"required": [*names, *others], "properties": {**dict.fromkeys(names, _GIVEN), **others}}


class PricedItem(Contract):
    """One recurring line: unit price, in major units, times quantity."""

    price: Price
    quantity: Count = 1
    metered: bool = False
    interval: Interval | None = None
    """Billing interval of this line, if it differs from that of the subscription."""
    interval_count: IntervalCount | None = None


class Discount(Contract):
    """A discount, by percent or amount. It lowers MRR if it lasts forever or for at least two billing periods."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_given("percent"), _given("amount")]})

    percent: Percent | None = None
    amount: Amount | None = None
    duration: Annotated[Duration, any_word(Duration), WithJsonSchema(open_enumeration(Duration))] | None = None
    """If absent, it follows from the number of `periods`."""
    periods: Count = 1
    ends_at: Instant | None = None
    """When it ends, where that is known. With a single period it counts if the subscription's second billing period,
    from the event on, begins more than a day before."""

    @model_validator(mode="after")
    def lowers_something(self) -> Self:
        """Return the discount; raise `ValueError` unless exactly one of `percent` and `amount` is given."""
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a discount needs either `percent` or `amount`")
        return self


class Terms(Event):
    """The terms of a subscription in a start or a change: `mrr`, or items with an interval and discounts.

    A field that a change leaves out keeps its value; `discounts: []` removes all discounts.
    """

    subscription_id: Id
    mrr: Amount | None = None
    items: list[PricedItem] | None = None
    interval: Interval | None = None
    interval_count: IntervalCount | None = None
    discounts: list[Discount] | None = None
    plan: Name | None = None
    status: Annotated[Status, any_word(Status), WithJsonSchema(open_enumeration(Status))] | None = None
    trial_end: Instant | None = None
    seats: Count | None = None
    term_end: Instant | None = None
    auto_renew: bool | None = None


_OF_ITS_OWN: Final[Schema] = {"type": "array", "minItems": 1, "items": _given("interval")}


_CHANGES: Final = (
    "mrr",
    "plan",
    "status",
    "items",
    "interval",
    "interval_count",
    "discounts",
    "currency",
    "trial_end",
    "term_end",
    "seats",
    "auto_renew",
)
"""The fields that a change may set, the most common first."""


class SubscriptionStarted(Terms):
    """A subscription began. It must state what is paid; for a free plan, `mrr` is "0"."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _given("mrr"),
                _given("interval", items={"type": "array", "minItems": 1}),
                _given(items=_OF_ITS_OWN),
            ]
        }
    )

    type: Literal["subscription.started"]
    currency: Currency

    @model_validator(mode="after")
    def says_what_is_paid(self) -> Self:
        """Return the start; raise `ValueError` if it does not state what is paid: it would count as 0 unnoticed."""
        if self.mrr is not None:
            return self
        if not self.items:
            raise ValueError('the price is missing: give `mrr` ("0" for a free plan), or `items` with an `interval`')
        if self.interval is None and any(item.interval is None for item in self.items):
            raise ValueError("`interval` is missing: give it for the subscription, or for each of its `items`")
        return self


class SubscriptionChanged(Terms):
    """Terms changed; fields that are left out keep their values."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_given(name) for name in _CHANGES]})

    type: Literal["subscription.changed"]
    currency: Currency | None = None

    @model_validator(mode="after")
    def says_what_changes(self) -> Self:
        """Return the change; raise `ValueError` if it sets no field that is read."""
        if all(getattr(self, name) is None for name in _CHANGES):
            raise ValueError(f"the event changes nothing: it has none of {', '.join(_CHANGES)}")
        return self


class SubscriptionPaused(Event):
    """Service and payment are paused, until `until` if that is known."""

    type: Literal["subscription.paused"]
    subscription_id: Id
    until: Instant | None = None


class SubscriptionResumed(Event):
    """A pause ended."""

    type: Literal["subscription.resumed"]
    subscription_id: Id


class SubscriptionRenewed(Event):
    """The subscription was renewed for another term, on the same conditions."""

    type: Literal["subscription.renewed"]
    subscription_id: Id
    term_end: Instant | None = None


class SubscriptionEnded(Event):
    """A subscription reached its end."""

    type: Literal["subscription.ended"]
    subscription_id: Id
    cause: AnyCause = "unknown"
    reason: AnyReason = "other"


SUBSCRIPTIONS: Final = Family(
    "subscriptions",
    (
        SubscriptionStarted,
        SubscriptionChanged,
        SubscriptionPaused,
        SubscriptionResumed,
        SubscriptionRenewed,
        SubscriptionEnded,
    ),
    open_words=("cause", "duration", "reason", "status"),
)
