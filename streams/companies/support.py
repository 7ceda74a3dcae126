"""Plays how customers ask for help: the tickets of a troubled one stay open for long, come again, and are escalated."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from streams.companies.base import DAY, Body, Company, Person, within
from streams.companies.habits import number_of
from streams.companies.parts import TOPICS, troubled
from streams.companies.voices import rate_support


def ask_for_help(company: Company, person: Person, day: datetime) -> Iterator[Body]:
    """Yield the steps of tickets: those of a troubled customer stay open for long, come again, and are escalated."""
    is_troubled = troubled(person, day)
    yield from _go_on(company, person, day, is_troubled=is_troubled)
    busy = company.kind.year.weight(day.date())
    if number_of(person.draw, (0.09 if is_troubled else 0.007) * min(busy, 1.0)):
        at, number = within(person, day), person.state.get("tickets", 0) + 1
        person.state["tickets"] = number
        topic = person.state.setdefault("trouble", person.draw.choice(TOPICS)) if is_troubled else None
        ticket = f"t-{person.number}-{number}"
        hours = person.draw.uniform(60, 260) if is_troubled else person.draw.lognormvariate(2.6, 0.9)
        steps = [("ticket.solved", at + timedelta(hours=hours))]
        if person.draw.random() < (0.35 if is_troubled else 0.04):
            steps.insert(0, ("ticket.escalated", at + timedelta(hours=hours * 0.6)))
        if person.draw.random() < (0.4 if is_troubled else 0.05):
            again = at + timedelta(hours=hours + person.draw.uniform(5, 70))
            steps += [("ticket.reopened", again), ("ticket.solved", again + timedelta(hours=hours))]
        person.state.setdefault("steps", []).extend((kind, when, ticket) for kind, when in steps)
        priority = person.draw.choices(("normal", "high", "urgent"), (6, 3, 1) if is_troubled else (30, 2, 1))[0]
        topic = topic or person.draw.choice(TOPICS)
        yield company.event(person, "ticket.opened", at, ticket_id=ticket, topic=topic, priority=priority)


def _go_on(company: Company, person: Person, day: datetime, *, is_troubled: bool) -> Iterator[Body]:
    steps = person.state.get("steps", [])
    due = [step for step in steps if step[1] < day + DAY]
    if due:
        person.state["steps"] = [step for step in steps if step[1] >= day + DAY]
    for kind, at, ticket in due:
        if kind == "ticket.solved" and is_troubled and person.draw.random() < 0.15:
            continue  # it stays open
        yield company.event(person, kind, max(at, day), ticket_id=ticket)
        if kind == "ticket.solved":
            yield from rate_support(company, person, max(at, day), ticket)
