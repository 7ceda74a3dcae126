"""The figures of every period of a kind, from how each customer stands at its start and at its end."""

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


def edge(day: date, zone: str) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def subscription_periods(
    documents: list[Document], days: list[date], currency: str, rules: Rules
) -> dict[date, Figures]:
    """Return the figures of the periods between these days, by first day: basis `subscription`, one currency."""
    edges = [edge(day, rules.zone) for day in days]
    customers = by_customer([d for d in documents if d["type"].startswith(("subscription.", "cancellation."))])
    return _between(days, [[standing(events, at, currency, rules) for at in edges] for events in customers.values()])


def purchase_periods(documents: list[Document], days: list[date], rules: Rules) -> dict[date, Figures]:
    """Return the figures of the periods between these days, by first day, on the basis `purchase`."""
    edges = [edge(day, rules.zone) for day in days]
    customers = by_customer([d for d in documents if d["type"].startswith("purchase.")])
    return _between(days, [[(buys(events, at, rules), Fraction()) for at in edges] for events in customers.values()])


def _between(days: list[date], levels: list[list[tuple[bool, Fraction]]]) -> dict[date, Figures]:
    return {day: _figures([(row[place], row[place + 1]) for row in levels]) for place, day in enumerate(days[:-1])}


def _figures(rows: list[tuple[tuple[bool, Fraction], tuple[bool, Fraction]]]) -> Figures:
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
