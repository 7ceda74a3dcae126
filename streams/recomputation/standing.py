"""Computes, from all events before an instant, whether a customer is active by its subscriptions, and its MRR.

Rule: events are played from the first one on, instant by instant: what time alone has changed by then comes first, then
the events of that instant in the order of rule 2 of the definitions, then what time changes at that very instant.

    ──┼──────────────┼────────────────────┼──────────►
      started        (a discount ends)    at: what is before it counts, what is at it does not

Reason: this is what checks `retention`, so it shares no code with it, and takes the plainest way, not the fastest.
"""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from zoneinfo import ZoneInfo

from streams.recomputation.lines import Document, time_of
from streams.recomputation.rules import Rules

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


def standing(events: list[Document], at: datetime, currency: str, rules: Rules) -> tuple[bool, Fraction]:
    """Return whether a customer is active at an instant, and its MRR, from all events before that instant."""
    active, total = False, Fraction()
    for one in running(events, at, rules).values():
        if one["currency"] == currency:
            paying = is_paid(one, at, rules)
            active = active or paying or is_resting(one, at, rules)
            total += worth(one) if paying else 0
    return active, total


def running(events: list[Document], at: datetime, rules: Rules) -> dict[str, Document]:
    """Return the subscriptions of a customer that run at an instant, by name, from all events before that instant."""
    return _played(events, at, rules)[0]


def is_paid(one: Document, at: datetime, rules: Rules) -> bool:
    """Report whether a subscription is paid for at an instant, or in the grace for that."""
    if not worth(one) or one["status"] == "trialing" or one["paused"] is not None:
        return False
    return one["due"] is None or at - one["due"] <= timedelta(days=rules.grace_days)


def is_resting(one: Document, at: datetime, rules: Rules) -> bool:
    """Report whether a subscription is in a pause during which its customer stays one."""
    if not worth(one) or one["status"] == "trialing" or one["paused"] is None:
        return False
    return bool(one["keeps"]) and at - one["paused"] <= timedelta(days=rules.pause_days)


def instants(events: list[Document], at: datetime, rules: Rules) -> list[datetime]:
    """Return the instants before one at which an event, or time alone, may have changed what a customer pays."""
    return sorted(set(_played(events, at, rules)[1]))


def _played(events: list[Document], at: datetime, rules: Rules) -> tuple[dict[str, Document], list[datetime]]:
    """Return the subscriptions that run at an instant, and the instants at which something happened before it."""
    running: dict[str, Document] = {}
    told: dict[str, tuple[Document, datetime] | None] = {}
    turns: list[datetime] = []
    past = [event for event in events if time_of(event["occurred_at"]) < at]
    for when, same in groupby(past, key=lambda event: time_of(event["occurred_at"])):
        turns += [*_let_pass(running, when), when]
        for event in _in_order(list(same), set(running)):
            _read_told(running, told, event, when)
            _read(running, told, event, when, rules)
        turns += _let_pass(running, when + _INSTANT)
    return running, turns + _let_pass(running, at)


def _in_order(events: list[Document], standing: set[str]) -> list[Document]:
    """Return the events of one instant in order: first what ends a subscription that existed before it."""
    first = [e for e in events if _ends(e) and (e.get("subscription_id") or next(iter(standing), None)) in standing]
    return first + [e for e in events if e not in first]


def _ends(event: Document) -> bool:
    at_once = event["type"] == "cancellation.requested" and event.get("at_period_end") is False
    return at_once or event["type"] in {"subscription.ended", "cancellation.effective"}


def _let_pass(running: dict[str, Document], until: datetime) -> list[datetime]:
    """Apply all changes that time alone brings before an instant, the earliest first; return when each came."""
    passed: list[datetime] = []
    while True:
        found = [(when, name, what) for name, one in running.items() for when, what in _comes(one) if when < until]
        if not found:
            return passed
        when, name, what = min(found)
        one = running[name]
        passed.append(when)
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


def _read_told(
    running: dict[str, Document], told: dict[str, tuple[Document, datetime] | None], event: Document, when: datetime
) -> None:
    """Note the discounts that an event states of a subscription that never began; None for one that did, or ended.

    The empty name is that of all: the last event that ended all of them, and when.
    """
    name = str(event.get("subscription_id") or "")
    if _ends(event) and name:
        told[name] = None
    elif _ends(event):
        for one in [one for one, before in told.items() if before is not None]:
            del told[one]
        told[name] = event, when
    elif event["type"] == "subscription.changed" and name not in running:
        ended = told.get("")
        if told.get(name, event) is None or (ended is not None and ended[1] == when):
            return
        if event.get("mrr") is not None:
            told.pop(name, None)
        elif event.get("discounts") is not None:
            told[name] = event, when


def _read(
    running: dict[str, Document],
    told: dict[str, tuple[Document, datetime] | None],
    event: Document,
    when: datetime,
    rules: Rules,
) -> None:
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
            "plan": None,
        }
        _read_terms(running[name], event, when, rules, starts=True)
        before, told[name] = told.get(name), None
        if before is not None and event.get("mrr") is None and event.get("discounts") is None:
            _read_terms(running[name], {"discounts": before[0]["discounts"]}, before[1], rules, starts=True)
            left = running[name]["discounts"]
            running[name]["discounts"] = [d for d in left if d["ends"] is None or d["ends"] > when]
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
    """End a pause or a free month. A free month that was announced during the pause may still run."""
    free, one["free_after"] = one["free_after"], None
    if free is not None and free > when:
        one["free_month"], one["until"] = True, None if free == _FOR_EVER else free
    else:
        one["paused"], one["until"], one["keeps"], one["free_month"] = None, None, True, False


def _maybe(text: str | None) -> datetime | None:
    return time_of(text) if text is not None else None


def _is_paying(one: Document, when: datetime, rules: Rules) -> bool:
    in_grace = one["due"] is None or when - one["due"] < timedelta(days=rules.grace_days)
    rests_too_long = one["paused"] is not None and (
        not one["keeps"] or when - one["paused"] >= timedelta(days=rules.pause_days)
    )
    begins = one["since"] == when  # and has never paid before
    return bool(worth(one)) and one["status"] != "trialing" and in_grace and not (rests_too_long or begins)


def _read_terms(one: Document, event: Document, when: datetime, rules: Rules, *, starts: bool) -> None:
    one["currency"] = event.get("currency") or one["currency"]
    one["plan"] = event.get("plan") or one["plan"]
    one["term_end"] = _maybe(event.get("term_end")) or one["term_end"]
    one["interval"] = event.get("interval") or one["interval"]
    one["count"] = event.get("interval_count") or one["count"]
    if event.get("mrr") is not None:
        one["mrr"], one["items"], one["discounts"] = Fraction(event["mrr"]), None, []
    else:
        known = one["interval"] is not None or all(item.get("interval") for item in event.get("items") or ())
        if event.get("items") is not None and known:  # of others the billing period is unknown
            one["items"] = event["items"]
        if event.get("discounts") is not None:
            one["discounts"] = [
                d | {"ends": _discount_end(one, d, when, rules)}
                for d in event["discounts"]
                if _lasts(one, d, when, rules)
            ]
    _read_status(one, event.get("status"), _maybe(event.get("trial_end")), when, None if starts else rules)


def _read_status(
    one: Document, status: str | None, trial_end: datetime | None, when: datetime, rules: Rules | None
) -> None:
    """Apply a status. For a subscription that was paid, `trialing` is a pause; `rules` are None at its start."""
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


def _lasts(one: Document, discount: Document, when: datetime, rules: Rules) -> bool:
    """Report whether a discount lowers two billing periods, and has not ended."""
    ends, several = _maybe(discount.get("ends_at")), discount.get("periods", 1) > 1
    if discount.get("duration") not in {None, "repeating", "forever"} or (ends is not None and ends <= when):
        return False
    if several or discount.get("duration") == "forever":
        return True
    return ends is not None and _later(one, 1, when, rules) < ends - timedelta(days=1)


def _discount_end(one: Document, discount: Document, when: datetime, rules: Rules) -> datetime | None:
    """Return the end of a discount: its number of billing periods after the event, on the local calendar."""
    if discount.get("ends_at") is not None or discount.get("duration") == "forever":
        return _maybe(discount.get("ends_at"))
    return _later(one, discount["periods"], when, rules)


def _later(one: Document, periods: int, when: datetime, rules: Rules) -> datetime:
    interval, count = _billed(one)
    number, zone = periods * count, ZoneInfo(rules.zone)
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


def worth(one: Document) -> Fraction:
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
