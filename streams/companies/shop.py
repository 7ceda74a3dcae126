"""A shop without subscriptions: customers come back after a while of their own, until they do not.

    order      order        order     visits end                      is no customer any more
    ──┼──────────┼────────────┼───────────┼──────────── 90 days ─────────────┼──►

A customer leaves when its last order lies 90 days back. It decides so soon after that order.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from streams.companies import carts, mailing, voices
from streams.companies.base import DAY, Body, Company, Kind, Person
from streams.companies.habits import SHOPPING, Habit, drawn_habit
from streams.companies.parts import sessions_of, sign_in
from streams.companies.stories import Story, Why
from streams.companies.support import ask_for_help

WINDOW: Final = timedelta(days=90)
STAYS_AFTER_ORDER: Final = 0.9
"""The chance that a customer comes back after an order. A third buys once only."""
_ONCE: Final = 0.3
SEASON: Final = (11, 12)
"""Months in which customers come back sooner."""
LONGEST_GAP: Final = 80.0
"""Days between two orders, at most: a customer that comes back was never away for the window of 90 days."""
_LEAVE: Final = {Why.SILENT: 55, Why.FRUSTRATED: 20, Why.FADES: 25}
_STAY: Final = {Why.STAYS: 70, Why.RECOVERS: 20, Why.COMPLAINS: 10}


def meet(draw: random.Random, joins: datetime, days: int) -> tuple[Habit, Story, Body]:
    """Return a new customer's habit, its orders to come, and the story that follows from them."""
    habit = drawn_habit(draw, joins, 3 * days, 0.25)
    gap, horizon = draw.lognormvariate(3.4, 0.45), joins + timedelta(days=days)
    orders, at = [joins], joins
    ends = draw.random() < _ONCE
    while not ends and at < horizon:
        drawn = draw.gammavariate(2.5, gap / 2.5) * (0.8 if at.month in SEASON else 1.0)
        at += timedelta(days=min(max(1.0, drawn), LONGEST_GAP))
        orders.append(at)
        ends = draw.random() > STAYS_AFTER_ORDER
    story = _story(draw, orders, ends=ends, horizon=horizon)
    return habit, story, voices.meet(draw) | mailing.meet(draw) | {"orders": orders}


def _story(draw: random.Random, orders: list[datetime], *, ends: bool, horizon: datetime) -> Story:
    last = orders[-1]
    if not ends or last + WINDOW >= horizon:
        why = draw.choices(list(_STAY), list(_STAY.values()))[0]
        since = orders[0] + (last - orders[0]) * draw.uniform(0.2, 0.8)
        return Story(why) if why is Why.STAYS else Story(why, since, None, None, since + timedelta(days=30))
    why = draw.choices(list(_LEAVE), list(_LEAVE.values()))[0]
    shows = None if why is Why.SILENT else last + timedelta(days=draw.uniform(-15, 5))
    return Story(why, shows, None, last + WINDOW)


def day(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    """Yield the visits, orders and tickets of a day."""
    state, story = person.state, person.story
    if state.get("left"):
        return
    if "number" not in state:
        yield from mailing.first_words(company, person)
    yield from _buys(company, person, now)
    if story.leaves is not None and story.leaves < now + DAY:
        state["left"] = True
        return
    gone = story.leaves is not None and now > story.leaves - WINDOW + timedelta(days=10)
    yield from _visits(company, person, now, gone=gone)
    yield from mailing.receive(company, person, now)
    if not gone:
        yield from ask_for_help(company, person, now)
        yield from voices.speak(company, person, now)


def _visits(company: Company, person: Person, now: datetime, *, gone: bool) -> Iterator[Body]:
    """Yield logins and carts: hardly any after a customer's last order, when it is not coming back."""
    sessions = sessions_of(company, person, now, 0.08 if gone else 1.0)
    yield from sign_in(company, person, now, sessions)
    yield from carts.leave_one(company, person, now, sessions)


def _buys(company: Company, person: Person, now: datetime) -> Iterator[Body]:
    orders: list[datetime] = person.state["orders"]
    while orders and orders[0] < now + DAY:
        at = max(orders.pop(0), person.joins)
        number = person.state["number"] = person.state.get("number", 0) + 1
        order = f"o-{person.number}-{number}"
        amount = f"{person.draw.lognormvariate(3.4, 0.6):.2f}"
        yield company.event(person, "login.succeeded", at - timedelta(minutes=6), channel="web")
        yield from carts.fill(company, person, at, amount)
        yield company.event(person, "purchase.completed", at, order_id=order, amount=amount, currency="EUR")
        if person.draw.random() < 0.06:
            back = at + timedelta(days=person.draw.uniform(2, 12))
            yield company.event(person, "purchase.refunded", back, order_id=order)


SHOP: Final = Kind("shop", "Orders without a subscription", SHOPPING, meet, day, "purchase")
