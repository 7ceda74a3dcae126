"""`login-frequency-drop`: a customer signs in on far fewer days than it used to.

Off unless it is switched on: on simulated companies it preceded few losses, and in the SaaS one it was right no more
often than recency alone, because holidays look the same (docs/decisions/0063-opportunities.md).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from retention import day_counts
from retention.actions.we_miss_you import WE_MISS_YOU
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.logins.facets import LOGINS
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Signal, Stretch, View
from retention.tails import ONE, at_most, weighed_dispersion_of
from retention.wording import days_text

WINDOW: Final = 28
BASE: Final = 112
LEAST_BASE: Final = 56
"""So many days of the base have to be known, at least."""
MIN_LOGINS: Final = 16
ONCE_IN: Final = 1_000
RECOVERED: Final = Fraction(8, 10)
OVER_DAYS: Final = 56
"""So long after it began, the lower rate is the usual one."""
SOURCE: Final = "logins"
_WEEK: Final = 7
_THURSDAY: Final = 3
"""The weekday of the local day 0, counted from Monday."""


class _Rate(NamedTuple):
    """The days with a login that were seen in a window, and that were to be expected by the base before it."""

    seen: int
    expected: Fraction
    dispersion: Fraction


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times in which it signs in far less, from a Monday on.

    days    [ base: 16 weeks ──────────────)[ 4 weeks ─)
                                                       |  one such count in 1,000 is as low, by the rate of the base
                                                       [-----------------)  80 % of it again, or after eight weeks

    Days are those of the company, if it has a calendar. A day on which the source was silent shows nothing: then it is
    not raised.
    """
    days = day_counts.days(day_counts.before(view.customer.logins, view.calendar.day(view.as_of - 1) + 1))[::-1]
    found: list[Stretch] = []
    if days:
        last, monday = view.calendar.day(view.as_of), _monday_from(days[0] + LEAST_BASE + WINDOW)
        while monday <= last:
            one = _drop(view, days, monday)
            if one is not None:
                found.append(one)
            monday = _monday_from(view.calendar.day(one.end)) if one is not None else monday + _WEEK
    return reversed(found)


def _monday_from(day: LocalDay) -> LocalDay:
    return day + -(day + _THURSDAY) % _WEEK


def _drop(view: View, days: Sequence[LocalDay], monday: LocalDay) -> Stretch | None:
    """Return the time that begins on a Monday if the four weeks before it show a fall."""
    rate = _rate_before(view, days, monday)
    if (
        rate is None
        or 2 * rate.seen > rate.expected
        or any(monday - WINDOW <= day < monday for day in view.silent_days(SOURCE))
    ):
        return None
    if at_most(rate.seen, rate.expected, rate.dispersion) * int(view.tuned.threshold("once_in")) > ONE:
        return None
    return _stretch(view, days, monday, rate)


def _rate_before(view: View, days: Sequence[LocalDay], monday: LocalDay) -> _Rate | None:
    """Return the counts before a Monday; None if too little is known of the time before."""
    company, first = view.policy.company, monday - WINDOW
    begin = max(first - BASE, days[0] + (first - days[0]) % _WEEK)
    if first - begin < LEAST_BASE:
        return None
    usual = _count(days, begin, first)
    if usual < int(view.tuned.threshold("min_logins")):
        return None
    weight = company.between(begin, first)
    if not weight:
        return None
    expected = Fraction(usual * company.between(first, monday), weight)
    weeks = range(begin, first, _WEEK)
    counts = [_count(days, week, week + _WEEK) for week in weeks]
    weights = [company.between(week, week + _WEEK) for week in weeks]
    return _Rate(_count(days, first, monday), expected, weighed_dispersion_of(counts, weights))


def _count(days: Sequence[LocalDay], first: LocalDay, following: LocalDay) -> int:
    return bisect_left(days, following) - bisect_left(days, first)


def _stretch(view: View, days: Sequence[LocalDay], monday: LocalDay, rate: _Rate) -> Stretch:
    calendar, over = view.calendar, monday + OVER_DAYS
    back = next((day for day in days[bisect_left(days, monday) :] if _is_back(view, days, day, monday, rate)), None)
    usual = round(rate.expected)
    end = calendar.start_of_day(over if back is None else min(back, over))
    return Stretch(
        start=calendar.start_of_day(monday),
        end=end,
        since=calendar.start_of_day(monday - WINDOW),
        observed={"login_days": rate.seen},
        baseline={"usual_login_days": usual},
        words=lambda language: {"days": days_text(rate.seen, language), "usual": usual},
        lapses=back is None or back >= over,
        outcome="recovered" if back is not None and back < over else "lapsed",
    )


def _is_back(view: View, days: Sequence[LocalDay], day: LocalDay, monday: LocalDay, rate: _Rate) -> bool:
    """Report whether the four weeks up to a day have 80 % of what was usual before a Monday."""
    company, first = view.policy.company, day - WINDOW + 1
    weight = company.between(monday - WINDOW, monday)
    usual = rate.expected * company.between(first, day + 1) / weight if weight else rate.expected
    return _count(days, first, day + 1) >= RECOVERED * usual


def quiet_until(view: View) -> Instant:
    """Return the next Monday, on which the weeks before it are counted; `NEVER` if too few logins are left to count."""
    today = view.calendar.day(view.as_of)
    by_day = day_counts.before(view.customer.logins, today + 1)
    recent = [day for day in day_counts.days(by_day) if day >= today - WINDOW - BASE]
    if len(recent) < int(view.tuned.threshold("min_logins")):
        return NEVER
    newest = next(stretches(view), None)
    if newest is not None and newest.end > view.as_of:
        return 0
    return view.calendar.start_of_day(_monday_from(today + 1))


LOGIN_FREQUENCY_DROP = Signal(
    name="login-frequency-drop",
    role="engagement",
    trigger="on_time",
    reads=frozenset({LOGINS}),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Signed in on {days} of the 28 before; usually on {usual}",
            "es": "Ha iniciado sesión en {days} de los 28 anteriores; lo habitual son {usual}",
            "it": "Accesso in {days} sui 28 precedenti; di solito {usual}",
        }
    },
    recommends=WE_MISS_YOU,
    weight=0.20,
    half_life_days=14,
    default=SignalPolicy(
        enabled=False,
        severity="low",
        cooldown_days=14,
        escalate_after_days=STAYS,
        thresholds=(("min_logins", MIN_LOGINS), ("once_in", ONCE_IN)),
    ),
    absence_of=LOGINS,
    patience_days=lambda _: 1,
    source=SOURCE,
)
