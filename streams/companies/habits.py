"""Computes what customers are expected to do on a day, from their habits, the calendar, holidays and their stories.

    expected a day = own rate × company day × holiday × bursts × story

A tenth of a usual day in a holiday, half in August, a third on Saturday and Sunday: all customers are slow then, and a
baseline that does not know it raises false alarms.
"""

import math
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from streams.companies.stories import Story, Why

CLOSED: Final = frozenset({(1, 1), (1, 6), (5, 1), (8, 15), (12, 24), (12, 25), (12, 26), (12, 31)})
"""Days of the year (month, day) on which hardly anybody works."""


class Year(NamedTuple):
    """The company's calendar: how busy weekdays (from Monday) and months (from January) are, 1 for a usual day."""

    weekdays: Sequence[float]
    months: Sequence[float]
    closed: float

    def weight(self, day: date) -> float:
        """Return how busy a day is."""
        closed = self.closed if (day.month, day.day) in CLOSED else 1.0
        return self.weekdays[day.weekday()] * self.months[day.month - 1] * closed


OFFICE: Final = Year((1.05, 1.1, 1.1, 1.05, 0.9, 0.25, 0.25), (1, 1, 1, 1, 1, 1, 0.85, 0.5, 1, 1, 1, 0.8), 0.1)
SHOPPING: Final = Year((0.9, 0.9, 0.9, 1, 1.1, 1.3, 1.1), (0.9, 0.9, 1, 1, 1, 1, 0.9, 0.7, 1, 1, 1.5, 1.6), 0.5)


class Habit(NamedTuple):
    """The usual behaviour of a customer.

    `bursts` is the shape of a gamma factor drawn each week: small for those that come in bursts, infinite for regular
    ones.
    """

    rate: float
    """Sessions on a usual day."""
    bursts: float
    holidays: tuple[tuple[date, date], ...]


def drawn_habit(draw: random.Random, since: datetime, days: int, mean: float) -> Habit:
    """Return the habit of a new customer: rare visitors and daily ones, regular and bursty, with holidays."""
    rate = mean * draw.lognormvariate(0, 0.8) if draw.random() < 0.85 else draw.uniform(0.03, 0.12)
    bursts = math.inf if draw.random() < 0.7 else draw.uniform(0.5, 1.5)
    return Habit(min(rate, 6.0), bursts, tuple(_holidays(draw, since.date(), days)))


def _holidays(draw: random.Random, since: date, days: int) -> list[tuple[date, date]]:
    """Return a customer's holidays: one or two a year of one to three weeks, most of them in summer."""
    found = []
    for year in range(since.year, (since + timedelta(days=days)).year + 1):
        for _ in range(draw.choice((1, 1, 2))):
            first_day = draw.randrange(180, 250) if draw.random() < 0.6 else draw.randrange(365)
            begins = date(year, 1, 1) + timedelta(days=first_day)
            found.append((begins, begins + timedelta(days=draw.choice((7, 10, 14, 14, 21)))))
    return found


def burst(draw: random.Random, habit: Habit) -> float:
    """Return the factor of a week: 1 for a regular customer."""
    return 1.0 if math.isinf(habit.bursts) else draw.gammavariate(habit.bursts, 1 / habit.bursts)


def on_holiday(habit: Habit, day: date) -> bool:
    """Report whether a customer is on holiday."""
    return any(begins <= day < ends for begins, ends in habit.holidays)


_FALLS_TO: Final = {Why.FADES: 0.05, Why.RECOVERS: 0.1, Why.FRUSTRATED: 0.4, Why.PRICE: 0.6, Why.UNPAID: 0.7}
_NEVER_STARTED: Final = 0.06


def share_left(story: Story, at: datetime) -> float:
    """Return how much of its habit a customer still has: less after its story shows, all of it after it is over."""
    if story.why is Why.NEVER_STARTED:
        return _NEVER_STARTED
    low = _FALLS_TO.get(story.why)
    if low is None or story.shows is None or at < story.shows or (story.over is not None and at >= story.over):
        return 1.0
    end = story.over or story.leaves or at
    half = max((end - story.shows) / 2, timedelta(days=1))
    fallen = min(1.0, (at - story.shows) / half)
    return 1.0 - (1.0 - low) * fallen


def number_of(draw: random.Random, expected: float) -> int:
    """Return a Poisson number."""
    if expected <= 0:
        return 0
    limit, number, product = math.exp(-min(expected, 30.0)), 0, draw.random()
    while product > limit:
        number += 1
        product *= draw.random()
    return number
