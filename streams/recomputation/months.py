"""The figures of every month, from how each customer stands at its start and at its end."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.recomputation.lines import Document, by_customer
from streams.recomputation.orders import buys, first_order
from streams.recomputation.rules import Rules
from streams.recomputation.standing import standing


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


def boundaries(first: str, last: str, zone: str) -> list[datetime]:
    """Return the starts of the months from `first` to the one after `last`, both as YYYY-MM."""
    year, month = map(int, first.split("-"))
    found: list[datetime] = []
    stop = tuple(map(int, last.split("-")))
    while True:
        found.append(datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC))
        if (year, month) > stop:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004 - December


def subscription_months(
    documents: list[Document], first: str, last: str, currency: str, rules: Rules
) -> dict[str, Month]:
    """Return the figures of every month from `first` to `last`, on the basis `subscription`, in one currency."""
    edges = boundaries(first, last, rules.zone)
    customers = by_customer([d for d in documents if d["type"].startswith(("subscription.", "cancellation."))])
    levels = {name: [standing(events, at, currency, rules) for at in edges] for name, events in customers.items()}
    return {
        _name(edges[place], rules.zone): _month([(row[place], row[place + 1]) for row in levels.values()])
        for place in range(len(edges) - 1)
    }


def purchase_months(documents: list[Document], first: str, last: str, rules: Rules) -> dict[str, Month]:
    """Return the figures of every month from `first` to `last`, on the basis `purchase`."""
    edges = boundaries(first, last, rules.zone)
    customers = by_customer([d for d in documents if d["type"].startswith("purchase.")])
    levels = {name: [(buys(events, at, rules), Fraction()) for at in edges] for name, events in customers.items()}
    return {
        _name(edges[place], rules.zone): _month([(row[place], row[place + 1]) for row in levels.values()])
        for place in range(len(edges) - 1)
    }


def purchase_newcomers(documents: list[Document], first: str, last: str, rules: Rules) -> dict[str, tuple[int, int]]:
    """Return, for every month, how many first became a customer in it, and how many of those were one at its end.

    An order that was refunded in its own instant, or before, never made anybody a customer.
    """
    edges = boundaries(first, last, rules.zone)
    customers = by_customer([d for d in documents if d["type"].startswith("purchase.")])
    starts = {name: first_order(events) for name, events in customers.items()}
    found: dict[str, tuple[int, int]] = {}
    for since, until in pairwise(edges):
        acquired = [name for name, start in starts.items() if start is not None and since <= start < until]
        kept = [name for name in acquired if buys(customers[name], until, rules)]
        found[_name(since, rules.zone)] = len(acquired), len(kept)
    return found


def _name(edge: datetime, zone: str) -> str:
    return edge.astimezone(ZoneInfo(zone)).strftime("%Y-%m")


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
