"""`no-login`: a customer that used to sign in has stayed away longer than usual."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from retention import day_counts
from retention.actions.we_miss_you import WE_MISS_YOU
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.logins.facets import LOGINS
from retention.liveness import gaps_written, heard_after, heard_between
from retention.policy import LEAST_SILENCE, SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View
from retention.tails import silence_after
from retention.wording import days_text

MIN_LOGINS: Final = 5
LASTING_DAYS: Final = 28
"""Days of absence that no holiday explains: it becomes more severe then, and not because it was noticed."""
ONCE_IN: Final = 1_000
"""How rare a silence as long has to be, too, at the customer's own rate."""
RATE_DAYS: Final = 112
"""Up to the last login: what that rate is taken from."""
LONG_OPEN_DAYS: Final = 180
"""So long open, it becomes more severe however rarely the customer came."""
SOURCE: Final = "logins"
_FEW: Final = 8
"""Gaps that are removed one by one: after more of them the rest is sorted anew."""


def stretches(view: View) -> Iterator[Stretch]:
    """Yield silences longer than max(7 days, own p90 gap), after at least 5 logins; any login ends one.

    day   1 2 3 4 5 . . . . . . . . 14
          l l l l l                 l      gaps 1 1 1 1 → p90 1, limit 7
                            [------)       raised on day 13, 8 days after the last login

    Most customers that are away so long return within days. It becomes more severe when it has lasted: for longer than
    28 days (of the company, if it has a calendar), and for so long that one silence in a thousand is, at the own rate.
    A day on which the source was silent is no day without a login: it does not count.
    """
    silent_days = view.silent_days(SOURCE)
    minimum = int(view.tuned.threshold("min_days"))
    enough = int(view.tuned.threshold("min_logins"))
    by_day = day_counts.before(view.customer.logins, view.calendar.day(view.as_of - 1) + 1)
    gaps = _Gaps(_heard_gaps(day_counts.days(by_day), silent_days) if silent_days else by_day[2::2])
    last, end = by_day[0] if by_day else 0, len(by_day)
    for place in range(0, end, 2):
        following: LocalDay | None = None
        if place:
            gap = by_day[place]
            last -= gap
            if gap <= minimum:
                continue  # nearly all of them
            following = last + gap
        if not day_counts.counts_to(by_day, enough, place):
            return
        usual = gaps.usual((end - place) // 2 - 1)
        first = heard_after(last, max(minimum, usual) + 1, silent_days)
        if following is None or first <= following:  # a login on the same day ends it at once
            lasting = _lasting(view, last, following, by_day, place, silent_days)
            yield _silence(view, last, following, first, usual, lasting, silent_days)


def _heard_gaps(days: list[LocalDay], silent_days: Sequence[LocalDay]) -> list[int]:
    """Return the gaps in days between active days, the newest first; silent days do not count.

    >>> _heard_gaps([13, 4, 3], [7, 8])
    [7, 1]
    """
    return [heard_between(earlier, later, silent_days) for later, earlier in pairwise(days)]


class _Gaps:
    """The gaps between the days on which a customer signed in, newest first.

    Kept sorted while the newest are removed: an irregular customer has many silences to check.

    >>> _Gaps([9, 1, 1, 1]).usual(4), _Gaps([9, 1, 1, 1]).usual(3)
    (9, 1)
    """

    def __init__(self, gaps: list[int]) -> None:
        self._gaps = gaps[::-1]
        self._sorted = sorted(gaps)

    def usual(self, number: int) -> int:
        """Return the gap, in days, that nine in ten of the oldest do not exceed (nearest rank); 0 without gaps.

        The others, the newest, are removed.
        """
        more = len(self._gaps) - number
        if more > _FEW:
            del self._gaps[number:]
            self._sorted = sorted(self._gaps)
        else:
            for _ in range(more):
                del self._sorted[bisect_left(self._sorted, self._gaps.pop())]
        return self._sorted[-(-number * 9 // 10) - 1] if number else 0


def _lasting(
    view: View,
    last: LocalDay,
    following: LocalDay | None,
    by_day: day_counts.DayCounts,
    place: int,
    silent_days: Sequence[LocalDay],
) -> tuple[Instant, ...]:
    """Return when the silence after a day has lasted for so long that it is more severe; nothing if it ends before.

    `place` is that of the day in the counts. As long as the least number of days has not passed, return the instant at
    which it will: the exact instant is calculated then, because most silences are over by that time.
    """
    minimum = int(view.tuned.threshold("lasting_days"))
    if following is not None and following - last <= minimum:
        return ()
    soonest = view.calendar.start_of_day(heard_after(last, minimum + 1, silent_days))
    if soonest > max(view.clock, view.as_of):
        return (soonest,)
    days = day_counts.days(by_day)
    usual = days[place // 2 : place // 2 + RATE_DAYS]
    end = bisect_right(usual, RATE_DAYS - 1, key=lambda day: last - day)
    once_in, company = int(view.tuned.threshold("once_in")), view.policy.company
    silence = silence_after(company, usual[:end], days[-1], last, RATE_DAYS, once_in, silent_days)
    lasting = max(company.at_least(last, minimum, silent_days), silence)
    return (view.calendar.start_of_day(heard_after(last, lasting + 1, silent_days)),)


def _silence(
    view: View,
    last: LocalDay,
    following: LocalDay | None,
    first: LocalDay,
    usual: int,
    lasting: tuple[Instant, ...],
    silent_days: Sequence[LocalDay],
) -> Stretch:
    shown = _shown(last, first, usual, silent_days)
    return Stretch(
        start=view.calendar.start_of_day(first),
        end=view.calendar.start_of_day(following) if following is not None else NEVER,
        since=view.calendar.start_of_day(last),
        observed=shown.observed,
        baseline={"usual_gap_p90_days": usual},
        words=shown.words,
        harsher=lasting,
        template=shown.template,
        data_gaps=shown.data_gaps,
        later=lambda at: _shown(last, view.calendar.day(at), usual, silent_days),
    )


def _shown(last: LocalDay, today: LocalDay, usual: int, silent_days: Sequence[LocalDay]) -> Numbers:
    """Return how long a customer has been away on a day, and which days do not count."""
    away = heard_between(last, today, silent_days)
    return Numbers(
        observed={"days_without_login": away},
        words=lambda language: {
            "days": days_text(away, language),
            "usual": days_text(usual, language),
            "silent": days_text(today - last - away, language),
        },
        template="main" if today == last + away else "gaps",
        data_gaps=gaps_written(SOURCE, [day for day in silent_days if last < day < today]) if silent_days else (),
    )


def _returned_at(view: View, end: Instant) -> Instant:
    """Return when a customer signed in on the day that ended a silence; its first instant if the time is unknown."""
    day = view.calendar.day(end)
    return next((at for at in reversed(view.customer.woke) if view.calendar.day(at) == day), end)


def quiet_until(view: View) -> Instant:
    """Return when the shortest silence that can matter ends, after the last login; `NEVER` after too few logins."""
    calendar, logins = view.calendar, view.customer.logins
    if not logins:
        return NEVER
    place, last = day_counts.newest_before(logins, calendar.day(view.as_of - 1) + 1)
    if place == len(logins) or not day_counts.counts_to(logins, int(view.tuned.threshold("min_logins")), place):
        return NEVER
    away = int(view.tuned.threshold("min_days")) + 1
    soonest = calendar.start_of_day(last + away)
    if soonest > view.as_of or view.silent_days(SOURCE):  # without silent days between them, gaps only become shorter
        return soonest
    gaps = logins[place + 2 :: 2]
    return calendar.start_of_day(last + max(away, _Gaps(gaps).usual(len(gaps)) + 1))


NO_LOGIN = Signal(
    name="no-login",
    key="l",
    role="engagement",
    trigger="on_time",
    reads=frozenset({LOGINS}),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{days} without a login; nine gaps in ten are {usual} or shorter",
            "es": "{days} sin iniciar sesión; nueve de cada diez pausas duran {usual} o menos",
            "it": "{days} senza accesso; nove pause su dieci durano {usual} o meno",
        },
        "gaps": {
            "en": "{days} without a login, not counting {silent} without data; nine gaps in ten are {usual} or shorter",
            "es": "{days} sin iniciar sesión, sin contar {silent} sin datos; "
            "nueve de cada diez pausas duran {usual} o menos",
            "it": "{days} senza accesso, senza contare {silent} senza dati; nove pause su dieci durano {usual} o meno",
        },
    },
    recommends=WE_MISS_YOU,
    weight=0.20,
    half_life_days=14,
    default=SignalPolicy(
        severity="low",
        cooldown_days=14,
        escalate_after_days=LONG_OPEN_DAYS,
        thresholds=(
            ("min_days", LEAST_SILENCE),
            ("min_logins", MIN_LOGINS),
            ("lasting_days", LASTING_DAYS),
            ("once_in", ONCE_IN),
        ),
        silence="min_days",
    ),
    absence_of=LOGINS,
    patience_days=lambda tuned: int(tuned.threshold("min_days")) + 1,
    source=SOURCE,
    exactly=_returned_at,
)
