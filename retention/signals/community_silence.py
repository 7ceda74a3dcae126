"""`community-silence`: a customer who took part in the community no longer does."""

from collections.abc import Iterator, Sequence
from typing import Final

from retention import day_counts
from retention.actions.personal_invitation import PERSONAL_INVITATION
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.usage.facets import COMMUNITY
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import KEPT_DAYS
from retention.liveness import gaps_written, heard_after, heard_between
from retention.policy import SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View, next_start, so_far
from retention.tails import silence_after
from retention.wording import day_text, days_text

MIN_DAYS: Final = 28
MIN_VISITS: Final = 4
USUAL_DAYS: Final = 28
ONCE_IN: Final = 300
OVER_DAYS: Final = 77
"""So many days after the last visit the customer is no longer missed there."""
SOURCE: Final = "usage"


def stretches(view: View) -> Iterator[Stretch]:
    """Yield silences of 28 days or more, after at least 4 posts or visits in the 28 days up to the last; any ends one.

    How long a silence has to be follows from the days of visits, by a tail test: one in 300 is as long.
    """
    usage = usage_seen(view.customer)
    if usage is None or not usage.community:
        return iter(())
    visits = day_counts.before(usage.community, view.calendar.day(view.as_of - 1) + 1)
    return so_far(view, list(_silences(view, visits, usage.community[0], view.silent_days(SOURCE)))[::-1])


def _silences(
    view: View, visits: day_counts.DayCounts, newest: LocalDay, silent_days: Sequence[LocalDay]
) -> Iterator[Stretch]:
    days, counts = day_counts.days(visits), visits[1::2]
    for place, last in enumerate(days):
        if last - USUAL_DAYS < newest - KEPT_DAYS:
            return
        again = days[place - 1] if place else None
        away = _away(view, last, days[place:], counts[place:], silent_days)
        if away is None:
            continue
        first, over = heard_after(last, away, silent_days), last + OVER_DAYS
        end = over if again is None else min(again, over)
        if first <= end:  # a visit on the day on which it begins ends it at once
            yield _stretch(view, last, first, end, silent_days)


def _away(
    view: View, last: LocalDay, days: list[LocalDay], counts: list[int], silent_days: Sequence[LocalDay]
) -> int | None:
    """Return after how many days a customer is missed; None if it took part too seldom."""
    usual = [day for day in days if day > last - USUAL_DAYS]
    if sum(counts[: len(usual)]) < int(view.tuned.threshold("min_visits")):
        return None
    once_in = int(view.tuned.threshold("once_in"))
    silence = silence_after(view.policy.company, usual, days[-1], last, USUAL_DAYS, once_in, silent_days)
    return max(int(view.tuned.threshold("min_days")), silence) + 1


def _stretch(view: View, last: LocalDay, first: LocalDay, end: LocalDay, silent_days: Sequence[LocalDay]) -> Stretch:
    def shown(at: Instant) -> Numbers:
        today = view.calendar.day(at)
        away = heard_between(last, today, silent_days) - 1
        return Numbers(
            observed={"days_of_silence": away},
            words=lambda language: {"days": days_text(away, language), "on": day_text(last, language)},
            data_gaps=gaps_written(SOURCE, [day for day in silent_days if last < day < today]),
        )

    start = view.calendar.start_of_day(first)
    numbers = shown(start)
    return Stretch(
        start=start,
        end=view.calendar.start_of_day(end),
        since=view.calendar.start_of_day(last),
        observed=numbers.observed,
        baseline={"days": USUAL_DAYS},
        words=numbers.words,
        lapses=end == last + OVER_DAYS,
        outcome="lapsed" if end == last + OVER_DAYS else "recovered",
        data_gaps=numbers.data_gaps,
        later=shown,
    )


def quiet_until(view: View) -> Instant:
    """Return the first instant at which a customer may be missed, if it stays away; `NEVER` before any visit."""
    usage = usage_seen(view.customer)
    if usage is None or not usage.community:
        return NEVER
    return next_start(view, stretches(view))


COMMUNITY_SILENCE = Signal(
    name="community-silence",
    role="engagement",
    trigger="on_time",
    reads=frozenset({COMMUNITY}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Silent in the community for {days}, last there on {on}",
            "es": "{days} sin participar en la comunidad, la última vez el {on}",
            "it": "{days} senza partecipare alla community, l'ultima volta il {on}",
        }
    },
    recommends=PERSONAL_INVITATION,
    weight=0.06,
    half_life_days=30,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=28,
        thresholds=(("min_days", MIN_DAYS), ("min_visits", MIN_VISITS), ("once_in", ONCE_IN)),
    ),
    absence_of=COMMUNITY,
    patience_days=lambda tuned: int(tuned.threshold("min_days")) + 1,
    source=SOURCE,
)
