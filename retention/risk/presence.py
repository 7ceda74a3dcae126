"""Calculates the factors of presence: how long a customer stays away, how often it is there, and what it uses.

    day       . . . x . x x . . . . . . |           away       7 days since it was there, of 7 + 14: 0.333
                        └─ last seen    └─ at       overdue    the same, of 7 + 4 times as long as it usually stays away

Rule: sign-ins and use count by whole days, those before the local day of the instant. Days are company days, and those
on which the source of the events was silent are no absence.
"""

from collections.abc import Sequence
from typing import Final

from retention import day_counts
from retention.calendar import LocalDay
from retention.day_counts import DayCounts
from retention.features.usage.section import USAGE, usage_seen
from retention.fitted import MILLI
from retention.risk.scene import Scene, part, share
from retention.state.customer import Customer

MONTH: Final = 28
"""Days, as are the others: four whole weeks, so that each has as many Sundays."""
_SHORT: Final = 7
_QUARTER: Final = 84


def acts_before(customer: Customer, day: LocalDay) -> list[LocalDay]:
    """Return the days before one on which a customer signed in or used anything, the newest first."""
    days = day_counts.days(day_counts.before(customer.logins, day))
    usage = usage_seen(customer) if USAGE.is_kept(customer) else None
    if usage is None or not usage.uses:
        return days
    uses = day_counts.before(usage.uses, day)
    used = [one for one, number in zip(day_counts.days(uses), uses[1::2], strict=True) if number]
    return sorted({*days, *used}, reverse=True)


def days_between(days: list[LocalDay], first: LocalDay, last: LocalDay) -> int:
    """Return how many of some days lie from one up to another, which does not count."""
    found = 0
    for one in days:
        if one < first:
            break
        found += one < last
    return found


def presence(scene: Scene) -> tuple[int, ...]:
    """Return how long a customer has stayed away, by the calendar and by its own pace, and how often it is there."""
    day, company = scene.day, scene.policy.company
    days = acts_before(scene.customer, day)
    if not days:
        return 0, 0, 0, 0, 0, 0, 0, MILLI
    silent = scene.silences.logins if scene.customer.logins else scene.silences.usage
    last = days[0]
    away = company.heard_between(last + 1, day, silent)
    begins = max(days[-1], last - _QUARTER + 1)
    pace = company.heard_between(begins, last + 1, silent) // days_between(days, begins, last + 1)
    month = days_between(days, day - MONTH, day)
    usual = _expected(scene, days, MONTH, _QUARTER, silent)
    week, usual_week = days_between(days, day - _SHORT, day), _expected(scene, days, _SHORT, MONTH, silent)
    return (
        part(away, 14 * MILLI),
        part(away, 4 * max(MILLI, pace)),
        part(usual - MILLI * month, 2 * MILLI + MILLI * month),
        part(MILLI * month - usual, 2 * MILLI + usual),
        part(usual_week - MILLI * week, MILLI + MILLI * week),
        share(month, MONTH),
        share(days_between(days, day - MONTH - _QUARTER, day - MONTH), _QUARTER),
        0,
    )


def _expected(scene: Scene, days: list[LocalDay], now: int, before: int, silent: Sequence[LocalDay]) -> int:
    """Return on how many of the last days a customer was there if it were as usual, in thousandths of a day."""
    company, day = scene.policy.company, scene.day
    first = max(days[-1], day - now - before)
    heard = company.heard_between(first, day - now, silent)
    if heard <= 0:
        return 0
    seen = days_between(days, first, day - now)
    return MILLI * seen * company.heard_between(day - now, day, silent) // heard


def volume(scene: Scene) -> tuple[int, ...]:
    """Return how much less a customer uses than before, its errors, its milestones and its empty seats."""
    usage, day = usage_seen(scene.customer), scene.day
    if usage is None:
        return 0, 0, 0, 0
    uses = day_counts.before(usage.uses, day)
    month = sum_between(uses, day - MONTH, day)
    usual = sum_between(uses, day - MONTH - _QUARTER, day - MONTH) * MONTH // _QUARTER
    errors = sum(sum_between(day_counts.before(one, day), day - MONTH, day) for one in usage.errors.values())
    reached = sum(one.at <= scene.at for one in usage.milestones)
    seats = [one for one in usage.seats if one.at <= scene.at and one.active >= 0 and one.paid > 0]
    empty = share(seats[-1].paid - seats[-1].active, seats[-1].paid) if seats else 0
    return part(usual - month, 5 + month), part(errors, 5), part(reached, 3), empty


def sum_between(counts: DayCounts, first: LocalDay, last: LocalDay) -> int:
    """Return the sum of some counts from one day up to another, which does not count."""
    found = 0
    for day, number in zip(day_counts.days(counts), counts[1::2], strict=True):
        if day < first:
            break
        if day < last:
            found += number
    return found
