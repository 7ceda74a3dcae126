"""Topic `subscriptions`: what is paid again and again."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from schemas.base import Amount, Cause, Contract, Currency, Event, Instant, Name, Reason

Count = Annotated[int, Ge(0), Le(10**9)]
Status = Literal["trialing", "active", "past_due"]


class PricedItem(Contract):
    """One recurring line: unit price, in major units, times quantity."""

    price: Amount
    quantity: Count = 1
    metered: bool = False


class Discount(Contract):
    """A rebate. It lowers MRR when it lasts forever or for at least two billing periods."""

    percent: Annotated[int, Ge(0), Le(100)] | None = None
    amount: Amount | None = None
    duration: Literal["once", "repeating", "forever"] = "once"
    periods: Count = 1


class Terms(Event):
    """What a start or a change may say of a subscription: `mrr`, or items with an interval and discounts."""

    subscription_id: Name
    mrr: Amount | None = None
    items: list[PricedItem] | None = None
    interval: Literal["day", "week", "month", "quarter", "year"] | None = None
    interval_count: Annotated[int, Ge(1), Le(120)] = 1
    discounts: list[Discount] = []
    plan: Name | None = None
    status: Status | None = None
    seats: Count | None = None
    term_end: Instant | None = None
    auto_renew: bool | None = None


class SubscriptionStarted(Terms):
    """A subscription began."""

    type: Literal["subscription.started"]
    currency: Currency


class SubscriptionChanged(Terms):
    """Terms changed; what is not said keeps its value."""

    type: Literal["subscription.changed"]
    currency: Currency | None = None


class SubscriptionPaused(Event):
    """Service and payment rest, until `until` where that is known."""

    type: Literal["subscription.paused"]
    subscription_id: Name
    until: Instant | None = None


class SubscriptionResumed(Event):
    """A pause ended."""

    type: Literal["subscription.resumed"]
    subscription_id: Name


class SubscriptionRenewed(Event):
    """A new term began on the same terms."""

    type: Literal["subscription.renewed"]
    subscription_id: Name
    term_end: Instant | None = None


class SubscriptionEnded(Event):
    """A subscription reached its end."""

    type: Literal["subscription.ended"]
    subscription_id: Name
    cause: Cause = "unknown"
    reason: Reason = "other"
