"""Topic `cancellations`: asked for, taken back, in effect."""

from typing import Literal

from schemas.base import Cause, Event, Name, Reason


class CancellationRequested(Event):
    """A customer asked to leave. Nothing ends yet: the request is only a signal."""

    type: Literal["cancellation.requested"]
    subscription_id: Name | None = None
    reason: Reason = "other"
    at_period_end: bool = True


class CancellationRevoked(Event):
    """A customer took the request back."""

    type: Literal["cancellation.revoked"]
    subscription_id: Name | None = None


class CancellationEffective(Event):
    """Service ended; without a subscription, the whole relationship."""

    type: Literal["cancellation.effective"]
    subscription_id: Name | None = None
    cause: Cause = "unknown"
    reason: Reason = "other"
