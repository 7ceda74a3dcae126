"""The same figures, computed once more from the raw log by a program that shares no code with the worker's.

Slow and plain on purpose: for every customer and every boundary it reads the customer's events from the beginning.
Demonstrations and tests hold the streamed figures against it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Document = dict[str, Any]


class Rules(NamedTuple):
    """The company's bounds, as the worker has them."""

    zone: str = "UTC"
    window_days: int = 90
    pause_days: int = 90
    grace_days: int = 30


class Month(NamedTuple):
    """The figures of one month. Money is in major units of one currency."""

    start: int
    end: int
    newcomers: int
    lost: int
    crr: Fraction | None
    mrr_start: Fraction
    mrr_end: Fraction
    ndr: Fraction | None
    grr: Fraction | None


def distinct(lines: Iterable[bytes]) -> list[Document]:
    """Parse lines, drop second deliveries and heartbeats, and sort by event time."""
    seen: dict[tuple[str, str], Document] = {}
    for line in lines:
        document = json.loads(line)
        if "customer_id" in document:
            seen.setdefault((document["customer_id"], document["event_id"]), document)
    return sorted(seen.values(), key=_order)


def _order(document: Document) -> tuple[datetime, bool, str]:
    return _time(document["occurred_at"]), document["type"] != "subscription.started", document["event_id"]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def boundaries(first: str, last: str, zone: str) -> list[datetime]:
    """Give the starts of the months from `first` to the one after `last`, both as YYYY-MM."""
    year, month = map(int, first.split("-"))
    found: list[datetime] = []
    stop = tuple(map(int, last.split("-")))
    while True:
        found.append(datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC))
        if (year, month) > stop:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004 - December


def by_customer(documents: list[Document]) -> dict[str, list[Document]]:
    """Group events by customer, in order of time."""
    groups: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        groups[document["customer_id"]].append(document)
    return groups


def subscription_months(
    documents: list[Document], first: str, last: str, currency: str, rules: Rules
) -> dict[str, Month]:
    """Give every month from `first` to `last`, on the basis `subscription`, in one currency."""
    edges = boundaries(first, last, rules.zone)
    customers = by_customer([d for d in documents if d["type"].startswith(("subscription.", "cancellation."))])
    levels = {name: [_standing(events, at, currency, rules) for at in edges] for name, events in customers.items()}
    return {
        _name(edges[place], rules.zone): _month([(row[place], row[place + 1]) for row in levels.values()])
        for place in range(len(edges) - 1)
    }


def _name(edge: datetime, zone: str) -> str:
    return edge.astimezone(ZoneInfo(zone)).strftime("%Y-%m")


def _standing(events: list[Document], at: datetime, currency: str, rules: Rules) -> tuple[bool, Fraction]:
    """Give whether somebody is a customer at an instant, and its MRR, by reading everything before that instant."""
    running: dict[str, Document] = {}
    for event in events:
        when = _time(event["occurred_at"])
        if when >= at:
            break
        _read(running, event, when)
    active, total = False, Fraction()
    for one in running.values():
        if one["currency"] != currency or not one["mrr"] or one["status"] == "trialing":
            continue
        if one["paused"] is not None:
            active = active or at - one["paused"] <= timedelta(days=rules.pause_days)
        elif one["due"] is None or at - one["due"] <= timedelta(days=rules.grace_days):
            active, total = True, total + one["mrr"]
    return active, total


def _read(running: dict[str, Document], event: Document, when: datetime) -> None:
    kind, name = event["type"], str(event.get("subscription_id") or "")
    if kind == "subscription.started":
        running[name] = {"mrr": Fraction(), "currency": None, "status": "active", "paused": None, "due": None}
        _read_terms(running[name], event, when)
    elif kind in {"subscription.ended", "cancellation.effective"}:
        for gone in [name] if name else list(running):
            running.pop(gone, None)
    elif name in running:
        one = running[name]
        if kind == "subscription.changed":
            _read_terms(one, event, when)
        elif kind == "subscription.paused":
            one["paused"] = one["paused"] or when
        elif kind == "subscription.resumed":
            one["paused"] = None


def _read_terms(one: Document, event: Document, when: datetime) -> None:
    if event.get("mrr") is not None:
        one["mrr"] = Fraction(event["mrr"])
    one["currency"] = event.get("currency") or one["currency"]
    status = event.get("status")
    if status is not None and status != one["status"]:
        one["status"], one["due"] = status, when if status == "past_due" else None


def _month(rows: list[tuple[tuple[bool, Fraction], tuple[bool, Fraction]]]) -> Month:
    before = sum(start[0] for start, _ in rows)
    after = sum(end[0] for _, end in rows)
    newcomers = sum(end[0] and not start[0] for start, end in rows)
    cohort = [(start[1], end[1]) for start, end in rows if start[1] > 0]
    base = sum((start for start, _ in cohort), Fraction())
    return Month(
        start=before,
        end=after,
        newcomers=newcomers,
        lost=sum(start[0] and not end[0] for start, end in rows),
        crr=Fraction(after - newcomers, before) if before else None,
        mrr_start=base,
        mrr_end=sum((end[1] for _, end in rows), Fraction()),
        ndr=sum((end for _, end in cohort), Fraction()) / base if base else None,
        grr=sum((min(pair) for pair in cohort), Fraction()) / base if base else None,
    )


def purchase_months(documents: list[Document], first: str, last: str, rules: Rules) -> dict[str, Month]:
    """Give every month from `first` to `last`, on the basis `purchase`."""
    edges = boundaries(first, last, rules.zone)
    customers = by_customer([d for d in documents if d["type"].startswith("purchase.")])
    levels = {name: [(_buys(events, at, rules), Fraction()) for at in edges] for name, events in customers.items()}
    return {
        _name(edges[place], rules.zone): _month([(row[place], row[place + 1]) for row in levels.values()])
        for place in range(len(edges) - 1)
    }


def _buys(events: list[Document], at: datetime, rules: Rules) -> bool:
    zone = ZoneInfo(rules.zone)
    local = at.astimezone(zone)
    since = (local.replace(tzinfo=None) - timedelta(days=rules.window_days)).replace(tzinfo=zone).astimezone(UTC)
    return any(
        since <= _time(order["occurred_at"]) < at and not _refunded(events, order, at) for order in _orders(events)
    )


def _refunded(events: list[Document], order: Document, at: datetime) -> bool:
    """Tell whether all of an order was given back before an instant; money of another currency is not its own."""
    left = Fraction(order["amount"])
    for event in events:
        if (
            event["type"] == "purchase.refunded"
            and event["order_id"] == order["order_id"]
            and event.get("currency") in {None, order["currency"]}
            and _time(event["occurred_at"]) < at
        ):
            left = Fraction() if event.get("amount") is None else left - Fraction(event["amount"])
            if left <= 0:
                return True
    return False


def purchase_newcomers(documents: list[Document], first: str, last: str, rules: Rules) -> dict[str, tuple[int, int]]:
    """Return, for every month, how many first became a customer in it, and how many of those were one at its end.

    An order that was refunded in its own instant, or before, never made anybody a customer.
    """
    edges = boundaries(first, last, rules.zone)
    customers = by_customer([d for d in documents if d["type"].startswith("purchase.")])
    starts = {name: _first_order(events) for name, events in customers.items()}
    found: dict[str, tuple[int, int]] = {}
    for since, until in pairwise(edges):
        acquired = [name for name, start in starts.items() if start is not None and since <= start < until]
        kept = [name for name in acquired if _buys(customers[name], until, rules)]
        found[_name(since, rules.zone)] = len(acquired), len(kept)
    return found


def _first_order(events: list[Document]) -> datetime | None:
    instant = timedelta(microseconds=1)
    for order in _orders(events):
        when = _time(order["occurred_at"])
        if not _refunded(events, order, when + instant):
            return when
    return None


def _orders(events: list[Document]) -> list[Document]:
    """Return the orders, each as its earliest report has it, in order of time."""
    earliest = {e["order_id"]: e for e in reversed(events) if e["type"] == "purchase.completed"}
    return sorted(earliest.values(), key=_order)
