"""A company that sells to companies: accounts with users and seats, and terms of half a year.

A customer is an account; each login names its user. Accounts leave at the end of a term, and mostly say so before.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from streams.companies import mailing, paying, product, voices
from streams.companies.base import DAY, Body, Company, Kind, Person, text, within
from streams.companies.habits import OFFICE, Habit, drawn_habit, number_of, share_left
from streams.companies.parts import shows
from streams.companies.stories import LEAVING, Story, Why
from streams.companies.support import ask_for_help

SEAT: Final = 30
"""Price of a seat a month, in EUR."""
_TERM: Final = timedelta(days=180)
_CHAMPION_MOVES_ON: Final = 0.12
"""The share of the accounts that stay in which the most active user leaves one day, and a colleague takes over."""
_SEATS_TOLD_EVERY: Final = 30
"""Days between two statements of how many of the seats are in use."""
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
    if draw.random() < _CHAMPION_MOVES_ON:
        state["moves_on"] = joins + timedelta(days=draw.uniform(60, max(61.0, float(days))))
    state |= voices.meet(draw) | mailing.meet(draw) | paying.meet(draw, joins) | product.meet(draw, joins, story.why)
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
        yield from mailing.first_words(company, person)
    if story.leaves is not None and story.leaves < now + DAY:
        state["left"] = True
        reason = _REASON.get(story.why, "other")
        yield company.event(
            person, "subscription.ended", story.leaves, subscription_id=_id(person), cause="voluntary", reason=reason
        )
        return
    yield from _sign_in(company, person, now)
    yield from product.get_going(company, person, now)
    yield from ask_for_help(company, person, now)
    yield from voices.speak(company, person, now)
    yield from mailing.receive(company, person, now)
    yield from paying.hear_of_money(company, person, now, _id(person))
    yield from _meets(company, person, now)
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
    """Yield logins and use by user, and now and then how many seats are in use.

    In half of the accounts that fade, the user that was most active leaves first; in some that stay it does, too.
    """
    state, draw, seen = person.state, person.draw, person.state.setdefault("seen", set())
    if (now - person.joins).days % _SEATS_TOLD_EVERY == _SEATS_TOLD_EVERY - 1:
        yield company.event(person, "seats.changed", within(person, now), paid=state["seats"], active=len(seen))
        seen.clear()
    if company.is_out(now):
        return
    shares: list[float] = state["shares"]
    expected = person.expected(company.kind.year, now) * len(shares)
    champion_gone = person.story.why is Why.FADES and person.number % 2 == 0 and shows(person, now)
    if "moves_on" in state and now > state["moves_on"]:
        del state["moves_on"]
        shares[1:2] = [shares[1] + 0.7 * shares[0]]
        shares[0] = 0.0
    for place, share in enumerate(shares):
        if place == 0 and champion_gone:
            continue
        sessions, user = number_of(draw, expected * share), f"u-{person.number}-{place}"
        for _ in range(sessions):
            yield company.event(person, "login.succeeded", within(person, now), user_id=user, channel="web")
        if sessions:
            seen.add(user)
            yield from product.use(company, person, now, sessions, user, most=1)


def _meets(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield that the company spoke to an account: less often to one that withdraws."""
    if person.draw.random() < 0.02 * share_left(person.story, now):
        kind = person.draw.choice(("call", "call", "meeting", "email"))
        yield company.event(person, "note.added", within(person, now), kind=kind)


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
        yield from paying.pay(company, person, end, _id(person), f"{SEAT * 6 * state['seats']}.00")
    shrinks = story.why in {Why.PRICE, Why.FADES, Why.RECOVERS} and shows(person, now)
    if shrinks and not state.get("shrunk") and draw.random() < 0.03:
        state["shrunk"] = True
        yield from _seats(company, person, now, max(2, round(state["seats"] * draw.uniform(0.5, 0.85))))
    elif story.why not in LEAVING and draw.random() < 0.0015:
        yield from _seats(company, person, now, state["seats"] + draw.randint(1, 6))


def _seats(company: Company, person: Person, now: datetime, seats: int) -> Iterator[Body]:
    at, person.state["seats"] = within(person, now), seats
    items = [{"price": f"{SEAT * 6}.00", "quantity": seats}]
    yield _event(company, person, "subscription.changed", at, items=items, seats=seats)
    yield company.event(person, "seats.changed", at, paid=seats)


def _event(company: Company, person: Person, kind: str, at: datetime, **more: Any) -> Body:  # noqa: ANN401 - JSON
    return company.event(person, kind, at, subscription_id=_id(person), **more)


def _id(person: Person) -> str:
    return f"s-{person.number:05d}"


B2B: Final = Kind("b2b", "Accounts with users and seats, terms of half a year", OFFICE, meet, day, "subscription")
