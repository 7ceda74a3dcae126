"""The exchange rates by which figures are converted, and the records in which a partition sends them.

    rate.published       EUR 1.20 USD, from 1 January     EUR 1.10 USD, from 15 March     EUR 1.30 USD, from 1 April
    at 1 March, 0:00     1.20
    at 1 April, 0:00     1.10, that of 31 March

Rule: the rate at an instant is the one that held just before it, because levels at an instant do not include its
events. The rate of a day is the one published for the latest day up to it. A rate of USD in EUR is inverted, unless a
rate of EUR in USD began later. If neither holds on a day, the rate is made of two rates by way of a third currency:

    EUR 1.20 USD, EUR 0.80 GBP   ─►   GBP 1.50 USD         as with a central bank, which publishes its own currency

If there are several third currencies, the one whose older rate is the newest is taken, then the first by name. Every
partition knows all rates (`retention/reference.py`), so only the first one sends them, each once.

Reason: a company that publishes one rate a month, or closes a month with the rate of its last day, finds each month at
its own rate. The rate of the first of a month, which may come days later, does not restate the month before.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from fractions import Fraction
from operator import itemgetter
from typing import Final

from retention.calendar import LocalDay
from retention.identity import unpacked
from retention.reference import RATE, Fact, Facts, Key, key_of

RATES: Final = "rates"
"""Takes the place of a measure in the series of a record with a rate."""
FIELD: Final = "rate"
SENDER: Final = 0
"""The number of the partition that sends the rates."""


class Rates:
    """The rates that the aggregator knows."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, str], list[LocalDay]] = {}
        self._rates: dict[tuple[str, str, LocalDay], Fraction] = {}
        self._beside: dict[str, set[str]] = {}
        """By currency: those of which there is a rate in it, or it in them."""

    def learn(self, base: str, quote: str, day: LocalDay, rate: Fraction) -> bool:
        """Add a rate, or replace that of its day; report whether anything changed."""
        key = base, quote, day
        if self._rates.get(key) == rate:
            return False
        if key not in self._rates:
            insort(self._days.setdefault((base, quote), []), day)
            self._beside.setdefault(base, set()).add(quote)
            self._beside.setdefault(quote, set()).add(base)
        self._rates[key] = rate
        return True

    def at(self, day: LocalDay, currency: str, into: str) -> Fraction | None:
        """Return what one unit of a currency is worth in another on a day; None if no rate holds yet."""
        if currency == into:
            return Fraction(1)
        found = self._published(day, currency, into)
        if found is None:
            found = max(self._made(day, currency, into), key=itemgetter(0), default=None)
        return found[1] if found is not None else None

    def first(self, until: LocalDay, currency: str, into: str) -> Fraction | None:
        """Return the rate of the first day with one, if that is a certain day or one before it."""
        begins = [self._first(currency, into)]
        for third in self._between(currency, into):
            legs = self._first(currency, third), self._first(third, into)
            begins.append(max(day for day in legs if day is not None) if None not in legs else None)
        day = min((day for day in begins if day is not None), default=None)
        return self.at(day, currency, into) if day is not None and day <= until else None

    def _published(self, day: LocalDay, currency: str, into: str) -> tuple[LocalDay, Fraction] | None:
        """Return the published rate of two currencies that holds, in either direction, and since when."""
        direct, inverse = self._since(currency, into, day), self._since(into, currency, day)
        if direct is not None and (inverse is None or direct >= inverse):
            return direct, self._rates[currency, into, direct]
        return (inverse, 1 / self._rates[into, currency, inverse]) if inverse is not None else None

    def _made(self, day: LocalDay, currency: str, into: str) -> Iterator[tuple[LocalDay, Fraction]]:
        """Yield the rates by way of a third currency, by its name, with the day of the older of the two."""
        for third in self._between(currency, into):
            one, other = self._published(day, currency, third), self._published(day, third, into)
            if one is not None and other is not None:
                yield min(one[0], other[0]), one[1] * other[1]

    def _between(self, currency: str, into: str) -> list[str]:
        return sorted(self._beside.get(currency, set()) & self._beside.get(into, set()))

    def _first(self, currency: str, into: str) -> LocalDay | None:
        days = [found[0] for pair in ((currency, into), (into, currency)) if (found := self._days.get(pair))]
        return min(days, default=None)

    def _since(self, base: str, quote: str, day: LocalDay) -> LocalDay | None:
        days = self._days.get((base, quote), [])
        place = bisect_right(days, day)
        return days[place - 1] if place else None

    def change_after(self, day: LocalDay, last: LocalDay) -> bool:
        """Report whether a rate begins to hold after a day, up to another one."""
        return any(bisect_right(days, last) > bisect_right(days, day) for days in self._days.values())


class RatesTold:
    """The rates that a partition has sent. One that is not to send any has no currency to convert into."""

    def __init__(self, currency: str | None, facts: Facts) -> None:
        self._currency, self._facts = currency, facts
        self._told: dict[tuple[str, str, LocalDay], Fraction] = {}
        self._looked_at: dict[Key, Fact] = {}
        """The facts as they were at the last look: there may be thousands, of which a commit brings one."""
        self._told_of = -1
        """The number of changes of the facts up to which everything is sent."""

    def restore(self, told: Iterable[tuple[tuple[str, str, LocalDay], Fraction]]) -> None:
        """Note rates that were sent before."""
        self._told |= dict(told)

    @property
    def has_news(self) -> bool:
        """Report whether there may be rates to send."""
        return self._currency is not None and self._told_of != self._facts.changes

    def news(self) -> Iterator[tuple[tuple[str, str, LocalDay], Fraction, str]]:
        """Yield each rate that was not sent yet: currencies and day, the rate, and its event. Mark it as sent."""
        if not self.has_news:
            return
        self._told_of = self._facts.changes
        fresh = [fact for fact in self._facts.every() if self._looked_at.get(key_of(fact)) is not fact]
        self._looked_at |= {key_of(fact): fact for fact in fresh}
        for fact in sorted((fact for fact in fresh if fact.kind == RATE), key=_place):
            (base, quote), rate = fact.about, Fraction(fact.says[0])
            key = base, quote, fact.since
            if self._told.get(key) != rate:
                self._told[key] = rate
                yield key, rate, unpacked(fact.event_id)


def _place(fact: Fact) -> tuple[LocalDay, tuple[str, ...]]:
    return fact.since, fact.about
