"""A plain company for tests, seeded: few customers whose events reach every family that figures follow from.

Its customers announce what they do, which makes logs that are dense in changes. Those of `backstay simulate` and of the
demonstration are in `streams/companies/`. Same seed and dates, same events, byte for byte.
"""

import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, Literal, NamedTuple

PLANS: Final = {"basic": "19.00", "team": "79.00", "pro": "199.00"}
TOPICS: Final = ("billing", "export", "login", "performance", "import")
NAMESPACE: Final = uuid.UUID("1f6d2b0e-6d0b-5b52-8f7c-5a4f1f3f7f10")

Fate = Literal["stays", "fades", "frustrated", "price", "pauses", "grows", "unpaid"]
_FATES: Final[tuple[tuple[Fate, int], ...]] = (
    ("stays", 42),
    ("grows", 14),
    ("fades", 14),
    ("frustrated", 10),
    ("price", 10),
    ("pauses", 6),
    ("unpaid", 4),
)
_REASONS: Final[dict[Fate, str]] = {"fades": "unused", "frustrated": "customer_service", "price": "price"}


class Arrival(NamedTuple):
    """One event as it arrives: the instant of arrival, and its line."""

    at: datetime
    event: dict[str, Any]

    def line(self) -> bytes:
        """Return the event as one JSON line, without the end of line."""
        return json.dumps(self.event, separators=(",", ":")).encode()


@dataclass
class Person:
    """A customer as the simulator knows it."""

    number: int
    joins: datetime
    fate: Fate
    plan: str
    habit: float
    """Logins a day while all is well."""
    turns: datetime
    """When its behaviour begins to change."""
    subscription: int = 0
    active: bool = False
    paused_until: datetime | None = None
    ends: datetime | None = None
    returns: datetime | None = None
    term_end: datetime | None = None
    tickets: list[tuple[str, datetime]] = field(default_factory=list)
    left_for: str | None = None
    announced: datetime | None = None
    """When it requested the coming end of its subscription."""

    @property
    def id(self) -> str:
        """Return the pseudonymous id."""
        return f"c-{self.number:04d}"

    @property
    def subscription_id(self) -> str:
        """Return the id of the current subscription."""
        return f"s-{self.number:04d}-{self.subscription}"


class Loss(NamedTuple):
    """A customer that left, for good or for a while."""

    customer: str
    at: datetime
    announced: datetime | None
    """When the customer requested it; None if it left without a request."""


class Company:
    """Plays a company day by day. `people` remember their true history, `losses` the customers that left."""

    def __init__(self, seed: int, start: datetime, days: int, customers: int = 400) -> None:
        self.random = random.Random(seed)
        self.seed, self.start, self.days = seed, start, days
        self.customers = customers
        self.people: list[Person] = []
        self.losses: list[Loss] = []
        self._events = 0
        self._orders = 0

    def _acquires(self, day: datetime) -> None:
        """Schedule the new customers of the next `days` days; at the beginning a third of all exist already."""
        number = (day - self.start).days
        if number % self.days:
            return
        for place in range(self.customers):
            if number == 0 or place % 3:
                self.people.append(self._person(day, early=number == 0 and place % 3 == 0))

    def _person(self, since: datetime, *, early: bool) -> Person:
        draw = self.random
        joins = since + timedelta(days=draw.uniform(0, 20) if early else draw.uniform(0, self.days))
        fate = draw.choices([fate for fate, _ in _FATES], [weight for _, weight in _FATES])[0]
        plan = draw.choices(list(PLANS), [5, 3, 2])[0]
        turns = joins + timedelta(days=draw.uniform(50, 240))
        return Person(len(self.people), joins, fate, plan, draw.uniform(0.25, 1.1), turns)

    def history(self, *, endless: bool = False) -> Iterator[Arrival]:
        """Yield the events of all days, in order of arrival: some late, some twice; on and on if `endless`."""
        waiting: list[Arrival] = []
        for number in count() if endless else range(self.days):
            day = self.start + timedelta(days=number)
            arrivals = waiting + [self._arriving(event) for event in self.day(day)]
            arrivals += self._doubles(arrivals)
            tomorrow = day + timedelta(days=1)
            waiting = [arrival for arrival in arrivals if arrival.at >= tomorrow]
            yield from sorted((a for a in arrivals if a.at < tomorrow), key=_in_order)
        yield from sorted(waiting, key=_in_order)

    def _arriving(self, event: dict[str, Any]) -> Arrival:
        """Return the arrival of an event: one in two hundred is hours late, as from a phone that was offline."""
        at = datetime.fromisoformat(event["occurred_at"])
        late = timedelta(hours=self.random.uniform(1, 30)) if self.random.random() < 1 / 200 else timedelta()
        return Arrival(at + late, event)

    def _doubles(self, arrivals: list[Arrival]) -> list[Arrival]:
        return [a._replace(at=a.at + timedelta(minutes=9)) for a in arrivals if self.random.random() < 1 / 250]

    def day(self, day: datetime) -> list[dict[str, Any]]:
        """Return the events of one day, in order of time."""
        self._acquires(day)
        events: list[dict[str, Any]] = []
        for person in self.people:
            if person.joins < day + timedelta(days=1):
                events += self._day_of(person, day)
        return sorted(events, key=lambda e: (e["occurred_at"], e["event_id"]))

    def _day_of(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        if not person.active:
            yield from self._perhaps_starts(person, day)
            return
        if person.ends is not None and person.ends < day + timedelta(days=1):
            yield from self._ends(person)
            return
        if person.paused_until is not None:
            yield from self._perhaps_resumes(person, day)
            return
        yield from self._logins(person, day)
        yield from self._supports(person, day)
        yield from self._buys(person, day)
        yield from self._renews(person, day)
        if person.turns < day:
            yield from self._turns(person, day)

    def _perhaps_starts(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        tomorrow = day + timedelta(days=1)
        at = person.joins if person.subscription == 0 else person.returns
        if at is None or at >= tomorrow:
            return
        person.subscription += 1
        person.active, person.ends, person.returns, person.announced = True, None, None, None
        person.term_end = at + timedelta(days=30)
        yield self._event(
            person,
            "subscription.started",
            at,
            subscription_id=person.subscription_id,
            mrr=PLANS[person.plan],
            currency="EUR",
            plan=person.plan,
            term_end=_text(person.term_end),
            auto_renew=True,
        )

    def _ends(self, person: Person) -> Iterator[dict[str, Any]]:
        at = person.ends
        if at is None:
            return
        person.active = False
        self.losses.append(Loss(person.id, at, person.announced))
        if self.random.random() < 0.18:
            person.returns = at + timedelta(days=self.random.uniform(20, 120))
            person.fate, person.turns = "stays", at + timedelta(days=9_999)
        cause = "involuntary" if person.left_for == "unpaid" else "voluntary"
        reason = person.left_for if person.left_for not in {None, "unpaid"} else "other"
        yield self._event(
            person, "cancellation.effective", at, subscription_id=person.subscription_id, cause=cause, reason=reason
        )

    def _perhaps_resumes(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        until = person.paused_until
        if until is not None and until < day + timedelta(days=1):
            person.paused_until = None
            if self.random.random() < 0.7:
                yield self._event(person, "subscription.resumed", until, subscription_id=person.subscription_id)
            else:
                person.left_for, person.ends = "unused", until + timedelta(hours=1)

    def _logins(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        habit = person.habit
        if person.fate == "fades" and person.turns < day:
            habit *= max(0.0, 1 - (day - person.turns).days / 25)
        if day.weekday() >= 5:
            habit *= 0.3
        if self.random.random() < habit:
            yield self._event(person, "login.succeeded", self._within(day), channel=self.random.choice(("web", "ios")))
        if self.random.random() < 0.01:
            yield self._event(person, "login.failed", self._within(day), channel="web")

    def _supports(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        for ticket, due in [t for t in person.tickets if t[1] < day + timedelta(days=1)]:
            person.tickets.remove((ticket, due))
            yield self._event(person, "ticket.solved", max(due, day), ticket_id=ticket)
        frustrated = person.fate == "frustrated" and person.turns < day
        if self.random.random() < (0.09 if frustrated else 0.006):
            at = self._within(day)
            ticket = f"t-{self._events:06d}"
            topic = "billing" if frustrated else self.random.choice(TOPICS)
            person.tickets.append((ticket, at + timedelta(hours=self.random.uniform(4, 96))))
            yield self._event(person, "ticket.opened", at, ticket_id=ticket, topic=topic, priority="normal")

    def _buys(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        if self.random.random() < 0.012:
            self._orders += 1
            order, at = f"o-{self._orders:06d}", self._within(day)
            amount = f"{self.random.uniform(5, 250):.2f}"
            yield self._event(person, "purchase.completed", at, order_id=order, amount=amount, currency="EUR")
            if self.random.random() < 0.04:
                back = at + timedelta(hours=self.random.uniform(0.2, 1))
                yield self._event(person, "purchase.refunded", back, order_id=order)

    def _renews(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        if person.term_end is not None and person.term_end < day + timedelta(days=1) and person.ends is None:
            at, person.term_end = person.term_end, person.term_end + timedelta(days=30)
            yield self._event(
                person,
                "subscription.renewed",
                at,
                subscription_id=person.subscription_id,
                term_end=_text(person.term_end),
            )

    def _turns(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        if person.ends is not None:
            return
        chance = self.random.random()
        match person.fate:
            case "grows" if chance < 0.004:
                yield from self._changes(person, day, up=True)
            case "price" if chance < 0.02:
                yield from self._leaves(person, day) if person.plan == "basic" else self._changes(person, day, up=False)
            case "fades" if (day - person.turns).days > 35 and chance < 0.05:
                yield from self._leaves(person, day)
            case "frustrated" if (day - person.turns).days > 20 and chance < 0.03:
                yield from self._leaves(person, day)
            case "pauses" if chance < 0.02:
                yield from self._pauses(person, day)
            case "unpaid" if chance < 0.02:
                person.left_for, person.ends = "unpaid", self._within(day)  # its card fails: an end without a request
            case "stays" if chance < 0.00025:
                yield from self._leaves(person, day)
            case _:
                pass

    def _changes(self, person: Person, day: datetime, *, up: bool) -> Iterator[dict[str, Any]]:
        plans = list(PLANS)
        place = plans.index(person.plan) + (1 if up else -1)
        if not 0 <= place < len(plans):
            return
        person.plan = plans[place]
        yield self._event(
            person,
            "subscription.changed",
            self._within(day),
            subscription_id=person.subscription_id,
            mrr=PLANS[person.plan],
            plan=person.plan,
        )

    def _leaves(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        """Yield the request to cancel at the end of the term; one in eight customers withdraws it."""
        reason = _REASONS.get(person.fate, "other")
        at = self._within(day)
        yield self._event(
            person,
            "cancellation.requested",
            at,
            subscription_id=person.subscription_id,
            reason=reason,
            at_period_end=True,
        )
        if self.random.random() < 1 / 8:
            person.fate = "stays"
            back = at + timedelta(hours=self.random.uniform(0.1, 1))
            yield self._event(person, "cancellation.revoked", back, subscription_id=person.subscription_id)
        else:
            person.left_for, person.announced = reason, at
            person.ends = max(person.term_end or at, at + timedelta(hours=1))

    def _pauses(self, person: Person, day: datetime) -> Iterator[dict[str, Any]]:
        at = self._within(day)
        person.paused_until = at + timedelta(days=self.random.uniform(20, 110))
        person.fate = "stays"
        yield self._event(
            person,
            "subscription.paused",
            at,
            subscription_id=person.subscription_id,
            until=_text(person.paused_until),
        )

    def _within(self, day: datetime) -> datetime:
        return day + timedelta(seconds=self.random.uniform(6 * 3_600, 22 * 3_600))

    def _event(self, person: Person, kind: str, at: datetime, **more: Any) -> dict[str, Any]:
        self._events += 1
        ident = str(uuid.uuid5(NAMESPACE, f"{self.seed}|{self._events}"))
        return {
            "event_id": ident,
            "type": kind,
            "customer_id": person.id,
            "occurred_at": _text(at),
            **more,
            "source": "simulator",
        }


def _in_order(arrival: Arrival) -> tuple[datetime, str]:
    return arrival.at, arrival.event["event_id"]


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
