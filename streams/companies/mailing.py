"""Plays the messages of a company and what customers do with them, and who wants none.

Few click in anything. Some unsubscribe and stay; most that leave never do.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.companies.base import DAY, Body, Company, Person
from streams.companies.habits import share_left
from streams.companies.parts import shows
from streams.companies.stories import LEAVING

EVERY: Final = 14
"""Days between two newsletters."""
_BOUNCES: Final = 0.003
_UNSUBSCRIBES: Final = 0.002
"""Of customers to whom nothing is the matter, with each newsletter."""


def meet(draw: random.Random) -> Body:
    """Return whether a new customer wants messages, how often it opens and clicks, and by what it was won."""
    return {
        "mails": draw.random() < 0.75,
        "opens": draw.betavariate(1.5, 3.5),
        "clicks": draw.betavariate(1.0, 9.0),
        "machine": draw.random() < 0.2,
        "won": draw.choices(("search", "ads", "partner", "recommended"), (4, 3, 2, 2))[0],
    }


def first_words(company: Company, person: Person) -> Iterator[Body]:
    """Yield what is known of a customer on its first day: its consent, where it came from, its country."""
    if person.state["mails"]:
        yield company.event(person, "consent.changed", person.joins, purpose="marketing", granted=True)
    yield company.event(person, "acquisition.recorded", person.joins, channel=person.state["won"])
    country = person.draw.choice(("ES", "ES", "IT", "DE", "PT"))
    yield company.event(person, "customer.updated", person.joins, attributes={"country": country})


def receive(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield the newsletter of a day, if there is one, and what the customer does with it."""
    number, place = divmod((now - company.start).days, EVERY)
    if place != 9 or not person.state["mails"] or person.joins >= now:
        return
    draw, ident = person.draw, f"n-{person.number}-{number}"
    at = now + timedelta(hours=9, minutes=draw.uniform(0, 40))
    if draw.random() < _BOUNCES:
        yield company.event(person, "message.bounced", at, message_id=ident)
        return
    yield company.event(person, "message.delivered", at, message_id=ident, campaign="news")
    if person.state["machine"]:
        yield company.event(person, "message.opened", at + timedelta(minutes=1), message_id=ident, machine=True)
    left, read = share_left(person.story, now), at + timedelta(hours=draw.expovariate(1 / 6))
    if draw.random() < person.state["opens"] * left:
        yield company.event(person, "message.opened", read, message_id=ident)
        if draw.random() < person.state["clicks"] / max(person.state["opens"], 0.1):
            yield company.event(person, "message.clicked", read + timedelta(minutes=1), message_id=ident)
    leaving = person.story.why in LEAVING and shows(person, now)
    if draw.random() < _UNSUBSCRIBES * (4 if leaving else 1):
        person.state["mails"] = False
        if person.number % 3:
            yield company.event(person, "message.unsubscribed", read + timedelta(minutes=2), message_id=ident)
        else:
            yield company.event(person, "consent.changed", read + DAY, purpose="marketing", granted=False)


def recommend(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield that a friend of a content customer came because of it."""
    if person.state["mood"] > 8.5 and not shows(person, now) and person.draw.random() < 0.0004:
        yield company.event(person, "referral.converted", now + DAY / 2)
