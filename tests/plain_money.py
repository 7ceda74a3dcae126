"""Figures of money in one currency, worked out from a raw log by hand. It shares no code with the product.

Amounts and rates are read from the events as they are; who pays what at an instant follows from a list of changes.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Event = dict[str, Any]
DAY = timedelta(days=1)
UP = ("new", "reactivation", "expansion")
DOWN = ("contraction", "churn")


class Paid(NamedTuple):
    """A monthly amount of one customer in one currency, from an instant on."""

    at: datetime
    amount: Fraction


class Expected(NamedTuple):
    """The sums of a period in one currency, and the currencies that have no rate."""

    start: Fraction
    end: Fraction
    cohort_end: Fraction
    cohort_kept: Fraction
    views: dict[str, dict[str, Fraction]]
    without_rate: list[str]


def when(event: Event) -> datetime:
    return datetime.fromisoformat(event["occurred_at"])


class Rates:
    """The rates of a log: of one day and pair, the one that was told last."""

    def __init__(self, events: Iterable[Event], zone: str) -> None:
        self.known: dict[tuple[str, str], dict[date, Fraction]] = {}
        told = [event for event in events if event["type"] == "rate.published"]
        for event in sorted(told, key=lambda one: (when(one), one["event_id"])):
            local = when(event).astimezone(ZoneInfo(zone)).date()
            day = date.fromisoformat(event["effective_on"]) if event.get("effective_on") else local
            self.known.setdefault((event["base"], event["quote"]), {})[day] = Fraction(event["rate"])

    def on(self, day: date, currency: str, into: str) -> Fraction | None:
        """Return what holds on a day: the direction that was told for the later day, and the direct one of two."""
        if currency == into:
            return Fraction(1)
        told = self.told(day, currency, into)
        if told is not None:
            return told[1]
        made: list[tuple[date, str, Fraction]] = []
        for third in sorted({name for pair in self.known for name in pair}, reverse=True):
            one, other = self.told(day, currency, third), self.told(day, third, into)
            if one is not None and other is not None:
                made.append((min(one[0], other[0]), third, one[1] * other[1]))
        newest = max((since for since, _, _ in made), default=None)
        return min((third, rate) for since, third, rate in made if since == newest)[1] if made else None

    def told(self, day: date, currency: str, into: str) -> tuple[date, Fraction] | None:
        held: list[tuple[date, bool, Fraction]] = []
        for direct, pair in ((True, (currency, into)), (False, (into, currency))):
            for since, value in self.known.get(pair, {}).items():
                if since <= day:
                    held.append((since, direct, value if direct else 1 / value))
        return (max(held)[0], max(held)[2]) if held else None


def paid(events: Iterable[Event]) -> dict[tuple[str, str], list[Paid]]:
    """Return what each customer pays in each currency, at every instant at which it changes."""
    of_customer: dict[str, list[Event]] = {}
    for event in sorted(
        {one["event_id"]: one for one in events}.values(), key=lambda one: (when(one), one["event_id"])
    ):
        if event["type"] != "rate.published":
            of_customer.setdefault(event["customer_id"], []).append(event)
    found: dict[tuple[str, str], list[Paid]] = {}
    for customer, own in of_customer.items():
        terms: dict[str, tuple[str, Fraction]] = {}
        for event in own:
            name = event["subscription_id"]
            if event["type"] == "cancellation.effective":
                terms.pop(name, None)
            else:
                terms[name] = event["currency"], Fraction(event["mrr"])
            sums: dict[str, Fraction] = {}
            for currency, amount in terms.values():
                sums[currency] = sums.get(currency, Fraction()) + amount
            for currency in sums.keys() | {of for name, of in found if name == customer}:
                steps = found.setdefault((customer, currency), [])
                if not steps or steps[-1].amount != sums.get(currency, 0):
                    steps.append(Paid(when(event), sums.get(currency, Fraction())))
    return found


def before(steps: list[Paid], at: datetime) -> Fraction:
    """Return what was paid just before an instant."""
    return next((step.amount for step in reversed(steps) if step.at < at), Fraction())


def moved(was: Fraction, now: Fraction, *, paid_before: bool) -> str | None:
    """Return the kind of a movement."""
    if was == now:
        return None
    if not was:
        return "reactivation" if paid_before else "new"
    if not now:
        return "churn"
    return "expansion" if now > was else "contraction"


def changes(steps: list[Paid], start: datetime, end: datetime) -> Iterator[tuple[str, Fraction]]:
    """Yield the movements of the event view of a period."""
    for step in steps:
        if start <= step.at < end:
            was = before(steps, step.at)
            kind = moved(was, step.amount, paid_before=any(one.amount for one in steps if one.at < step.at))
            if kind is not None:
                yield kind, abs(step.amount - was)


class Period(NamedTuple):
    start: datetime
    end: datetime


def converted(
    of_customers: dict[tuple[str, str], list[Paid]], rates: Rates, into: str, period: Period
) -> tuple[dict[str, tuple[Fraction, Fraction]], list[str]]:
    """Return the rate of the start and of the end of each currency that is paid in, and the currencies without."""
    found, without = dict[str, tuple[Fraction, Fraction]](), list[str]()
    first, last = period.start.date(), (period.end - timedelta(microseconds=1)).date()
    for currency in sorted({of for _, of in of_customers}):
        tracks = [steps for (_, of), steps in of_customers.items() if of == currency]
        starts = [before(steps, period.start) for steps in tracks]
        if not any(starts) and not any(any(changes(steps, *period)) for steps in tracks):
            continue
        constant, tried = rates.on(first - DAY, currency, into), first
        while constant is None and tried <= (first if any(starts) else last):
            constant, tried = rates.on(tried, currency, into), tried + DAY
        closing = rates.on(last, currency, into)
        if constant is None or closing is None:
            without.append(currency)
        else:
            found[currency] = constant, closing
    return found, without


class Customer(NamedTuple):
    """The payments of one customer by currency, and the rates at which each counts."""

    tracks: dict[str, list[Paid]]
    rates: dict[str, tuple[Fraction, Fraction]]

    def worth(self, at: datetime, place: int = 0) -> Fraction:
        """Return what it pays just before an instant, at the rates of the start, or of the end."""
        return sum((before(self.tracks[of], at) * self.rates[of][place] for of in self.tracks), Fraction())

    def ever(self, at: datetime) -> bool:
        return any(step.amount for steps in self.tracks.values() for step in steps if step.at < at)

    def move(self, view: dict[str, Fraction], at: datetime, until: datetime) -> None:
        was, now = self.worth(at), self.worth(until)
        kind = moved(was, now, paid_before=self.ever(at))
        if kind is not None:
            view[kind] += abs(now - was)


def expected(
    of_customers: dict[tuple[str, str], list[Paid]], rates: Rates, into: str, start: datetime, end: datetime
) -> Expected:
    """Return the sums of a period, whose days are those of the zone of its instants."""
    known, without = converted(of_customers, rates, into, Period(start, end))
    views = {view: dict.fromkeys((*UP, *DOWN, "fx"), Fraction()) for view in ("period", "event")}
    totals = [Fraction()] * 4
    for name in () if without else sorted({name for name, _ in of_customers}):
        tracks = {of: steps for (one, of), steps in of_customers.items() if one == name and of in known}
        customer = Customer(tracks, known)
        was, now, closing = customer.worth(start), customer.worth(end), customer.worth(end, 1)
        totals = [a + b for a, b in zip(totals, (was, closing, now if was else 0, min(was, now)), strict=True)]
        customer.move(views["period"], start, end)
        for at in sorted({step.at for steps in tracks.values() for step in steps if start <= step.at < end}):
            customer.move(views["event"], at, at + timedelta(microseconds=1))
        for view in views.values():
            view["fx"] += closing - now
    return Expected(totals[0], totals[1], totals[2], totals[3], views, without)
