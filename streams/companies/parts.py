"""Defines what the other parts share: when a story shows, how often customers are there, and their logins."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from streams.companies.base import DAY, Body, Company, Person, within
from streams.companies.habits import number_of
from streams.companies.stories import Why

TOPICS: Final = ("billing", "export", "login", "performance", "import")
TROUBLED: Final = frozenset({Why.FRUSTRATED, Why.COMPLAINS})


def sessions_of(company: Company, person: Person, day: datetime, mean: float = 1.0) -> int:
    """Return how often a customer is there on a day: not at all in an outage."""
    if company.is_out(day):
        return 0
    return number_of(person.draw, person.expected(company.kind.year, day) * mean)


def sign_in(company: Company, person: Person, day: datetime, sessions: int) -> Iterator[Body]:
    """Yield the logins of a day."""
    for _ in range(sessions):
        channel = person.draw.choice(("web", "web", "ios", "android"))
        yield company.event(person, "login.succeeded", within(person, day), channel=channel)
    if not company.is_out(day) and person.draw.random() < 0.005:
        yield company.event(person, "login.failed", within(person, day), channel="web")


def shows(person: Person, day: datetime) -> bool:
    """Report whether what a customer's story shows goes on, on a day."""
    since, over = person.story.shows, person.story.over
    return since is not None and since < day + DAY and (over is None or day < over)


def troubled(person: Person, day: datetime) -> bool:
    """Report whether a customer is in trouble on a day."""
    return person.story.why in TROUBLED and shows(person, day)
