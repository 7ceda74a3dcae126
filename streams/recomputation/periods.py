"""The figures of every period of a kind, from the standing of each customer at its start and at its end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.recomputation.lines import Document, by_customer
from streams.recomputation.orders import buys
from streams.recomputation.rules import Rules
from streams.recomputation.standing import standing

_MONDAY = 1
Level = tuple[bool, Fraction]
"""Whether a customer is active, and its MRR."""
Span = tuple[date, date]
"""The first day of a period, and the first one after it."""


class Figures(NamedTuple):
    """The figures of one period. Money is in major units of one currency."""

    start: int
    end: int
    newcomers: int
    lost: int
    crr: Fraction | None
    mrr_start: Fraction
    mrr_end: Fraction
    ndr: Fraction | None
    grr: Fraction | None


def begins(kind: str, day: date, rules: Rules) -> bool:
    """Report whether a period of a kind begins on a day."""
    match kind:
        case "day":
            return True
        case "week":
            return day.isoweekday() == _MONDAY
        case "month":
            return day.day == 1
        case "quarter":
            return day.day == 1 and (day.month - rules.fiscal_start_month) % 3 == 0
        case "year":
            return day.day == 1 and day.month == rules.fiscal_start_month
    raise ValueError(f"no kind of period: {kind}")


def first_days(kind: str, first: date, last: date, rules: Rules) -> Iterator[date]:
    """Return the days on which periods begin: from the one that holds `first` to the one after that of `last`."""
    day = first
    while not begins(kind, day, rules):
        day -= timedelta(days=1)
    while True:
        if begins(kind, day, rules):
            yield day
            if day > last:
                return
        day += timedelta(days=1)


def trailing(kind: str, first: date, last: date) -> Iterator[tuple[date, date]]:
    """Yield the trailing periods that end with the days from `first` to `last`, each as its first day and the next."""
    day = first
    while day <= last:
        day += timedelta(days=1)
        match kind:
            case "t30d":
                yield day - timedelta(days=30), day
            case "t90d":
                yield day - timedelta(days=90), day
            case "t12m":
                leap_day = (day.month, day.day) == (2, 29)
                yield date(day.year - 1, day.month, 28 if leap_day else day.day), day
            case _:
                raise ValueError(f"no kind of trailing period: {kind}")


def edge(day: date, zone: str) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def subscription_periods(
    documents: list[Document], spans: list[Span], currency: str, rules: Rules
) -> dict[Span, Figures]:
    """Return the figures of periods, by the days that bound them, on the basis `subscription`, in one currency."""
    customers = by_customer([d for d in documents if d["type"].startswith(("subscription.", "cancellation."))])
    days = {day for span in spans for day in span}
    levels = [
        {day: standing(events, edge(day, rules.zone), currency, rules) for day in days} for events in customers.values()
    ]
    return {span: figures_of([(row[span[0]], row[span[1]]) for row in levels]) for span in spans}


def purchase_periods(documents: list[Document], spans: list[Span], rules: Rules) -> dict[Span, Figures]:
    """Return the figures of periods, by the days that bound them, on the basis `purchase`."""
    customers = by_customer([d for d in documents if d["type"].startswith("purchase.")])
    days = {day for span in spans for day in span}
    levels = [
        {day: (buys(events, edge(day, rules.zone), rules), Fraction()) for day in days} for events in customers.values()
    ]
    return {span: figures_of([(row[span[0]], row[span[1]]) for row in levels]) for span in spans}


def figures_of(rows: list[tuple[Level, Level]]) -> Figures:
    """Return the figures of a period, from how each customer stands at its start and at its end."""
    before = sum(start[0] for start, _ in rows)
    after = sum(end[0] for _, end in rows)
    newcomers = sum(end[0] and not start[0] for start, end in rows)
    cohort = [(start[1], end[1]) for start, end in rows if start[1] > 0]
    base = sum((start for start, _ in cohort), Fraction())
    return Figures(
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
