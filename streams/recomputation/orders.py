"""The orders of one customer: whether there is one within the window, and when the first was."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from streams.recomputation.lines import Document, time_of, turn_of
from streams.recomputation.rules import Rules


def buys(events: list[Document], at: datetime, rules: Rules) -> bool:
    """Report whether a customer has an order within the window before an instant that was not refunded by then."""
    zone = ZoneInfo(rules.zone)
    local = at.astimezone(zone)
    since = (local.replace(tzinfo=None) - timedelta(days=rules.window_days)).replace(tzinfo=zone).astimezone(UTC)
    return any(
        since <= time_of(order["occurred_at"]) < at and not _refunded(events, order, at) for order in _orders(events)
    )


def _refunded(events: list[Document], order: Document, at: datetime) -> bool:
    """Report whether an order was fully refunded before an instant; refunds in another currency do not count."""
    left = Fraction(order["amount"])
    for event in events:
        if (
            event["type"] == "purchase.refunded"
            and event["order_id"] == order["order_id"]
            and event.get("currency") in {None, order["currency"]}
            and time_of(event["occurred_at"]) < at
        ):
            left = Fraction() if event.get("amount") is None else left - Fraction(event["amount"])
            if left <= 0:
                return True
    return False


def first_order(events: list[Document]) -> datetime | None:
    """Return the instant of a customer's first order that was not refunded in its own instant, or before."""
    instant = timedelta(microseconds=1)
    for order in _orders(events):
        when = time_of(order["occurred_at"])
        if not _refunded(events, order, when + instant):
            return when
    return None


def _orders(events: list[Document]) -> list[Document]:
    """Return the orders, each as first reported, in order of time."""
    earliest = {e["order_id"]: e for e in reversed(events) if e["type"] == "purchase.completed"}
    return sorted(earliest.values(), key=turn_of)
