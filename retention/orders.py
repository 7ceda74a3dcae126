"""The orders of a customer, and when they make it an active one on the basis `purchase`."""

from typing import Final, Optional

from retention.calendar import DAY, NEVER, Calendar, Instant
from retention.identity import KeptId
from retention.kept import Kept, KeptFact
from retention.spans import Span, merged

MAX_ORDERS: Final = 200
MAX_REFUNDS: Final = 100
"""Of all orders of a customer together, and of orders that were never seen."""


class Refund(KeptFact, frozen=True):
    """Money given back. `amount` is in minor units; None gives back all of it."""

    event: KeptId
    at: Instant
    amount: "Optional[int]"


class Order(Kept):
    """One order. `at` is `NEVER` while only its refund is known."""

    at: Instant
    event_id: KeptId
    amount: int
    currency: str
    refunds: "list[Refund]" = []

    def dated(self) -> Instant:
        """Give when it was ordered; while that is not known, when it was last refunded."""
        return self.at if self.at != NEVER else max(refund.at for refund in self.refunds)

    def refunded_at(self) -> Instant:
        """Give the instant since which nothing of the order is left, or `NEVER`."""
        if not self.refunds:
            return NEVER
        left = self.amount
        for refund in sorted(self.refunds, key=lambda r: (r.at, r.event)):
            left = 0 if refund.amount is None else left - refund.amount
            if left <= 0:
                return refund.at
        return NEVER


Orders = dict[bytes, Order]
"""By the digest of the order id."""


def known(orders: Orders) -> list[Order]:
    """Give the orders that were seen themselves, in order of time."""
    return sorted((order for order in orders.values() if order.at != NEVER), key=lambda o: (o.at, o.event_id))


def activity(orders: Orders, calendar: Calendar, window_days: int) -> list[Span]:
    """Give when there was an order within the window, not fully refunded (metrics.md, basis `purchase`)."""
    # The calendar is asked only where a span may end: most orders come long before the window of the last one is over.
    surely = (window_days - 1) * DAY
    spans: list[Span] = []
    start = last = -NEVER
    for at, refunded in sorted([(o.at, o.refunded_at() if o.refunds else NEVER) for o in orders.values()]):
        if at == NEVER:
            break
        if refunded != NEVER:
            spans.append((at, min(calendar.add_days(at, window_days), refunded)))
        elif at - last < surely:
            last = at
        else:
            if last != -NEVER:
                spans.append((start, calendar.add_days(last, window_days)))
            start = last = at
    if last != -NEVER:
        spans.append((start, calendar.add_days(last, window_days)))
    return merged(spans)


def prune(orders: Orders, before: Instant) -> None:
    """Forget what lies before the horizon. A refund that still waits for its order goes with its own date."""
    for key, order in list(orders.items()):
        if order.dated() < before:
            del orders[key]


def bound(orders: Orders, calendar: Calendar, window_days: int) -> int:
    """Keep at most `MAX_ORDERS`: drop the oldest that leave the activity as it is. Give how many went.

    An order may go if what was kept before it reaches its end, or reaches the next order, which lasts at least as long.
    """
    surplus = len(orders) - MAX_ORDERS * 3 // 4
    keys = {id(order): key for key, order in orders.items()}
    lasting = [(o.at, min(calendar.add_days(o.at, window_days), o.refunded_at()), keys[id(o)]) for o in known(orders)]
    reached, dropped = -NEVER, 0
    for place, (at, end, key) in enumerate(lasting):
        if dropped >= surplus:
            break
        following, lasts = lasting[place + 1][:2] if place + 1 < len(lasting) else (NEVER, NEVER)
        if end <= max(at, reached) or (following <= reached and lasts >= end):
            del orders[key]
            dropped += 1
        else:
            reached = max(reached, end)
    return dropped
