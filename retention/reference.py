"""Facts of the whole company: exchange rates, prices of plans, incidents. They are of no customer.

    event                                     known
    EUR = 1.08 USD, 1 March, stated at 9:00   ─┐
    EUR = 1.09 USD, 1 March, stated at 10:00  ─┴─►  EUR|USD, 1 March: 1.09      the latest fact about one thing and day
    export fails, from 9:12                   ───►  export fails, from 9:12     every incident
    it is resolved, at 11:40                  ───►  until 11:40

Rule: what is known is a function of the set of facts alone. Of the facts about one thing and day, the latest stated is
kept; of each kind, a fixed number of the newest. So neither the order of arrival nor a second delivery matters: every
partition that has read the same facts knows the same (docs/decisions/0060).
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from retention.calendar import DAY, Instant, LocalDay
from retention.identity import KeptId, unpacked
from retention.structs import KeptFact

RATE: Final = "rate"
PLAN: Final = "plan"
STARTED: Final = "started"
RESOLVED: Final = "resolved"
MOST: Final[dict[str, int]] = {RATE: 20_000, PLAN: 2_000, STARTED: 1_000, RESOLVED: 1_000}
"""How many facts of each kind are stored: the newest."""
CONCERNS_CUSTOMERS: Final = frozenset({STARTED, RESOLVED})
"""Kinds after which something else may hold of a customer: all of them are judged again."""
LASTS: Final = 30 * DAY
"""How long an incident lasts that nothing has resolved: a message that was lost must not excuse everything for ever."""


class Fact(KeptFact, frozen=True):
    """One fact: its kind, what it is about, since when it holds, and what it says of that.

    `since` is a local day for rates and plans, and an instant for incidents. `at` is when the fact was stated.
    """

    kind: str
    about: "tuple[str, ...]"
    since: int
    at: Instant
    event_id: KeptId
    says: "tuple[str, ...]"


Key = tuple[str, tuple[str, ...], int]
"""What a fact is about, and since when: a later one about the same replaces it."""
_Place = tuple[int, Instant, str, tuple[str, ...], tuple[str, ...]]


class Incident(NamedTuple):
    """A stretch of time in which something did not work, and whom it concerns."""

    name: str
    start: Instant
    end: Instant
    by: str
    """The attribute of the customers that it concerns; empty: it concerns all."""
    value: str
    features: tuple[str, ...]
    """Empty: it concerns whatever they did."""
    severity: str


def key_of(fact: Fact) -> Key:
    """Return what a fact is about, and since when."""
    return fact.kind, fact.about, fact.since


def _place_of(fact: Fact) -> _Place:
    """Return the sort key of a fact: of one key, the last counts; of one kind, the last so many are kept."""
    return fact.since, fact.at, unpacked(fact.event_id), fact.about, fact.says


class Facts:
    """The facts that a partition knows."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self._known: dict[Key, Fact] = {}
        self._in_order: dict[str, list[tuple[_Place, Key]]] = {}
        self._incidents: tuple[Incident, ...] | None = None
        self._days: dict[tuple[str, tuple[str, ...]], list[LocalDay]] = {}
        self.changes = 0
        """How often something else was known than before."""
        for fact in facts:
            self.learn(fact)

    def __len__(self) -> int:
        return len(self._known)

    def every(self) -> Iterator[Fact]:
        """Yield all facts."""
        yield from self._known.values()

    def get(self, key: Key) -> Fact | None:
        """Return the fact of a key."""
        return self._known.get(key)

    def learn(self, fact: Fact) -> list[Key]:
        """Add a fact; return the keys under which something else is known now, or nothing any more."""
        key, before = key_of(fact), self._known.get(key_of(fact))
        if before is not None and _place_of(before) >= _place_of(fact):
            return []
        in_order = self._in_order.setdefault(fact.kind, [])
        if before is not None:
            del in_order[bisect_left(in_order, (_place_of(before), key))]
        insort(in_order, (_place_of(fact), key))
        self._known[key] = fact
        changed = [key]
        if len(in_order) > MOST.get(fact.kind, len(in_order)):
            gone = in_order.pop(0)[1]
            del self._known[gone]
            changed = [] if gone == key else [key, gone]
        if changed:
            self._incidents, self._days = None, {}
            self.changes += 1
        return changed

    def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents in order of their starts."""
        if self._incidents is None:
            self._incidents = tuple(self._found_incidents())
        return self._incidents

    def _found_incidents(self) -> Iterator[Incident]:
        ends: dict[str, list[Instant]] = {}
        for _, (_, (name, *_), at) in self._in_order.get(RESOLVED, ()):
            ends.setdefault(name, []).append(at)
        for _, key in self._in_order.get(STARTED, ()):
            fact = self._known[key]
            name, start = fact.about[0], fact.since
            resolved = ends.get(name, [])
            place = bisect_left(resolved, start)
            end = resolved[place] if place < len(resolved) else start + LASTS
            severity, by, value, *features = fact.says
            yield Incident(name, start, end, by, value, tuple(features), severity)

    def standing(self, kind: str, about: tuple[str, ...], day: LocalDay) -> Fact | None:
        """Return the fact about something that holds on a local day; None if none does yet."""
        days = self._days.get((kind, about))
        if days is None:
            days = sorted(since for known, of, since in self._known if (known, of) == (kind, about))
            self._days[kind, about] = days
        place = bisect_right(days, day)
        return self._known[kind, about, days[place - 1]] if place else None


NO_FACTS: Final = Facts()
"""For what judges a customer by itself. Nothing is added to it."""
