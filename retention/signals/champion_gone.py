"""`champion-gone`: the user who did much of an account's work with the product is no longer there."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from retention import day_counts
from retention.actions.find_new_contact import FIND_NEW_CONTACT
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.usage.facets import USED
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import DAYS_OF_WEEK, UserUse
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, joined, next_start, so_far
from retention.wording import Language, days_text

SHARE: Final = 0.4
WEEKS: Final = 4
MIN_WEEKS: Final = 3
AWAY_WEEKS: Final = 2
LASTING_DAYS: Final = 14
"""After so many more days no holiday explains it, and mostly nobody has taken over."""
MIN_USES: Final = 10
OVER_WEEKS: Final = 10
"""After so many weeks the account has gone on without the user, or ended. The weeks compared are kept until then."""
SOURCE: Final = "usage"
HUNDRED: Final = 100

Week = int
"""Weeks of seven local days, counted from 1970-01-01, a Thursday."""


class _User(NamedTuple):
    """A user: the newest day, and its uses by week, as far as event time has come."""

    newest: LocalDay
    weeks: dict[Week, int]

    def uses(self, last: Week) -> int:
        """Return the uses in the four weeks up to one."""
        return sum(self.weeks.get(week, 0) for week in range(last - WEEKS + 1, last + 1))


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from when a main user was away for two whole weeks, until it is back, or another one takes over.

    week      1   2   3   4   5   6   7
    u-1       30  40  35  20  .   .  |          65 % of the uses of weeks 1 to 4
    u-2       20  10  20  15  9   4  [------    another one takes over with 40 % of the 190 uses in four weeks

    A main user made 40 % of the uses of an account in the four weeks up to its last one, in at least three of them, and
    was not alone. Not begun while the source was silent on a day of the two weeks.
    """
    found = (_stretch(view, absence) for absence in _absences(view))
    return so_far(view, list(joined(found))[::-1])


def _seen(user: UserUse, following: LocalDay) -> _User:
    counts = day_counts.before(user.weeks, (following - 1) // DAYS_OF_WEEK + 1)
    return _User(user.newest, dict(zip(day_counts.days(counts), counts[1::2], strict=True)))


class _Absence(NamedTuple):
    """The absence of a main user: its last week, the days on which it begins and ends, and all uses compared."""

    user: _User
    last: Week
    first: LocalDay
    ends: LocalDay
    total: int
    back: bool
    """Whether the user itself ends it."""

    @property
    def over(self) -> LocalDay:
        """Return the day from which on it is no longer watched."""
        return (self.last + OVER_WEEKS + 1) * DAYS_OF_WEEK


def _absences(view: View) -> Iterator[_Absence]:
    usage = usage_seen(view.customer)
    if usage is None or len(usage.users) < 2:  # noqa: PLR2004 - a user and another one
        return
    following = view.calendar.day(view.as_of - 1) + 1
    users = [_seen(user, following) for user in usage.users.values()]
    totals = Counter[Week]()
    for user in users:
        totals.update(user.weeks)
    account, share = _User(0, totals), Fraction(str(view.tuned.threshold("share")))
    for user in users:
        yield from _of_user(view, user, users, account, share, following)


def _of_user(
    view: View, user: _User, users: list[_User], account: _User, share: Fraction, following: LocalDay
) -> Iterator[_Absence]:
    """Yield the absences of a user. A user that returns is back from the beginning of that week on.

    The beginning of a week does not move when a further day of use comes. Otherwise two absences that touch would be
    one until the week is over, and two again after it.
    """
    weeks = sorted(user.weeks)
    for place, last in enumerate(weeks):
        back = weeks[place + 1] if place + 1 < len(weeks) else None
        if back is not None and back <= last + AWAY_WEEKS:
            continue
        total = account.uses(last)
        if not _was_main(view, user, share, last, total):
            continue
        silent_days = view.silent_days(SOURCE)
        first, over = (last + AWAY_WEEKS + 1) * DAYS_OF_WEEK, (last + OVER_WEEKS + 1) * DAYS_OF_WEEK
        if any(first - AWAY_WEEKS * DAYS_OF_WEEK <= day < first for day in silent_days):
            continue
        returned = over if back is None else min(over, back * DAYS_OF_WEEK)
        ends = min(returned, _taken_over(user, users, last, share * total, following))
        if first <= ends:  # the user may be back in the week with which it begins
            yield _Absence(user, last, first, ends, total, ends == returned < over)


def _was_main(view: View, user: _User, share: Fraction, last: Week, total: int) -> bool:
    """Report whether a user did much of the work of an account in the weeks up to one, and was not alone."""
    uses = user.uses(last)
    if uses * share.denominator < share.numerator * total or uses == total:
        return False
    regular = [week for week in user.weeks if last - WEEKS < week <= last]
    return total >= int(view.tuned.threshold("min_uses")) and len(regular) >= MIN_WEEKS


def _taken_over(user: _User, users: list[_User], last: Week, enough: Fraction, following: LocalDay) -> LocalDay:
    """Return the day after the first whole week by which another user made as much as a main one in four weeks."""
    for week in range(last + 1, following // DAYS_OF_WEEK):
        after = range(max(last + 1, week - WEEKS + 1), week + 1)
        if any(sum(one.weeks.get(each, 0) for each in after) >= enough for one in users if one is not user):
            return (week + 1) * DAYS_OF_WEEK
    return NEVER


def _stretch(view: View, absence: _Absence) -> Stretch:
    user, last, total = absence.user, absence.last, absence.total
    share = int(HUNDRED * Fraction(user.uses(last), total))
    last_day = (last + 1) * DAYS_OF_WEEK - 1  # at the latest: its own day is forgotten once the user is back

    def shown(at: Instant) -> Numbers:
        away = view.calendar.day(at) - last_day - 1

        def words(language: Language) -> dict[str, Fact]:
            return {"days": days_text(away, language), "share": share}

        return Numbers(observed={"days_without_main_user": away, "share_percent": share}, words=words)

    start, lapses = view.calendar.start_of_day(absence.first), absence.ends == absence.over
    numbers = shown(start)
    return Stretch(
        start=start,
        end=view.calendar.start_of_day(absence.ends),
        since=view.calendar.start_of_day((last + 1) * DAYS_OF_WEEK),
        observed=numbers.observed,
        baseline={"weeks": WEEKS},
        words=numbers.words,
        lapses=lapses,
        outcome="lapsed" if lapses else "recovered",
        later=shown,
    )


def _returned_at(view: View, end: Instant) -> Instant:
    """Return the day on which a main user came back in the week with which an absence ends, as far as it is known."""
    days = [
        one.user.newest
        for one in _absences(view)
        if one.back
        and view.calendar.start_of_day(one.ends) == end
        and one.user.newest // DAYS_OF_WEEK == one.ends // DAYS_OF_WEEK
    ]
    return view.calendar.start_of_day(min(days)) if days else end


def quiet_until(view: View) -> Instant:
    """Return when a main user may be missed, if it does not come back; `NEVER` for an account without users."""
    return next_start(view, stretches(view))


CHAMPION_GONE = Signal(
    name="champion-gone",
    role="engagement",
    trigger="on_time",
    reads=frozenset({USED}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "The main user has been inactive for at least {days}; {share} % of the use before was theirs",
            "es": "El usuario principal lleva al menos {days} sin actividad; suyo era el {share} % del uso anterior",
            "it": "L'utente principale è inattivo da almeno {days}; era suo il {share} % dell'uso precedente",
        }
    },
    recommends=FIND_NEW_CONTACT,
    weight=0.30,
    half_life_days=45,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=LASTING_DAYS,
        thresholds=(("share", SHARE), ("min_uses", MIN_USES)),
    ),
    absence_of=USED,
    patience_days=lambda _: AWAY_WEEKS * DAYS_OF_WEEK + 1,
    source=SOURCE,
    exactly=_returned_at,
)
