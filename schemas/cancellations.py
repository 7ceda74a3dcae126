"""Topic `cancellations`: cancellations requested, revoked and effective."""

from typing import Final, Literal

from schemas.base import AnyCause, AnyReason, Event, Id
from schemas.family import Family


class CancellationRequested(Event):
    """A customer asked to cancel. Service does not end by this: the request raises a signal."""

    type: Literal["cancellation.requested"]
    subscription_id: Id | None = None
    reason: AnyReason = "other"
    at_period_end: bool = True


class CancellationRevoked(Event):
    """A customer withdrew a cancellation request."""

    type: Literal["cancellation.revoked"]
    subscription_id: Id | None = None


class CancellationEffective(Event):
    """Service ended: of one subscription, or of all of them if no `subscription_id` is given."""

    type: Literal["cancellation.effective"]
    subscription_id: Id | None = None
    cause: AnyCause = "unknown"
    reason: AnyReason = "other"


CANCELLATIONS: Final = Family(
    "cancellations",
    (CancellationRequested, CancellationRevoked, CancellationEffective),
    open_words=("cause", "reason"),
)
