"""Learns a company calendar from a history: how busy weekdays, months and holidays are, and when all is closed.

acts of customers        a customer counts once a day, from its first day in the history to its last
share of a day           customers that acted ÷ customers that were there: growth changes nothing
weights                  weekday × month, fitted in turns until both are right on the whole
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final, NamedTuple

import msgspec

from retention.calendar import Calendar, LocalDay, instant, iso_day, local_date
from retention.company import USUAL, Weights
from streams.errors import BadLog

LEAST_DAYS: Final = 365
LEAST_ACTS: Final = 1_000
"""Fewer days of customers say nothing about twelve months."""
ACTS: Final = frozenset(
    {
        "login.succeeded",
        "purchase.completed",
        "feature.used",
        "session.ended",
        "content.viewed",
        "community.posted",
        "cart.updated",
        "ticket.opened",
        "message.clicked",
        "feedback.submitted",
        "review.posted",
    }
)
"""What customers do by themselves, and not what systems, agents or calendars do."""
STAYS: Final = 30
"""So many days after its last act a customer still counts as there: many come seldom."""
LATE: Final = 8
"""So many days behind the newest an act may come in the file and still be counted."""
WARM_UP: Final = 28
"""Days at the beginning that are left out if a year is left without them: who came before is not known yet."""
ROUNDS: Final = 60
PRIOR: Final = 20.0
"""As many acts as expected are added to each weight: what was seen seldom is taken for usual."""
CLOSED: Final = 0.25
"""A day with less than this share of what is usual on it may be one of a closure."""
LEAST_CLOSED: Final = 2
"""Days in a row of a closure."""
LEAST_EXPECTED: Final = 10.0
"""Of a day on which fewer customers are usual, the absence of all says nothing."""
_LEAST_WEIGHT: Final = 0.01
_LEAST_HOLIDAYS: Final = 3
_BUSY: Final = 0.9
"""A weekday with so much of the middle one's weight is as busy as most."""
_WEEK: Final = 7
_YEAR: Final = 12
_THURSDAY: Final = 3


class _Sketch(msgspec.Struct):
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    type: str
    customer_id: str | int
    synthetic: bool = False


_sketch: Final = msgspec.json.Decoder(_Sketch).decode


class Activity(NamedTuple):
    """Counts the customers that acted on each day of a history, and those that were there. No day is left out."""

    first: LocalDay
    acted: list[int]
    there: list[int]

    @property
    def last(self) -> LocalDay:
        """Return the last day."""
        return self.first + len(self.acted) - 1


def activity_of(log: Iterable[bytes], calendar: Calendar, file: str) -> Activity:
    """Return the activity in a log; raise `BadLog` if it is shorter than a year, or has too few acts."""
    counted, open_days = dict[LocalDay, int](), dict[LocalDay, set[str | int]]()
    lives: dict[str | int, tuple[LocalDay, LocalDay]] = {}
    newest = 0
    for text in log:
        try:
            sketch = _sketch(text)
            day = calendar.day(instant(sketch.occurred_at))
        except (msgspec.DecodeError, ValueError, RecursionError, OverflowError):
            continue
        if sketch.type not in ACTS or sketch.synthetic:
            continue
        who = sketch.customer_id
        first, last = lives.get(who, (day, day))
        lives[who] = (min(first, day), max(last, day))
        newest = max(newest, day)
        if day > newest - LATE:
            open_days.setdefault(day, set()).add(who)
        for done in [one for one in open_days if one <= newest - LATE]:
            counted[done] = counted.get(done, 0) + len(open_days.pop(done))
    for day, customers in open_days.items():
        counted[day] = counted.get(day, 0) + len(customers)
    return _checked(counted, lives, file)


def _checked(
    counted: Mapping[LocalDay, int], lives: Mapping[str | int, tuple[LocalDay, LocalDay]], file: str
) -> Activity:
    if not counted:
        raise BadLog(f"{file} has no act of a customer, such as a login, an order or a use: nothing can be learned")
    first, last = min(counted), max(counted)
    days = last - first + 1
    if days < LEAST_DAYS:
        raise BadLog(
            f"{file} covers {days} day{'s' * (days != 1)}, "
            f"from {iso_day(first)} to {iso_day(last)}: a calendar needs {LEAST_DAYS} at "
            "least, so that each month is in it. Without a calendar, each day counts as a usual one"
        )
    total = sum(counted.values())
    if total < LEAST_ACTS:
        raise BadLog(f"{file} has {total:,} days of customers with an act: {LEAST_ACTS:,} at least are needed")
    steps = [0] * (days + STAYS + 2)
    for begins, ends in lives.values():
        steps[max(0, begins - first)] += 1
        steps[min(len(steps) - 1, max(0, ends - first) + STAYS + 1)] -= 1
    there, number = list[int](), 0
    for step in steps[:days]:
        number += step
        there.append(number)
    acted = [counted.get(first + place, 0) for place in range(days)]
    skipped = WARM_UP if days - WARM_UP >= LEAST_DAYS else 0
    return Activity(first + skipped, acted[skipped:], there[skipped:])


def learned(activity: Activity, holidays: frozenset[LocalDay] = frozenset()) -> Weights:
    """Return the weights that a history shows: the mean day of the history has the weight 1.

    Days of a closure are found first by what is usual without them, and then left out of it.
    """
    days = list(range(activity.first, activity.last + 1))
    usual = _fitted(activity, [day for day in days if day not in holidays])
    closed = _closures(activity, usual, holidays)
    inside = frozenset([day for first, last in closed for day in range(first, last + 1)])
    weekdays, months = _fitted(activity, [day for day in days if day not in holidays | inside])
    holiday = _holiday_weight(activity, (weekdays, months), holidays - inside)
    mean = _mean(activity, weekdays, months, holiday, holidays, inside)
    return Weights(
        weekdays=tuple([_thousandths(weight / mean) for weight in weekdays]),
        months=tuple([max(1, _thousandths(weight)) for weight in months]),
        holiday=_thousandths(holiday / mean),
        holidays=holidays,
        closures=tuple([(first, last, _closed_weight(activity, first, last, mean)) for first, last in closed]),
    )


Fit = tuple[list[float], list[float]]
"""The weights of weekdays, as shares of customers that act, and of months, 1 on average."""


def _fitted(activity: Activity, days: list[LocalDay]) -> Fit:
    weekdays, months = [_share(activity, days)] * _WEEK, [1.0] * _YEAR
    for _ in range(ROUNDS):
        weekdays = _turn(activity, days, weekdays, months, of_weekdays=True)
        months = _turn(activity, days, months, weekdays, of_weekdays=False)
        mean = sum(months) / _YEAR
        months = [one / mean for one in months]
    return weekdays, months


def _turn(
    activity: Activity, days: list[LocalDay], weights: list[float], others: list[float], *, of_weekdays: bool
) -> list[float]:
    """Return the weights with which as many customers are expected as acted, given the others."""
    acted, expected = [0.0] * len(weights), [0.0] * len(weights)
    for day in days:
        kind, other = (_weekday(day), _month(day)) if of_weekdays else (_month(day), _weekday(day))
        acted[kind] += activity.acted[day - activity.first]
        expected[kind] += activity.there[day - activity.first] * others[other]
    share = sum(acted) / max(sum(expected), 1.0)
    return [
        max(_LEAST_WEIGHT * share, (one + PRIOR) / (other + PRIOR / share)) if share else 1.0
        for one, other in zip(acted, expected, strict=True)
    ]


def _share(activity: Activity, days: list[LocalDay]) -> float:
    acted = sum(activity.acted[day - activity.first] for day in days)
    return acted / max(1, sum(activity.there[day - activity.first] for day in days))


def _expected(activity: Activity, fit: Fit, day: LocalDay) -> float:
    return activity.there[day - activity.first] * fit[0][_weekday(day)] * fit[1][_month(day)]


def _closures(activity: Activity, fit: Fit, holidays: frozenset[LocalDay]) -> list[tuple[LocalDay, LocalDay]]:
    """Return the first and last days on which hardly any customer acted, two in a row at the least."""
    found: list[tuple[LocalDay, LocalDay]] = []
    row: list[LocalDay] = []
    for day in range(activity.first, activity.last + 2):
        if day <= activity.last and _is_empty(activity, fit, day):
            row.append(day)
            continue
        if len(row) >= LEAST_CLOSED and not holidays.issuperset(row):
            found.append((row[0], row[-1]))
        row = []
    return found


def _is_empty(activity: Activity, fit: Fit, day: LocalDay) -> bool:
    expected = _expected(activity, fit, day)
    return expected >= LEAST_EXPECTED and activity.acted[day - activity.first] < CLOSED * expected


def _holiday_weight(activity: Activity, fit: Fit, holidays: frozenset[LocalDay]) -> float:
    """Return the share of customers that act on a holiday, from those on weekdays that are as busy as most."""
    weekdays, months = fit
    busy = sorted(weekdays)[_WEEK // 2]
    known = [
        day for day in holidays if activity.first <= day <= activity.last and weekdays[_weekday(day)] >= busy * _BUSY
    ]
    if len(known) < _LEAST_HOLIDAYS:
        return min(weekdays)
    acted = sum(activity.acted[day - activity.first] for day in known)
    return acted / max(1.0, sum(activity.there[day - activity.first] * months[_month(day)] for day in known))


def _mean(
    activity: Activity,
    weekdays: list[float],
    months: list[float],
    holiday: float,
    holidays: frozenset[LocalDay],
    inside: frozenset[LocalDay],
) -> float:
    """Return the mean weight of a day, in the unit of the weekdays."""
    total, number = 0.0, 0
    for day in range(activity.first, activity.last + 1):
        if day not in inside:
            weight = weekdays[_weekday(day)]
            total += (min(weight, holiday) if day in holidays else weight) * months[_month(day)]
            number += 1
    return total / max(1, number)


def _closed_weight(activity: Activity, first: LocalDay, last: LocalDay, mean: float) -> int:
    return _thousandths(_share(activity, list(range(first, last + 1))) / mean)


def _thousandths(weight: float) -> int:
    return round(weight * USUAL)


def _weekday(day: LocalDay) -> int:
    return (day + _THURSDAY) % _WEEK


def _month(day: LocalDay) -> int:
    return local_date(day).month - 1
