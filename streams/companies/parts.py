"""Plays what customers of any kind of company do: they sign in, ask for help, and have troubles that go on."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.companies.base import DAY, Body, Company, Person, within
from streams.companies.habits import number_of
from streams.companies.stories import Why

TOPICS: Final = ("billing", "export", "login", "performance", "import")
TROUBLED: Final = frozenset({Why.FRUSTRATED, Why.COMPLAINS})


def sign_in(company: Company, person: Person, day: datetime, mean: float = 1.0) -> Iterator[Body]:
    """Yield the logins of a day: none in an outage."""
    if company.is_out(day):
        return
    for _ in range(number_of(person.draw, person.expected(company.kind.year, day) * mean)):
        channel = person.draw.choice(("web", "web", "ios", "android"))
        yield company.event(person, "login.succeeded", within(person, day), channel=channel)
    if person.draw.random() < 0.005:
        yield company.event(person, "login.failed", within(person, day), channel="web")


def shows(person: Person, day: datetime) -> bool:
    """Report whether what a customer's story shows goes on, on a day."""
    since, over = person.story.shows, person.story.over
    return since is not None and since < day + DAY and (over is None or day < over)


def ask_for_help(company: Company, person: Person, day: datetime) -> Iterator[Body]:
    """Yield the steps of tickets: those of a troubled customer stay open for long, come again, and are escalated."""
    troubled = person.story.why in TROUBLED and shows(person, day)
    yield from _go_on(company, person, day, troubled=troubled)
    busy = company.kind.year.weight(day.date())
    if number_of(person.draw, (0.09 if troubled else 0.007) * min(busy, 1.0)):
        at, number = within(person, day), person.state.get("tickets", 0) + 1
        person.state["tickets"] = number
        topic = person.state.setdefault("trouble", person.draw.choice(TOPICS)) if troubled else None
        ticket = f"t-{person.number}-{number}"
        hours = person.draw.uniform(60, 260) if troubled else person.draw.lognormvariate(2.6, 0.9)
        steps = [("ticket.solved", at + timedelta(hours=hours))]
        if person.draw.random() < (0.35 if troubled else 0.04):
            steps.insert(0, ("ticket.escalated", at + timedelta(hours=hours * 0.6)))
        if person.draw.random() < (0.4 if troubled else 0.05):
            again = at + timedelta(hours=hours + person.draw.uniform(5, 70))
            steps += [("ticket.reopened", again), ("ticket.solved", again + timedelta(hours=hours))]
        person.state.setdefault("steps", []).extend((kind, when, ticket) for kind, when in steps)
        priority = person.draw.choices(("normal", "high", "urgent"), (6, 3, 1) if troubled else (30, 2, 1))[0]
        topic = topic or person.draw.choice(TOPICS)
        yield company.event(person, "ticket.opened", at, ticket_id=ticket, topic=topic, priority=priority)


def _go_on(company: Company, person: Person, day: datetime, *, troubled: bool) -> Iterator[Body]:
    steps = person.state.get("steps", [])
    due = [step for step in steps if step[1] < day + DAY]
    if due:
        person.state["steps"] = [step for step in steps if step[1] >= day + DAY]
    for kind, at, ticket in due:
        if kind == "ticket.solved" and troubled and person.draw.random() < 0.15:
            continue  # it stays open
        yield company.event(person, kind, max(at, day), ticket_id=ticket)
