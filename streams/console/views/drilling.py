"""The customers behind a number, and whether they add up to what was published."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from retention.calendar import Instant, moment
from retention.measures.base import ALL
from retention.periods import KIND_OF
from schemas.outbound import Money, PeriodOut, SegmentOut
from streams.console.documents import Drill, DrillRow, Limit
from streams.console.views.behind import UP, lost_in, members, moved_in, next_month, paying
from streams.console.views.keys import NONE, Key, key_of
from streams.console.views.placing import in_segment
from streams.console.views.retention import HELP
from streams.console.views.shared import Company, Link, decoded, page_of

AT_START: Final = "Monthly recurring revenue at the start of the period, in major units of its currency."
DIFFERENCE: Final = "MRR at the end of the period less MRR at its start, of each customer for which the two differ."
BEGAN: Final = (
    "Customers whose MRR first rose above zero in the month. They are still there some months later if it is above "
    "zero at the end of that month."
)


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
    rounding: Decimal = Decimal()
    """How far rows that were rounded one by one may come to another sum than the number, which is rounded once."""

    def agrees(self) -> bool | None:
        """Report whether the customers add up to what was published; None if nothing was."""
        return None if self.said is None else abs(Decimal(self.said) - Decimal(self.found)) <= self.rounding


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
        after=key.after(),
        definition=behind.definition,
        said=behind.said,
        found=behind.found,
        agrees=behind.agrees(),
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
    kinds = ", ".join("?" for _ in KIND_OF)  # the first column of an index
    found = link.execute(
        "SELECT body FROM figures WHERE metric = ? AND basis = ? AND currency = ? AND start = ? AND by = ? "  # noqa: S608
        f"AND value = ? AND kind IN ({kinds})",
        (metric, basis, currency, start.isoformat(), by, value, *KIND_OF),
    )
    bodies = (decoded(body) for (body,) in found)
    return [one for one in bodies if one["period"]["end"] == end.isoformat()]


def _lost(link: Link, company: Company, key: Key) -> Found:
    basis, start, end = key.parts[0], key.day(1), key.day(2)
    lost = lost_in(link, company, basis, start, end)
    begins = company.starts(start)
    placed = in_segment(link, key.segment, lost, lambda placing, one: placing.of(one.customer, None, begins))
    entries = [
        Entry(one.customer, one.at, one.cause, *_value(one.worth), reason=one.reason)
        for one in sorted(placed.there, key=lambda one: (-one.at, one.customer))
    ]
    said = _figures(link, key, "crr", basis, "", start, end)
    return Found(
        "crr",
        PeriodOut(**said[0]["period"]) if said else None,
        entries,
        str(said[0]["components"]["lost"]) if said else None,
        str(len(entries)),
        _limits("signals_since", is_guessed=placed.is_guessed),
        HELP["crr"],
        placed.unplaced,
    )


def _limits(what: Limit, *, is_guessed: bool) -> tuple[Limit, ...]:
    return (what, "erased_left_out", *(("segment_as_known",) if is_guessed else ()))


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
    begins = company.starts(start)
    placed = in_segment(
        link,
        key.segment,
        of_kind,
        lambda placing, one: placing.of(one.customer, currency, begins, None if one.before else one.first),
    )
    moves = sorted(placed.there, key=lambda one: (-abs(one.after - one.before), one.customer))
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
        _limits("movements_since", is_guessed=placed.is_guessed),
        DIFFERENCE,
        placed.unplaced,
        _rounding([amount for one in moves for amount in (one.before, one.after)]),
    )


def _level(link: Link, company: Company, key: Key) -> Found:
    """Return the customers with MRR when a period begins or ends."""
    currency, start, end, at_end = key.parts[0], key.day(1), key.day(2), key.what == "closing"
    there = paying(link, company, currency, start, end, at_end=at_end)
    begins = company.starts(start)
    placed = in_segment(
        link, key.segment, there, lambda placing, one: placing.of(one.customer, currency, begins, one.first)
    )
    rows = sorted(placed.there, key=lambda one: (-one.amount, one.customer))
    figures = _figures(link, key, "ndr", "subscription", currency, start, end)
    return Found(
        "mrr",
        PeriodOut(**figures[0]["period"]) if figures else None,
        [Entry(one.customer, one.since, "level", one.amount, currency, plan=one.plan) for one in rows],
        figures[0]["components"]["period_view"]["mrr_end" if at_end else "mrr_start"] if figures else None,
        str(sum((one.amount for one in rows), Decimal())),
        _limits("movements_since", is_guessed=placed.is_guessed),
        HELP["mrr"] if at_end else AT_START,
        placed.unplaced,
        _rounding([one.amount for one in rows]),
    )


def _rounding(amounts: Sequence[Decimal]) -> Decimal:
    """Return half a unit for each amount that is not zero, and for both ends of what was published.

    An MRR is a fraction: a yearly price of 100.00 is 8.333… a month, and said as 8.33.
    """
    digits = max((-int(one.as_tuple().exponent) for one in amounts), default=0)
    return Decimal(5).scaleb(-digits - 1) * (sum(map(bool, amounts)) + 2 if amounts else 0)


def _said(view: Mapping[str, str], kind: str) -> str | None:
    if kind == "any":
        return str(Decimal(view["mrr_end"]) - Decimal(view["mrr_start"]))
    return view.get(kind)


def _cohort(link: Link, company: Company, key: Key) -> Found:
    month, zone, after = key.day(0).replace(day=1), ZoneInfo(company.zone), key.after()
    ends = company.starts(next_month(month, (after or 0) + 1))
    began = [one for one in members(link) if one.month(zone) == month]
    placed = in_segment(link, key.segment, began, lambda placing, one: placing.at(*one.first()))
    entries = [Entry(one.customer, one.began, "cohort") for one in placed.there if after is None or one.pays(ends)]
    limits = _limits("movements_since", is_guessed=placed.is_guessed)
    period = PeriodOut(kind="month", start=month, end=next_month(month), zone=company.zone)
    return Found("cohort", period, entries, None, str(len(entries)), limits, BEGAN, placed.unplaced)


_BEHIND: Final = {
    "lost": _lost,
    "moved": _moved,
    "opening": _level,
    "closing": _level,
    "reason": _reason,
    "cohort": _cohort,
}
