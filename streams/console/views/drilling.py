"""The customers behind a number, and whether they add up to what was published."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from retention.calendar import Instant, moment
from retention.measures.base import ALL
from schemas.outbound import Money, PeriodOut, SegmentOut
from streams.console.documents import Drill, DrillRow, Limit
from streams.console.views.behind import UP, Lost, Moved, Paying, lost_in, members, moved_in, next_month, paying
from streams.console.views.keys import NONE, WHOLE, Key, key_of
from streams.console.views.placing import Placing
from streams.console.views.retention import HELP
from streams.console.views.shared import Company, Link, decoded, page_of


class Entry(NamedTuple):
    """A customer behind a number, before its page is known."""

    customer: int
    at: Instant | None
    what: str
    amount: Decimal | None = None
    currency: str = ""
    before: str | None = None
    after: str | None = None
    plan: str | None = None
    reason: str | None = None


class Found(NamedTuple):
    """All customers behind a number, and the number as it was published."""

    metric: str
    period: PeriodOut | None
    entries: Sequence[Entry]
    said: str | None
    found: str
    limits: Sequence[Limit]
    definition: str
    unplaced: int = 0
    """Customers behind the number of all segments of which no segment is known."""


def drill(link: Link, company: Company, text: str, page: int, size: int, as_of: datetime) -> Drill | None:
    """Return the customers behind a number; None if no number has that key."""
    key = key_of(text)
    if key is None:
        return None
    behind = _BEHIND[key.what](link, company, key)
    shown = page_of(page, size, len(behind.entries))
    rows = behind.entries[(shown.number - 1) * size : shown.number * size]
    return Drill(
        key=text,
        as_of=as_of,
        metric=behind.metric,
        segment=SegmentOut(by=key.segment[0], value=key.segment[1]) if key.segment is not None else None,
        unplaced=behind.unplaced,
        what=key.parts[0] if key.what == "moved" else key.what,
        period=behind.period,
        definition=behind.definition,
        said=behind.said,
        found=behind.found,
        agrees=None if behind.said is None else Decimal(behind.said) == Decimal(behind.found),
        page=shown,
        rows=[_row(link, one) for one in rows],
        limits=list(behind.limits),
    )


def _row(link: Link, one: Entry) -> DrillRow:
    name, band = link.execute(
        "SELECT u.name, c.band FROM customers u LEFT JOIN cards c ON c.customer = u.id WHERE u.id = ?", (one.customer,)
    ).fetchone()
    return DrillRow(
        customer_id=name,
        at=moment(one.at) if one.at is not None else None,
        what=one.what,
        amount=Money(amount=str(one.amount), currency=one.currency) if one.amount is not None else None,
        before=one.before,
        after=one.after,
        plan=one.plan,
        reason=one.reason,
        band=band,
    )


def _figures(
    link: Link, key: Key, metric: str, basis: str, currency: str, start: date, end: date
) -> list[dict[str, Any]]:
    """Return the published figures of a period: of each kind that it could be."""
    by, value = key.segment or (ALL, ALL)
    found = link.execute(
        "SELECT body FROM figures WHERE metric = ? AND basis = ? AND currency = ? AND start = ? AND by = ? "
        "AND value = ?",
        (metric, basis, currency, start.isoformat(), by, value),
    )
    bodies = (decoded(body) for (body,) in found)
    return [one for one in bodies if one["period"]["end"] == end.isoformat()]


def _lost(link: Link, company: Company, key: Key) -> Found:
    basis, start, end = key.parts[0], key.day(1), key.day(2)
    lost = lost_in(link, company, basis, start, end)
    there, unplaced = _of_segment(link, key, lost, lambda _: company.starts(start))
    entries = [
        Entry(one.customer, one.at, one.cause, *_value(one.worth), reason=one.reason)
        for one in sorted(there, key=lambda one: (-one.at, one.customer))
    ]
    said = _figures(link, key, "crr", basis, "", start, end)
    return Found(
        "crr",
        PeriodOut(**said[0]["period"]) if said else None,
        entries,
        str(said[0]["components"]["lost"]) if said else None,
        str(len(entries)),
        ("signals_since", "erased_left_out", *_segment_limits(key)),
        HELP["crr"],
        unplaced,
    )


T = TypeVar("T", Lost, Moved, Paying)


def _of_segment(link: Link, key: Key, found: list[T], at: Callable[[T], Instant]) -> tuple[list[T], int]:
    """Return those of the segment of a key, and of how many the segment is not known."""
    if key.segment is None:
        return found, 0
    by, value = key.segment
    placing = Placing(link, by)
    placed = [(one, placing.at(one.customer, at(one))) for one in found]
    return [one for one, where in placed if where == value], sum(where is None for _, where in placed)


def _segment_limits(key: Key) -> tuple[Limit, ...]:
    return ("segment_as_known",) if key.segment is not None else ()


def _value(worth: bytes) -> tuple[Decimal | None, str]:
    for one in decoded(worth):
        return Decimal(one["amount"]), one["currency"]
    return None, ""


def _reason(link: Link, company: Company, key: Key) -> Found:
    basis, reason, cause, start, end = key.parts[0], key.parts[1], key.parts[2], key.day(3), key.day(4)
    wanted = None if reason == NONE else reason
    whole = _lost(link, company, Key("lost", (basis, start.isoformat(), end.isoformat()), key.segment))
    entries = [one for one in whole.entries if (one.reason, one.what) == (wanted, cause)]
    return whole._replace(entries=entries, said=None, found=str(len(entries)))


def _moved(link: Link, company: Company, key: Key) -> Found:
    kind, currency, start, end = key.parts[0], key.parts[1], key.day(2), key.day(3)
    of_kind = [one for one in moved_in(link, company, currency, start, end) if kind in {"any", one.kind}]
    moves, unplaced = _of_segment(link, key, of_kind, lambda one: company.starts(start) if one.before else one.first)
    moves.sort(key=lambda one: (-abs(one.after - one.before), one.customer))
    entries = [
        Entry(
            one.customer,
            one.at,
            one.kind,
            one.after - one.before,
            currency,
            str(one.before),
            str(one.after),
            one.plan,
            one.reason,
        )
        for one in moves
    ]
    total = sum((one.after - one.before for one in moves), Decimal())
    figures = _figures(link, key, "ndr", "subscription", currency, start, end)
    return Found(
        "mrr",
        PeriodOut(**figures[0]["period"]) if figures else None,
        entries,
        _said(figures[0]["components"]["period_view"], kind) if figures else None,
        str(total if kind in UP or kind == "any" else -total),
        ("movements_since", "erased_left_out", *_segment_limits(key)),
        HELP["ndr"],
        unplaced,
    )


def _level(link: Link, company: Company, key: Key) -> Found:
    """Return the customers with MRR when a period begins or ends."""
    currency, start, end, at_end = key.parts[0], key.day(1), key.day(2), key.what == "closing"
    there = paying(link, company, currency, start, end, at_end=at_end)
    placed, unplaced = _of_segment(link, key, there, lambda one: one.first or company.starts(start))
    placed.sort(key=lambda one: (-one.amount, one.customer))
    figures = _figures(link, key, "ndr", "subscription", currency, start, end)
    return Found(
        "mrr",
        PeriodOut(**figures[0]["period"]) if figures else None,
        [Entry(one.customer, one.since, "level", one.amount, currency, plan=one.plan) for one in placed],
        figures[0]["components"]["period_view"]["mrr_end" if at_end else "mrr_start"] if figures else None,
        str(sum((one.amount for one in placed), Decimal())),
        ("movements_since", "erased_left_out", *_segment_limits(key)),
        HELP["mrr"],
        unplaced,
    )


def _said(view: Mapping[str, str], kind: str) -> str | None:
    if kind == "any":
        return str(Decimal(view["mrr_end"]) - Decimal(view["mrr_start"]))
    return view.get(kind)


def _cohort(link: Link, company: Company, key: Key) -> Found:
    month, zone, whole = key.day(0), ZoneInfo(company.zone), key.parts[1] == WHOLE
    ends = company.starts(next_month(month, 1 if whole else int(key.parts[1]) + 1))
    entries = [
        Entry(one.customer, one.began, "cohort")
        for one in members(link)
        if (began := moment(one.began).astimezone(zone)).year == month.year
        and began.month == month.month
        and (whole or one.pays(ends))
    ]
    return Found("cohort", None, entries, None, str(len(entries)), ("movements_since", "erased_left_out"), "")


_BEHIND: Final = {
    "lost": _lost,
    "moved": _moved,
    "opening": _level,
    "closing": _level,
    "reason": _reason,
    "cohort": _cohort,
}
