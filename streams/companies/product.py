"""Plays what customers do with a product: the features they use, errors that they meet, and how they get going.

Counts are of a day, as a product sends them that sums up: one event for each feature and user, not one a click.
Customers that stay give up features, too, meet errors, and start slowly.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.companies.base import DAY, Body, Company, Person, text, within
from streams.companies.habits import number_of, share_left
from streams.companies.parts import shows, troubled
from streams.companies.stories import Why

FEATURES: Final = ("dashboard", "search", "export", "import", "report", "share", "alerts", "api")
STEPS: Final = ("profile", "first_project", "first_report", "colleague_invited")
"""Milestones of the onboarding, in order."""
_CHANGES_A_YEAR: Final = 0.35
"""How often a customer replaces one feature by another in its daily work."""
_SLOW: Final = 0.15
"""The share of those that stay, and take weeks for what others do in days."""
BAD_TIME_EVERY: Final = 150
"""Days, in each of which one release is worse than others, for two weeks."""


def meet(draw: random.Random, joins: datetime, why: Why) -> Body:
    """Return the features that a new customer will use, each with its chance on a session, and its onboarding."""
    names = draw.sample(FEATURES, draw.choices((1, 2, 3, 4, 5, 6), (2, 4, 5, 4, 2, 1))[0])
    chances = [draw.uniform(0.4, 0.8), *(draw.uniform(0.04, 0.3) for _ in names[1:])]
    never = why is Why.NEVER_STARTED
    pace = 3.0 if draw.random() > _SLOW else 12.0
    reached, at = list[datetime](), joins
    for _ in STEPS[: draw.choice((0, 1)) if never else draw.choice((2, 3, 4, 4))]:
        at += timedelta(days=draw.expovariate(1 / pace))
        reached.append(at)
    narrows = why in {Why.FADES, Why.RECOVERS} and draw.random() < 0.5
    return {
        "features": dict(zip(names, chances, strict=True)),
        "reached": reached,
        "planned": draw.random() < 0.5,
        "narrows": narrows,
        "fragile": draw.random() < 0.35,
    }


def use(
    company: Company, person: Person, now: datetime, sessions: int, user: str | None = None, most: int = 8
) -> Iterator[Body]:
    """Yield the features that were used in the sessions of a day, and errors met."""
    draw, features = person.draw, person.state["features"]
    narrow = share_left(person.story, now) if person.state["narrows"] else 1.0
    used = 0
    for place, (name, chance) in enumerate(list(features.items())):
        often = chance if place == 0 else chance * narrow
        if used < most and draw.random() < 1 - (1 - often) ** sessions:
            used += 1
            at, count = within(person, now), 1 + number_of(draw, 2.5 * sessions)
            yield company.event(person, "feature.used", at, feature=name, count=count, user_id=user)
            yield from _fails(company, person, now, name, user)
    if draw.random() < 0.1:
        at, seconds = within(person, now), round(draw.lognormvariate(6.5, 0.8))
        yield company.event(person, "session.ended", at, duration=seconds, user_id=user)
    if len(features) > 1 and draw.random() < _CHANGES_A_YEAR / 250 * sessions:
        _replace_one(person)


def _replace_one(person: Person) -> None:
    """Replace a feature by another one: the work has changed, and no more than that."""
    features, others = person.state["features"], [one for one in FEATURES if one not in person.state["features"]]
    gone = person.draw.choice(list(features))
    features[person.draw.choice(others)] = features.pop(gone)


def _fails(company: Company, person: Person, now: datetime, feature: str, user: str | None) -> Iterator[Body]:
    """Yield errors: hardly any, but for two bad weeks of all, and for what is the matter with some."""
    chance = 0.008
    if _is_bad_time(company, now) and person.number % 4 == 0:
        chance = 0.4
    elif person.state["fragile"] and troubled(person, now):
        chance = 0.3
    if person.draw.random() < chance:
        count = 1 + number_of(person.draw, 1.0)
        yield company.event(person, "error.occurred", within(person, now), feature=feature, count=count, user_id=user)


def _is_bad_time(company: Company, now: datetime) -> bool:
    number, place = divmod((now - company.start).days, BAD_TIME_EVERY)
    begins = random.Random(f"{company.seed}|release|{number}").randrange(40, BAD_TIME_EVERY - 15)
    return begins <= place < begins + 14


def get_going(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield the steps of an onboarding that were reached on a day; half of the plans say until when the next is due."""
    reached: list[datetime] = person.state["reached"]
    while reached and reached[0] < now + DAY:
        at, place = reached.pop(0), person.state.get("step", 0)
        person.state["step"] = place + 1
        following = STEPS[place + 1] if place + 1 < len(STEPS) and person.state["planned"] else None
        due = text(at + timedelta(days=10)) if following is not None else None
        yield company.event(
            person, "milestone.reached", at, milestone=STEPS[place], next_milestone=following, next_due_at=due
        )


def learn(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield what some customers read and write beside their work: articles, and posts in the community."""
    draw, left = person.draw, share_left(person.story, now)
    if draw.random() < 0.01 * left:
        yield company.event(person, "content.viewed", within(person, now))
    if person.number % 9 == 0 and draw.random() < 0.2 * left and not shows(person, now):
        kind = draw.choice(("post", "visit"))
        yield company.event(person, "community.posted", within(person, now), kind=kind)
