"""The deliveries of a customer: troubles with orders, and the newest arrivals.

troubles    2 March   o-77  delayed       12 of them, the newest, with the ids of their events
            9 March   o-71  refunded
arrivals    3 March   o-76                 6 of them, the newest: each ends what went wrong before it

An arrival is known by its order and its instant, so its event is not stored.
"""

from typing import Final, Literal

from retention.calendar import Instant
from retention.identity import KeptId, unpacked
from retention.structs import Kept, KeptFact

MAX_TROUBLES: Final = 12
MAX_ARRIVALS: Final = 6

DELAYED: Final = "d"
REFUNDED: Final = "r"
TroubleKind = Literal["d", "r"]


class Trouble(KeptFact, frozen=True):
    """One order that will not arrive when promised, or was paid back."""

    at: Instant
    event_id: KeptId
    order: bytes
    """The digest of its id."""
    kind: "TroubleKind"


class Arrival(KeptFact, frozen=True):
    """One order that arrived."""

    at: Instant
    order: bytes


class Deliveries(Kept):
    """The troubles and the newest arrivals of a customer, each in order of time."""

    troubles: "list[Trouble]" = []
    arrivals: "list[Arrival]" = []


def order_of(trouble: Trouble) -> tuple[Instant, str, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return trouble.at, unpacked(trouble.event_id), trouble.kind


def prune(deliveries: Deliveries, before: Instant) -> None:
    """Drop what lies before the horizon."""
    deliveries.troubles = [trouble for trouble in deliveries.troubles if trouble.at >= before]
    deliveries.arrivals = [arrival for arrival in deliveries.arrivals if arrival.at >= before]


def bound(deliveries: Deliveries) -> int:
    """Keep the newest troubles and arrivals; return how many troubles were dropped: of arrivals no more are needed."""
    surplus = max(0, len(deliveries.troubles) - MAX_TROUBLES)
    deliveries.troubles = deliveries.troubles[surplus:]
    deliveries.arrivals = deliveries.arrivals[-MAX_ARRIVALS:]
    return surplus


def joined(one: Deliveries, other: Deliveries) -> Deliveries:
    """Return the deliveries of two customers together, each in order of time."""
    return Deliveries(sorted({*one.troubles, *other.troubles}, key=order_of), sorted({*one.arrivals, *other.arrivals}))
