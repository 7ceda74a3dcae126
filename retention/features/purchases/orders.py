"""Keeps the orders of a customer, and says when they make it an active one on the basis `purchase`.

    orders       a         b                    c          refund of c
    active       [──────── 90 days after b)     [──────────)

Rule: an order makes its customer active for as many local days as the window has, and no longer than until it is fully
refunded. A refund that comes before its order waits for it; in another currency it refunds nothing. An order that is
reported twice counts as the earlier report says.

Reason: orders and refunds come in any order, and late. If there are more orders than are kept, those are dropped first
without which the spans stay the same.
"""

from typing import Final, Optional

from retention import ordering
from retention.calendar import DAY, NEVER, Calendar, Instant
from retention.errors import Rejected
from retention.identity import KeptId, unpacked
from retention.money import minor_units
from retention.policy import Policy
from retention.spans import Span, merged
from retention.state.customer import Customer
from retention.structs import Kept, KeptFact
from schemas.currencies import DECIMALS

MAX_ORDERS: Final = 200
MAX_REFUNDS: Final = 100
"""Refunds of all orders of a customer together, and of orders that were never seen."""


class Refund(KeptFact, frozen=True):
    """A refund. It must be in its order's currency (metrics.md): in another one it refunds nothing.

    `amount` is in minor units of `currency`; as it was written if the refund names no currency; None for a full refund.
    """

    event: KeptId
    at: Instant
    amount: "Optional[int | str]"
    currency: str = ""
    """The currency that the refund names."""

    def within(self, currency: str, whole: int) -> int | None:
        """Return how much of an order it refunds, in minor units; None if it is in another currency."""
        if self.currency not in {"", currency}:
            return None
        if self.amount is None:
            return whole
        return self.amount if isinstance(self.amount, int) else written_in(self.amount, currency)


def written_in(amount: str, currency: str) -> int | None:
    """Return an amount in minor units, or None if the currency has no such decimals.

    >>> written_in("1.5", "EUR"), written_in("1.5", "JPY")
    (150, None)
    """
    try:
        return minor_units(amount, currency)
    except Rejected:
        return None


class Order(Kept):
    """One order. `at` is `NEVER` while only its refund is known."""

    at: Instant
    event_id: KeptId
    amount: int
    currency: str
    refunds: "list[Refund]" = []

    def dated(self) -> Instant:
        """Return when it was ordered; if that is unknown, when it was last refunded."""
        return self.at if self.at != NEVER else max(refund.at for refund in self.refunds)

    def given_back(self) -> list[tuple[Instant, int]]:
        """Return the refunded amounts with their instants, in order of time."""
        found: list[tuple[Instant, int]] = []
        for refund in sorted(self.refunds, key=lambda r: (r.at, r.event)):
            amount = refund.within(self.currency, self.amount)
            if amount is not None:
                found.append((refund.at, amount))
        return found

    def refunded_at(self) -> Instant:
        """Return the instant since which the order is fully refunded, or `NEVER`."""
        left = self.amount
        for at, amount in self.given_back() if self.refunds and self.at != NEVER else ():
            left -= amount
            if left <= 0:
                return at
        return NEVER

    def made_a_customer(self) -> bool:
        """Report whether it ever made its customer active: not if it was refunded in its own instant, or before."""
        return self.at != NEVER and (not self.refunds or self.refunded_at() > self.at)

    def worth(self, at: Instant) -> int:
        """Return the value of the order after an instant, net of refunds."""
        if not self.refunds:
            return max(0, self.amount)
        return max(0, self.amount - sum(amount for since, amount in self.given_back() if since <= at))

    def events_at(self, at: Instant) -> list[KeptId]:
        """Return the events of the order at an instant: the order itself, and refunds."""
        placed = [self.event_id] if self.at == at else []
        return [*placed, *(refund.event for refund in self.refunds if refund.at == at)]

    def strangers(self) -> list[Refund]:
        """Return the refunds that are not in its currency, and so refund nothing."""
        return [refund for refund in self.refunds if refund.within(self.currency, self.amount) is None]

    def wrong_with(self, refund: Refund) -> str:
        """Return what is wrong with a refund that refunds nothing of it."""
        if refund.currency:
            return f"currency: a refund in {refund.currency} of an order in {self.currency}"
        return f"amount: {self.currency}, the currency of its order, has {DECIMALS[self.currency]} decimals"


Orders = dict[bytes, Order]
"""By the digest of the order id, in order of time (`put_in_order`)."""


def put_in_order(orders: Orders) -> None:
    """Sort orders by when they were placed, or by their first refund if the order itself was not seen."""
    ordering.put_in_order(orders, Order.dated)


def known(orders: Orders) -> list[Order]:
    """Return the orders that were seen themselves, in order of time."""
    return sorted((order for order in orders.values() if order.at != NEVER), key=lambda o: (o.at, o.event_id))


def first_of(orders: Orders) -> Instant:
    """Return the instant of the first order that made the customer active; `NEVER` if none did."""
    found = NEVER
    for order in orders.values():
        if order.at < found and order.made_a_customer():
            found = order.at
    return found


def activity(orders: Orders, calendar: Calendar, window_days: int) -> list[Span]:
    """Return the spans with an order within the window, not fully refunded (metrics.md, basis `purchase`)."""
    # The calendar is used only if a span may end: most orders come long before the window of the last one is over.
    # Two days less: a zone once left a day out, and may set its clocks too.
    surely = (window_days - 2) * DAY
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


def note_spans(customer: Customer, orders: Orders, policy: Policy) -> None:
    """Store since when orders make a customer active, and when it lapses: so the usual order needs no other one."""
    days, calendar = policy.purchase_window_days, policy.calendar
    spans = activity(orders, calendar, days)
    customer.active_since, customer.purchase_lapse = spans[-1] if spans else (NEVER, 0)
    last = next((order.dated() for order in reversed(orders.values())), NEVER)
    if last == NEVER or customer.purchase_lapse != calendar.add_days(last, days):
        customer.active_since = NEVER  # the last one was refunded: the lapse of a later one does not tell


def prune(orders: Orders, before: Instant) -> None:
    """Drop orders from before the horizon. A refund that still waits for its order goes by its own date."""
    for key, order in list(orders.items()):
        if order.dated() < before:
            del orders[key]


def bound(orders: Orders, calendar: Calendar, window_days: int) -> int:
    """Keep at most `MAX_ORDERS`: drop the oldest that do not change the activity; return how many were dropped.

    An order may be dropped if the stored ones before it reach its end, or the next order, which lasts at least as long.
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


def join(orders: Orders, others: Orders) -> None:
    """Add the orders of another customer, and their refunds; of two reports of one order the earlier counts."""
    for key, order in others.items():
        known_order = orders.get(key)
        orders[key] = order if known_order is None else _one_order(known_order, order)
    put_in_order(orders)
    surplus = sum(len(order.refunds) for order in orders.values()) - MAX_REFUNDS
    for order in list(orders.values()) if surplus > 0 else ():
        left = order.refunds[max(0, surplus) :]
        surplus -= len(order.refunds) - len(left)
        order.refunds = left
    for key in [key for key, order in orders.items() if order.at == NEVER and not order.refunds]:
        del orders[key]


def _one_order(one: Order, other: Order) -> Order:
    reports = sorted((one, other), key=lambda order: (order.at, unpacked(order.event_id)))
    refunds = ordering.together(one.refunds, other.refunds, lambda refund: refund.event, refund_order)
    first = reports[0]
    return Order(first.at, first.event_id, first.amount, first.currency, refunds)


def refund_order(refund: Refund) -> tuple[Instant, str]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return refund.at, unpacked(refund.event)
