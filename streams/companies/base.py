"""A simulated company, seeded: customers with habits and stories, and the events that they cause, day by day.

The same kind, seed, dates and number of customers give the same events, byte for byte. What arrives is as imperfect as
in life: some events come hours late, some twice, once a year a migration sends a share of the last days again, and in
an outage no customer can sign in.
"""

import json
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final, NamedTuple

from streams.companies.habits import Habit, Year, burst, on_holiday, share_left
from streams.companies.stories import Label, Story

NAMESPACE: Final = uuid.UUID("1f6d2b0e-6d0b-5b52-8f7c-5a4f1f3f7f10")
DAY: Final = timedelta(days=1)
OUTAGE_EVERY: Final = 180
"""Days, in each of which one outage of one to three days begins."""
MIGRATION_EVERY: Final = 365
"""Days, on one of which events of the ten days before are sent again."""
SENT_AGAIN_DAYS: Final = 10
SENT_AGAIN: Final = 0.3
"""The share of those events."""
Body = dict[str, Any]
"""An event as JSON."""


class Arrival(NamedTuple):
    """One event as it arrives: the instant of arrival, and its line."""

    at: datetime
    event: Body

    def line(self) -> bytes:
        """Return the event as one JSON line, without the end of line."""
        return json.dumps(self.event, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass
class Person:
    """A customer as the simulator knows it. `draw` is its own source of chance: people do not affect each other."""

    number: int
    joins: datetime
    draw: random.Random
    habit: Habit
    story: Story
    state: Body = field(default_factory=dict)
    """What its kind of company stores about it."""
    _week: int = -1
    _burst: float = 1.0

    @property
    def id(self) -> str:
        """Return the pseudonymous id."""
        return f"c-{self.number:05d}"

    def expected(self, year: Year, day: datetime) -> float:
        """Return how many sessions are expected of it on a day."""
        week = day.toordinal() // 7
        if week != self._week:
            self._week, self._burst = week, burst(self.draw, self.habit)
        if on_holiday(self.habit, day.date()):
            return self.habit.rate * 0.03
        return self.habit.rate * year.weight(day.date()) * self._burst * share_left(self.story, day)


class Kind(NamedTuple):
    """One line of the register: a kind of company.

    `meet` gives a new customer its habit and story; `day` yields its events of a day, in any order.
    """

    name: str
    help: str
    year: Year
    meet: Callable[[random.Random, datetime, int], tuple[Habit, Story, Body]]
    day: Callable[["Company", Person, datetime], Iterator[Body]]
    basis: str
    """What makes somebody a customer, as `metrics.basis` takes it."""


class Company:
    """Plays a company day by day. `people` remember their true history."""

    def __init__(self, kind: Kind, seed: int, start: datetime, days: int, customers: int = 400) -> None:
        self.kind, self.seed, self.start, self.days, self.customers = kind, seed, start, days, customers
        self.random = random.Random(f"{seed}|{kind.name}")
        self.people: list[Person] = []
        self._outages: dict[int, range] = {}
        self._events = 0
        self._recent: list[Body] = []

    def labels(self) -> list[Label]:
        """Return what becomes of each customer."""
        return [Label(person.id, person.joins, person.story) for person in self.people]

    def history(self, *, endless: bool = False) -> Iterator[Arrival]:
        """Yield the events of all days, in order of arrival; on and on if `endless`.

        What would happen after the last day is left out: a refund of an order of that day.
        """
        waiting: list[Arrival] = []
        end = text(self.start + self.days * DAY)
        for number in count() if endless else range(self.days):
            day = self.start + number * DAY
            events = [event for event in self.day(day) if endless or event["occurred_at"] < end]
            arrivals = waiting + [self._arriving(event) for event in events]
            arrivals += self._doubles(arrivals)
            arrivals += self._sent_again(number, day, events)
            waiting = [arrival for arrival in arrivals if arrival.at >= day + DAY]
            yield from sorted((a for a in arrivals if a.at < day + DAY), key=_in_order)
        yield from sorted(waiting, key=_in_order)

    def day(self, day: datetime) -> list[Body]:
        """Return the events of one day, in order of time."""
        self._acquire(day)
        events: list[Body] = []
        for person in self.people:
            if person.joins < day + DAY:
                leaves = text(person.story.leaves or datetime.max.replace(tzinfo=UTC))
                events += (event for event in self.kind.day(self, person, day) if event["occurred_at"] <= leaves)
        return sorted(events, key=lambda e: (e["occurred_at"], e["event_id"]))

    def is_out(self, day: datetime) -> bool:
        """Report whether no customer can sign in on a day."""
        number, place = divmod((day - self.start).days, OUTAGE_EVERY)
        if number not in self._outages:  # asked about each customer on each day
            draw = random.Random(f"{self.seed}|outage|{number}")
            begins = draw.randrange(30, OUTAGE_EVERY - 3)
            self._outages[number] = range(begins, begins + draw.choice((1, 1, 2, 3)))
        return place in self._outages[number]

    def event(self, person: Person, kind: str, at: datetime, /, **more: object) -> Body:
        """Return an event of a customer; fields that are None are left out."""
        self._events += 1
        ident = str(uuid.uuid5(NAMESPACE, f"{self.kind.name}|{self.seed}|{self._events}"))
        said = {name: value for name, value in more.items() if value is not None}
        return {
            "event_id": ident,
            "type": kind,
            "customer_id": person.id,
            "occurred_at": text(at),
            **said,
            "source": "simulator",
        }

    def _acquire(self, day: datetime) -> None:
        """Schedule the new customers of the next `days` days; at the beginning a third of all exist already."""
        number = (day - self.start).days
        if number % self.days:
            return
        for place in range(self.customers):
            early = number == 0 and place % 3 == 0
            if number == 0 or place % 3:
                after = self.random.uniform(0, 20) if early else self.random.uniform(0, self.days)
                self._meet(day + timedelta(days=after))

    def _meet(self, joins: datetime) -> None:
        number = len(self.people)
        draw = random.Random(f"{self.seed}|{self.kind.name}|{number}")
        habit, story, state = self.kind.meet(draw, joins, self.days)
        self.people.append(Person(number, joins, draw, habit, story, state))

    def _arriving(self, event: Body) -> Arrival:
        """Return the arrival of an event: one in two hundred is hours late, as from a phone that was offline."""
        at = datetime.fromisoformat(event["occurred_at"])
        late = timedelta(hours=self.random.uniform(1, 30)) if self.random.random() < 1 / 200 else timedelta()
        return Arrival(at + late, event)

    def _doubles(self, arrivals: list[Arrival]) -> list[Arrival]:
        return [a._replace(at=a.at + timedelta(minutes=9)) for a in arrivals if self.random.random() < 1 / 250]

    def _sent_again(self, number: int, day: datetime, events: list[Body]) -> list[Arrival]:
        """Return what a migration sends a second time, with the ids that the events had."""
        place = number % MIGRATION_EVERY
        migration = random.Random(f"{self.seed}|migration|{number // MIGRATION_EVERY}").randrange(60, MIGRATION_EVERY)
        if migration - SENT_AGAIN_DAYS <= place < migration:
            self._recent += events
        if place != migration:
            return []
        again, self._recent = self._recent, []
        return [
            Arrival(day + timedelta(hours=self.random.uniform(1, 5)), event)
            for event in again
            if self.random.random() < SENT_AGAIN
        ]


def within(person: Person, day: datetime) -> datetime:
    """Return an instant of a day at which people are awake."""
    return day + timedelta(seconds=person.draw.uniform(6 * 3_600, 22 * 3_600))


def text(at: datetime) -> str:
    """Return an instant as events write it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _in_order(arrival: Arrival) -> tuple[datetime, str]:
    return arrival.at, arrival.event["event_id"]
