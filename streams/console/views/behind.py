"""Finds the customers behind numbers again, from movements and losses: views count them, and drill-downs list them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from retention.calendar import Instant, moment
from streams.console.views.shared import Company, Link, decoded

UP: Final = frozenset({"new", "reactivation", "resume", "expansion"})
MOST_MONTHS: Final = 24
"""Cohorts that are shown."""


class Moved(NamedTuple):
    """A customer's MRR over a period: the level before, the level after, and in which way it moved."""

    customer: int
    kind: str
    before: Decimal
    after: Decimal
    at: Instant
    plan: str | None
    reason: str | None
    first: Instant
    """When it first moved."""


def moved_in(link: Link, company: Company, currency: str, start: date, end: date) -> list[Moved]:
    """Return the customers whose MRR at the end of a period is another one than at its start."""
    found = link.execute(
        "SELECT customer, kind, before, after, at, plan, reason FROM movements "
        "WHERE at >= ? AND at < ? AND currency = ? ORDER BY customer, at",
        (company.starts(start), company.starts(end), currency),
    )
    moves = (_over(list(rows)) for _, rows in groupby(found, key=itemgetter(0)))
    return [one for one in moves if one.before != one.after]


def _over(rows: list[tuple[int, str, str, str, Instant, str | None, str | None]]) -> Moved:
    first, last = rows[0], rows[-1]
    before, after = Decimal(first[2]), Decimal(last[3])
    kind = "expansion" if after > before else "contraction"
    if not before:  # none may be up: an amount of less than half a unit is said as 0
        kind = next((row[1] for row in rows if row[1] in UP), kind)
    elif not after:
        kind = last[1] if last[1] in {"churn", "pause"} else "churn"
    return Moved(first[0], kind, before, after, last[4], last[5], last[6], first[4])


class Paying(NamedTuple):
    """A customer's MRR when a period begins or ends, and since when it has been so much."""

    customer: int
    amount: Decimal
    since: Instant | None
    """None if the console has read no movement of before."""
    plan: str | None
    first: Instant | None
    """When it first moved in the period, if it had no MRR when that began."""


def paying(link: Link, company: Company, currency: str, start: date, end: date, *, at_end: bool) -> list[Paying]:
    """Return the customers with MRR when a period begins, or when it ends.

    Of one without a movement before the instant it is what the next one says of before, or else its card.
    """
    begins, ends = company.starts(start), company.starts(end)
    at, found = ends if at_end else begins, list[Paying]()
    rows = link.execute(
        "SELECT customer, at, before, after, plan FROM movements WHERE currency = ? ORDER BY customer, at", (currency,)
    )
    for customer, group in groupby(rows, key=itemgetter(0)):
        moves = list(group)
        amount, since, plan = _standing(moves, at)
        if amount:
            came = None if _standing(moves, begins)[0] else next((one[1] for one in moves if one[1] >= begins), None)
            found.append(Paying(customer, amount, since, plan, came))
    return [*found, *_without_movements(link, currency)]


def _standing(moves: list[tuple[int, Instant, str, str, str | None]], at: Instant) -> tuple[Any, ...]:
    last = next((one for one in reversed(moves) if one[1] < at), None)
    return (Decimal(last[3]), last[1], last[4]) if last is not None else (Decimal(moves[0][2]), None, None)


def _without_movements(link: Link, currency: str) -> Iterator[Paying]:
    """Yield the customers of which no movement in a currency was read, by their cards."""
    cards = link.execute(
        "SELECT customer, (SELECT body FROM card_bodies b WHERE b.customer = c.customer) FROM cards c WHERE NOT EXISTS "
        "(SELECT 1 FROM movements m WHERE m.customer = c.customer AND m.currency = ?)",
        (currency,),
    )
    for customer, body in cards:
        card = decoded(body)
        for one in card["mrr"]:
            if one["currency"] == currency and Decimal(one["amount"]):
                yield Paying(customer, Decimal(one["amount"]), None, card["plan"], None)


class Lost(NamedTuple):
    """A customer that was there at the start of a period, and is not at its end."""

    customer: int
    at: Instant
    cause: str
    reason: str | None
    worth: bytes


def lost_in(link: Link, company: Company, basis: str, start: date, end: date) -> list[Lost]:
    """Return the customers that were lost in a period: there at its start, and not at its end."""
    found = link.execute(
        "SELECT customer, at, what, cause, reason, worth FROM edges WHERE basis = ? AND at >= ? AND at < ? "
        "ORDER BY customer, at, what",
        (basis, company.starts(start), company.starts(end)),
    )
    lost = list[Lost]()
    for customer, group in groupby(found, key=itemgetter(0)):
        rows = list(group)
        first, last = rows[0], rows[-1]
        if first[2] == "churned" and last[2] == "churned" and not _began_in(link, company, customer, start, first[1]):
            lost.append(Lost(customer, last[1], last[3], last[4], last[5]))
    return lost


def _began_in(link: Link, company: Company, customer: int, start: date, until: Instant) -> bool:
    """Report whether a customer came in the same period in which it left: then it was not there at the start."""
    row = link.execute(
        "SELECT 1 FROM movements WHERE customer = ? AND at >= ? AND at < ? AND kind IN ('new', 'reactivation') LIMIT 1",
        (customer, company.starts(start), until),
    ).fetchone()
    return row is not None


class Member(NamedTuple):
    """A customer of a cohort: when it began to pay, and its level from each instant on."""

    customer: int
    currency: str
    began: Instant
    levels: tuple[tuple[Instant, Decimal], ...]

    def first(self) -> tuple[int, str, Instant]:
        """Return its first movement: the customer, the currency and the instant."""
        return self.customer, self.currency, self.began

    def month(self, zone: ZoneInfo) -> date:
        """Return the first day of the month in which it began."""
        return moment(self.began).astimezone(zone).date().replace(day=1)

    def pays(self, at: Instant) -> bool:
        """Report whether it paid just before an instant."""
        level = Decimal()
        for since, found in self.levels:
            if since >= at:
                break
            level = found
        return level > 0


def members(link: Link) -> Iterator[Member]:
    """Yield the customers whose first movement is known, each with the sum of its MRR of all currencies."""
    found = link.execute("SELECT customer, at, currency, kind, after FROM movements ORDER BY customer, at, currency")
    for customer, group in groupby(found, key=itemgetter(0)):
        rows = list(group)
        if rows[0][3] != "new":
            continue  # it began before the console knows
        held, levels = dict[str, Decimal](), list[tuple[Instant, Decimal]]()
        for _, at, currency, _, after in rows:
            held[currency] = Decimal(after)
            levels.append((at, sum(held.values(), Decimal())))
        yield Member(customer, rows[0][2], rows[0][1], tuple(levels))


def next_month(day: date, months: int = 1) -> date:
    """Return the first day of a later month.

    >>> next_month(date(2026, 11, 1), 3)
    datetime.date(2027, 2, 1)
    """
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)
