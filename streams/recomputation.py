"""The same figures, computed once more from the raw log by a program that shares no code with the worker's.

Slow and plain on purpose: for every customer and every boundary it reads the customer's events from the beginning.
Demonstrations and tests hold the streamed figures against it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Document = dict[str, Any]


_INSTANT = timedelta(microseconds=1)
_FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)
_A_MONTH = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "year": Fraction(1, 12),
}
"""Periods per month."""


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
    seen: dict[tuple[str | None, ...], Document] = {}
    for line in lines:
        document = json.loads(line)
        if "customer_id" in document:
            about = document.get("subscription_id"), document.get("ticket_id"), document.get("order_id")
            seen.setdefault((document["customer_id"], document["event_id"], document["type"], *about), document)
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
    """Return whether somebody is a customer at an instant, and its MRR, by reading everything before that instant."""
    running: dict[str, Document] = {}
    past = [event for event in events if _time(event["occurred_at"]) < at]
    for when, same in groupby(past, key=lambda event: _time(event["occurred_at"])):
        _let_pass(running, when)
        for event in _in_order(list(same), set(running)):
            _read(running, event, when, rules)
        _let_pass(running, when + _INSTANT)
    _let_pass(running, at)
    active, total = False, Fraction()
    for one in running.values():
        worth = _worth(one)
        if one["currency"] != currency or not worth or one["status"] == "trialing":
            continue
        if one["paused"] is not None:
            active = active or (one["keeps"] and at - one["paused"] <= timedelta(days=rules.pause_days))
        elif one["due"] is None or at - one["due"] <= timedelta(days=rules.grace_days):
            active, total = True, total + worth
    return active, total


def _in_order(events: list[Document], standing: set[str]) -> list[Document]:
    """Return the events of one instant: what ends a subscription that stood before it comes first."""
    first = [e for e in events if _ends(e) and (e.get("subscription_id") or next(iter(standing), None)) in standing]
    return first + [e for e in events if e not in first]


def _ends(event: Document) -> bool:
    at_once = event["type"] == "cancellation.requested" and event.get("at_period_end") is False
    return at_once or event["type"] in {"subscription.ended", "cancellation.effective"}


def _let_pass(running: dict[str, Document], until: datetime) -> None:
    """Let everything happen that time alone brings before an instant, the earliest first."""
    while True:
        found = [(when, name, what) for name, one in running.items() for when, what in _comes(one) if when < until]
        if not found:
            return
        when, name, what = min(found)
        one = running[name]
        if what == "cancelled":
            del running[name]
        elif what == "resumed":
            _end_rest(one, when)
        else:
            one["discounts"] = [d for d in one["discounts"] if d["ends"] is None or d["ends"] > when]


def _comes(one: Document) -> list[tuple[datetime, str]]:
    found = [(d["ends"], "undiscounted") for d in one["discounts"] if d["ends"] is not None]
    if one["paused"] is not None and one["until"] is not None:
        found.append((one["until"], "resumed"))
    if one["asked"] is not None and one["term_end"] is not None and one["term_end"] >= one["asked"]:
        found.append((one["term_end"], "cancelled"))
    return found


def _read(running: dict[str, Document], event: Document, when: datetime, rules: Rules) -> None:
    kind, name = event["type"], str(event.get("subscription_id") or "")
    if kind == "subscription.started":
        running[name] = {"currency": None, "status": "active", "paused": None, "until": None, "due": None}
        running[name] |= {"mrr": Fraction(), "items": None, "interval": None, "count": None, "discounts": []}
        running[name] |= {
            "since": when,
            "keeps": True,
            "free_month": False,
            "free_after": None,
            "asked": None,
            "term_end": None,
        }
        _read_terms(running[name], event, when, rules, starts=True)
        return
    for concerned in [name] if name else list(running):
        if concerned in running:
            if _ends(event):
                running.pop(concerned)
            else:
                _read_one(running[concerned], event, when, rules)


def _read_one(one: Document, event: Document, when: datetime, rules: Rules) -> None:
    match event["type"]:
        case "subscription.changed":
            _read_terms(one, event, when, rules, starts=False)
        case "subscription.paused":
            if one["free_month"]:
                one["free_month"], one["free_after"] = False, one["until"] or _FOR_EVER
            elif one["paused"] is None:
                one["keeps"], one["paused"] = _is_paying(one, when, rules), when
            one["until"] = _maybe(event.get("until"))
        case "subscription.resumed":
            _end_rest(one, when)
        case "subscription.renewed":
            one["term_end"] = _maybe(event.get("term_end")) or one["term_end"]
            if one["asked"] is not None and when > one["asked"]:
                one["asked"] = None
        case "cancellation.requested":
            one["asked"] = one["asked"] or when
        case "cancellation.revoked":
            one["asked"] = None


def _end_rest(one: Document, when: datetime) -> None:
    """End a pause or a free month. A free month that was told during the pause may still go on."""
    free, one["free_after"] = one["free_after"], None
    if free is not None and free > when:
        one["free_month"], one["until"] = True, None if free == _FOR_EVER else free
    else:
        one["paused"], one["until"], one["keeps"], one["free_month"] = None, None, True, False


def _maybe(text: str | None) -> datetime | None:
    return _time(text) if text is not None else None


def _is_paying(one: Document, when: datetime, rules: Rules) -> bool:
    in_grace = one["due"] is None or when - one["due"] < timedelta(days=rules.grace_days)
    rests_too_long = one["paused"] is not None and (
        not one["keeps"] or when - one["paused"] >= timedelta(days=rules.pause_days)
    )
    begins = one["since"] == when  # and has paid at no instant before
    return bool(_worth(one)) and one["status"] != "trialing" and in_grace and not (rests_too_long or begins)


def _read_terms(one: Document, event: Document, when: datetime, rules: Rules, *, starts: bool) -> None:
    one["currency"] = event.get("currency") or one["currency"]
    one["term_end"] = _maybe(event.get("term_end")) or one["term_end"]
    one["interval"] = event.get("interval") or one["interval"]
    one["count"] = event.get("interval_count") or one["count"]
    if event.get("mrr") is not None:
        one["mrr"], one["items"], one["discounts"] = Fraction(event["mrr"]), None, []
    else:
        known = one["interval"] is not None or all(item.get("interval") for item in event.get("items") or ())
        if event.get("items") is not None and known:  # of others nobody has said how often they are paid
            one["items"] = event["items"]
        if event.get("discounts") is not None:
            one["discounts"] = [
                d | {"ends": _discount_end(one, d, when, rules)} for d in event["discounts"] if _lasts(d)
            ]
    _read_status(one, event.get("status"), _maybe(event.get("trial_end")), when, None if starts else rules)


def _read_status(
    one: Document, status: str | None, trial_end: datetime | None, when: datetime, rules: Rules | None
) -> None:
    """Read a status. Of a subscription that was paid, `trialing` is a pause; `rules` are missing where one starts."""
    free = one["free_month"] or one["free_after"] is not None
    was_paid = rules is not None and (free or _is_paying(one, when, rules))
    if status == "trialing" and one["status"] != "trialing" and was_paid:
        if one["paused"] is None:
            one["paused"], one["keeps"], one["free_month"] = when, True, True
        if one["free_month"]:
            one["until"] = trial_end or one["until"]
        else:
            one["free_after"] = trial_end or one["free_after"] or _FOR_EVER
        one["due"] = None
        return
    if status is None and trial_end is not None and free:
        one["until" if one["free_month"] else "free_after"] = trial_end
    if status not in {None, "trialing"}:
        one["free_after"] = None
        if one["free_month"]:
            _end_rest(one, when)
    if status is not None and status != one["status"]:
        one["status"], one["due"] = status, when if status == "past_due" else None


def _lasts(discount: Document) -> bool:
    repeats = discount.get("duration") in {None, "repeating"} and discount.get("periods", 1) > 1
    return repeats or discount.get("duration") == "forever"


def _discount_end(one: Document, discount: Document, when: datetime, rules: Rules) -> datetime | None:
    """Return when a discount ends: so many billing periods after the event that brought it, on the local calendar."""
    if discount.get("duration") == "forever":
        return None
    interval, count = _billed(one)
    number, zone = discount["periods"] * count, ZoneInfo(rules.zone)
    local = when.astimezone(zone)
    if interval in {"day", "week"}:
        day = local.date() + timedelta(days=number * (7 if interval == "week" else 1))
    else:
        months = local.year * 12 + local.month - 1 + number * {"month": 1, "quarter": 3, "year": 12}[interval]
        day = date(months // 12, months % 12 + 1, 1)
        while day.month == months % 12 + 1 and day.day < local.day:
            day += timedelta(days=1)
        if day.month != months % 12 + 1:
            day -= timedelta(days=1)
    return datetime.combine(day, local.time(), zone).astimezone(UTC)


def _billed(one: Document) -> tuple[str, int]:
    if one["interval"]:
        return one["interval"], one["count"] or 1
    own = [(i["interval"], i.get("interval_count") or 1) for i in one["items"] or () if i.get("interval")]
    return max(own, key=lambda pair: _A_MONTH[pair[0]] / pair[1]) if own else ("month", 1)


def _worth(one: Document) -> Fraction:
    """Return what a subscription costs a month: its items, or the MRR that was stated, less its discounts."""
    total = one["mrr"] if one["items"] is None else Fraction()
    for item in one["items"] or ():
        if not item.get("metered"):
            interval = item.get("interval") or one["interval"]
            count = item.get("interval_count") or (1 if item.get("interval") else one["count"])
            total += Fraction(item["price"]) * item.get("quantity", 1) * _A_MONTH[interval] / (count or 1)
    interval, count = _billed(one)
    for discount in one["discounts"]:
        if discount.get("percent") is not None:
            total -= total * Fraction(str(discount["percent"])) / 100
        else:
            total -= min(total, Fraction(discount["amount"]) * _A_MONTH[interval] / count)
    return total


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
    """Report whether all of an order was given back before an instant; money of another currency is not its own."""
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
