"""Plays what customers say: answers to surveys, complaints, reviews; and what the company replies.

Most are not asked, do not answer, or say nothing of what they are about to do. Content customers have bad days.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.companies.base import DAY, Body, Company, Person, within
from streams.companies.habits import share_left
from streams.companies.parts import TOPICS, shows, troubled
from streams.companies.stories import Why

NPS_EVERY: Final = 90
"""Days between two questions whether a customer would recommend the company."""
_WORSE: Final = {Why.FRUSTRATED: 3.5, Why.COMPLAINS: 3.0, Why.PRICE: 2.0, Why.FADES: 1.0, Why.RECOVERS: 1.0}
"""By how much a customer rates lower while its story shows, of 10."""


def meet(draw: random.Random) -> Body:
    """Return how content a new customer is, and how often it answers."""
    return {"mood": min(10.0, max(2.0, draw.gauss(8.2, 1.5))), "answers": draw.uniform(0.03, 0.4)}


def _rating(person: Person, now: datetime) -> float:
    """Return how a customer rates the company on a day, of 10."""
    worse = _WORSE.get(person.story.why, 0.0) if shows(person, now) else 0.0
    mood: float = person.state["mood"]
    return min(10.0, max(0.0, mood - worse + person.draw.gauss(0, 1.2)))


def speak(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield answers, complaints, reviews and replies of a day."""
    draw, days = person.draw, (now - person.joins).days
    answers = person.state["answers"] * share_left(person.story, now)
    if days > 0 and days % NPS_EVERY == 30 and draw.random() < answers:
        score = round(_rating(person, now))
        yield company.event(person, "survey.answered", within(person, now), kind="nps", score=score)
    if draw.random() < (0.02 if troubled(person, now) else 0.0006):
        yield from _complain(company, person, now)
    if draw.random() < 0.0004:
        stars = max(1, round(_rating(person, now) / 2))
        yield company.event(person, "review.posted", within(person, now), rating=stars, place="app_store")
    yield from _reply(company, person, now)


def _complain(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield a complaint. Nearly all are answered, most within two days."""
    draw, number = person.draw, person.state.get("complaints", 0) + 1
    person.state["complaints"] = number
    at, ident = within(person, now), f"f-{person.number}-{number}"
    sentiment = f"{-draw.uniform(0.2, 0.95):.2f}" if draw.random() < 0.5 else None
    topic = draw.choice(TOPICS)
    yield company.event(
        person, "feedback.submitted", at, kind="complaint", topic=topic, feedback_id=ident, sentiment=sentiment
    )
    if draw.random() < 0.94:
        wait = draw.uniform(2, 44) if draw.random() < 0.85 else draw.uniform(44, 200)
        person.state.setdefault("replies", []).append((at + timedelta(hours=wait), ident))


def _reply(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    replies = person.state.get("replies", [])
    for at, ident in [one for one in replies if one[0] < now + DAY]:
        replies.remove((at, ident))
        yield company.event(person, "feedback.answered", at, feedback_id=ident)


def rate_support(company: Company, person: Person, at: datetime, ticket: str) -> Iterator[Body]:
    """Yield how content a customer was with the solution of a ticket: one in four says so."""
    if person.draw.random() < 0.25:
        score = max(1, min(5, round(_rating(person, at) / 2 + 0.4)))
        said = at + timedelta(hours=person.draw.uniform(0.2, 20))
        yield company.event(person, "survey.answered", said, kind="csat", score=score, ticket_id=ticket)
