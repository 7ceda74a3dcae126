"""Topic `cancellations`: asked for, taken back, in effect."""

from typing import Final, Literal

from schemas.base import AnyCause, AnyReason, Event, Id
from schemas.family import Family


class CancellationRequested(Event):
    """A customer asked to leave. Nothing ends yet: the request is only a signal."""

    type: Literal["cancellation.requested"]
    subscription_id: Id | None = None
    reason: AnyReason = "other"
    at_period_end: bool = True


class CancellationRevoked(Event):
    """A customer took the request back."""

    type: Literal["cancellation.revoked"]
    subscription_id: Id | None = None


class CancellationEffective(Event):
    """Service ended; without a subscription, the whole relationship."""

    type: Literal["cancellation.effective"]
    subscription_id: Id | None = None
    cause: AnyCause = "unknown"
    reason: AnyReason = "other"


CANCELLATIONS: Final = Family(
    "cancellations",
    (CancellationRequested, CancellationRevoked, CancellationEffective),
    open_words=("cause", "reason"),
)
