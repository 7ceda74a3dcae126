"""A company that sells to companies: accounts with users and seats, and terms of half a year.

A customer is an account; each login names its user. Accounts leave at the end of a term, and mostly say so before.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from streams.companies.base import DAY, Body, Company, Kind, Person, text, within
from streams.companies.habits import OFFICE, Habit, drawn_habit, number_of
from streams.companies.parts import ask_for_help, shows
from streams.companies.stories import LEAVING, Story, Why

SEAT: Final = 30
"""Price of a seat a month, in EUR."""
_TERM: Final = timedelta(days=180)
_LEAVES_AT_A_TERM: Final = 0.22
_LEAVE: Final = {Why.FADES: 34, Why.SILENT: 22, Why.FRUSTRATED: 20, Why.PRICE: 14, Why.NEVER_STARTED: 10}
_STAY: Final = {Why.STAYS: 55, Why.RECOVERS: 22, Why.COMPLAINS: 15, Why.REVOKES: 8}
_REASON: Final = {
    Why.FADES: "unused",
    Why.FRUSTRATED: "customer_service",
    Why.PRICE: "price",
    Why.NEVER_STARTED: "too_complex",
}


def meet(draw: random.Random, joins: datetime, days: int) -> tuple[Habit, Story, Body]:
    """Return a new account's habit (of each of its users), its story, its seats and its users' shares."""
    habit = drawn_habit(draw, joins, 3 * days, 0.3)
    seats = max(3, min(60, round(draw.lognormvariate(2.0, 0.8))))
    users = max(2, round(seats * draw.uniform(0.5, 1.0)))
    shares = sorted((draw.expovariate(1.0) for _ in range(users)), reverse=True)
    whole = sum(shares)
    story = _story(draw, joins, joins + timedelta(days=days))
    state = {"seats": seats, "shares": [share / whole for share in shares], "term_end": joins + _TERM}
    return habit, story, state


def _story(draw: random.Random, joins: datetime, horizon: datetime) -> Story:
    term = joins + _TERM
    while term < horizon and draw.random() > _LEAVES_AT_A_TERM:
        term += _TERM
    if term >= horizon:
        why = draw.choices(list(_STAY), list(_STAY.values()))[0]
        since = joins + timedelta(days=draw.uniform(40, max(41.0, (horizon - joins).days - 50)))
        return Story(why) if why is Why.STAYS else Story(why, since, None, None, since + _lasts(draw))
    why = draw.choices(list(_LEAVE), list(_LEAVE.values()))[0]
    if why is Why.SILENT:
        return Story(why, None, None, term)
    says = term - timedelta(days=draw.uniform(1, 60)) if draw.random() < 0.6 else None
    if why is Why.NEVER_STARTED:
        return Story(why, joins, says, term)
    return Story(why, max(term - timedelta(days=draw.uniform(40, 110)), joins), says, term)


def _lasts(draw: random.Random) -> timedelta:
    return timedelta(days=draw.uniform(14, 50))


def day(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield what the users of an account do on a day, and what happens to its contract."""
    state, story = person.state, person.story
    if state.get("left"):
        return
    if not state.get("started"):
        state["started"] = True
        yield _starts(company, person)
    if story.leaves is not None and story.leaves < now + DAY:
        state["left"] = True
        reason = _REASON.get(story.why, "other")
        yield company.event(
            person, "subscription.ended", story.leaves, subscription_id=_id(person), cause="voluntary", reason=reason
        )
        return
    yield from _sign_in(company, person, now)
    yield from ask_for_help(company, person, now)
    yield from _contract(company, person, now)


def _starts(company: Company, person: Person) -> Body:
    seats = person.state["seats"]
    return company.event(
        person,
        "subscription.started",
        person.joins,
        subscription_id=_id(person),
        currency="EUR",
        items=[{"price": f"{SEAT * 6}.00", "quantity": seats}],
        interval="month",
        interval_count=6,
        plan="business" if seats < 30 else "enterprise",
        seats=seats,
        term_end=text(person.joins + _TERM),
        auto_renew=True,
    )


def _sign_in(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield logins by user. In half of the accounts that fade, the user that was most active leaves first."""
    if company.is_out(now):
        return
    shares: list[float] = person.state["shares"]
    expected = person.expected(company.kind.year, now) * len(shares)
    champion_gone = person.story.why is Why.FADES and person.number % 2 == 0 and shows(person, now)
    for place, share in enumerate(shares):
        if place == 0 and champion_gone:
            continue
        for _ in range(number_of(person.draw, expected * share)):
            at, user = within(person, now), f"u-{person.number}-{place}"
            yield company.event(person, "login.succeeded", at, user_id=user, channel="web")


def _contract(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield requests, renewals, and changes of seats."""
    state, story, draw = person.state, person.story, person.draw
    if story.says is not None and story.says < now + DAY and not state.get("said"):
        state["said"] = True
        yield _event(company, person, "subscription.changed", story.says, auto_renew=False)
        reason = _REASON.get(story.why, "other")
        yield _event(company, person, "cancellation.requested", story.says, reason=reason, at_period_end=True)
    if story.why is Why.REVOKES and story.shows is not None and story.over is not None:
        if story.shows < now + DAY and not state.get("said"):
            state["said"] = True
            yield _event(company, person, "subscription.changed", story.shows, auto_renew=False)
        if story.over < now + DAY and not state.get("revoked"):
            state["revoked"] = True
            yield _event(company, person, "subscription.changed", story.over, auto_renew=True)
    if state["term_end"] < now + DAY:
        end = state["term_end"]
        state["term_end"] = end + _TERM
        yield _event(company, person, "subscription.renewed", end, term_end=text(end + _TERM))
    shrinks = story.why in {Why.PRICE, Why.FADES, Why.RECOVERS} and shows(person, now)
    if shrinks and not state.get("shrunk") and draw.random() < 0.03:
        state["shrunk"] = True
        yield _seats(company, person, now, max(2, round(state["seats"] * draw.uniform(0.5, 0.85))))
    elif story.why not in LEAVING and draw.random() < 0.0015:
        yield _seats(company, person, now, state["seats"] + draw.randint(1, 6))


def _seats(company: Company, person: Person, now: datetime, seats: int) -> Body:
    person.state["seats"] = seats
    items = [{"price": f"{SEAT * 6}.00", "quantity": seats}]
    return _event(company, person, "subscription.changed", within(person, now), items=items, seats=seats)


def _event(company: Company, person: Person, kind: str, at: datetime, **more: Any) -> Body:  # noqa: ANN401 - JSON
    return company.event(person, kind, at, subscription_id=_id(person), **more)


def _id(person: Person) -> str:
    return f"s-{person.number:05d}"


B2B: Final = Kind("b2b", "Accounts with users and seats, terms of half a year", OFFICE, meet, day, "subscription")
