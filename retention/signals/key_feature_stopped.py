"""`key-feature-stopped`: a customer no longer uses a feature that it used to use week by week."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from retention.actions.targeted_tutorial import TARGETED_TUTORIAL
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.usage.facets import USED
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import KEPT_DAYS, FeatureUse, bits_of, days_of
from retention.liveness import gaps_written, heard_after, heard_between
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, so_far
from retention.tails import by_week, silence_after
from retention.wording import Language, day_text, days_text

MIN_DAYS: Final = 14
MIN_WEEKS: Final = 3
USUAL_DAYS: Final = 28
"""Up to the last use: what the customer's own rate is taken from."""
ONCE_IN: Final = 300
"""How rare a silence as long has to be, at that rate."""
OVER_DAYS: Final = 77
"""So many days after its last use a feature is no longer missed: the customer lives without it.

With the four weeks before that use, it is a week less than what is kept: events may come before their time."""
SOURCE: Final = "usage"


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from when a usual feature is unused for longer than chance allows, until it is used on 2 days.

    day    1 . 3 . . 6 . 8 … 26 . 28 . . . . . . . . . . 43   50 51
           x   x     x   x    x    x                      |    x  x
                                                          [-------)      12 days of 28: one silence in 300 has 14 days

    Which features are usual follows from the customer: those used in at least 3 of the 4 weeks up to the last use.
    How long it may be silent follows from its rate there, by a tail test: 14 days at the least, 54 at 3 days in 28.
    A day on which the source was silent is no day without use: it does not count.
    """
    usage = usage_seen(view.customer)
    if usage is None:
        return iter(())
    following, silent_days = view.calendar.day(view.as_of - 1) + 1, view.silent_days(SOURCE)
    found = [
        one for name, use in usage.features.items() for one in _of_feature(view, name, use, following, silent_days)
    ]
    return so_far(view, [_as_one(together) for together in _overlapping(found)])


def _overlapping(stretches_of_features: list[Stretch]) -> list[list[Stretch]]:
    """Return the stretches in groups: several features that are missed at a time are one episode."""
    groups: list[list[Stretch]] = []
    end = 0
    for stretch in sorted(stretches_of_features, key=lambda one: (one.start, -one.end)):
        if groups and stretch.start < end:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
        end = max(end, stretch.end) if len(groups[-1]) > 1 else stretch.end
    return groups


def _as_one(together: list[Stretch]) -> Stretch:
    """Return one stretch for several: the first identifies it, and it shows the first feature that is still missed."""
    first, last = together[0], max(together, key=lambda one: one.end)
    if len(together) == 1:
        return first

    def shown(at: Instant) -> Numbers:
        missed = next((one for one in together if one.start <= at < one.end), first).as_of(at)
        return Numbers(observed=missed.observed, words=missed.words, data_gaps=missed.data_gaps)

    return replace(first, end=last.end, lapses=last.lapses, later=shown, outcome=last.outcome)


def _of_feature(
    view: View, name: str, use: FeatureUse, following: LocalDay, silent_days: Sequence[LocalDay]
) -> Iterator[Stretch]:
    minimum, days = int(view.tuned.threshold("min_days")), days_of(use, following)
    for place, last in enumerate(days):
        if last - USUAL_DAYS < use.newest - KEPT_DAYS:
            return
        again = days[place - 1] if place else None
        if again is not None and again - last <= minimum:
            continue
        usual = [day for day in days[place:] if day > last - USUAL_DAYS]
        away = _away(view, last, usual, days[-1], silent_days)
        if away is None:
            continue
        first, over = heard_after(last, away, silent_days), last + OVER_DAYS
        end = min(days[place - 2] if place > 1 else over, over)
        if first <= end and (again is None or first <= again):  # a use on the day on which it begins ends it, too
            yield _stretch(view, name, last, len(usual), first, end, silent_days)


def _away(
    view: View, last: LocalDay, usual: list[LocalDay], oldest: LocalDay, silent_days: Sequence[LocalDay]
) -> int | None:
    """Return after how many days a feature of some usual days is missed; None if it was not used week by week."""
    weeks = by_week(usual, last, USUAL_DAYS)
    if len(weeks) - weeks.count(0) < int(view.tuned.threshold("min_weeks")):
        return None
    once_in = int(view.tuned.threshold("once_in"))
    silence = silence_after(view.policy.company, usual, oldest, last, USUAL_DAYS, once_in, silent_days)
    return max(int(view.tuned.threshold("min_days")), silence) + 1


def _stretch(
    view: View,
    name: str,
    last: LocalDay,
    usual: int,
    first: LocalDay,
    end: LocalDay,
    silent_days: Sequence[LocalDay],
) -> Stretch:
    def shown(at: Instant) -> Numbers:
        today = view.calendar.day(at)
        away = heard_between(last, today, silent_days) - 1

        def words(language: Language) -> dict[str, Fact]:
            on = day_text(last, language)
            return {"feature": name, "days": days_text(away, language), "on": on, "usual": usual}

        return Numbers(
            observed={"feature": name, "days_without_use": away, "days_of_use_before": usual},
            words=words,
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
    """Return the first instant at which a feature may be missed, if none is used again; `NEVER` if none is usual."""
    usage = usage_seen(view.customer)
    if usage is None:
        return NEVER
    following, silent_days = view.calendar.day(view.as_of - 1) + 1, view.silent_days(SOURCE)
    minimum, found = int(view.tuned.threshold("min_days")), NEVER
    recent = ((1 << minimum) - 1) << 1
    for name, use in usage.features.items():
        soonest = view.calendar.start_of_day(use.newest + minimum + 1)
        if use.newest < following and soonest > view.as_of and bits_of(use) & recent:  # it has been used again
            found = min(found, soonest)
            continue
        for stretch in _of_feature(view, name, use, following, silent_days):
            if stretch.start > view.as_of:
                found = min(found, stretch.start)
            elif stretch.end > view.as_of:
                return 0
    return found


KEY_FEATURE_STOPPED = Signal(
    name="key-feature-stopped",
    role="engagement",
    trigger="on_time",
    reads=frozenset({USED}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Stopped using {feature}: {days} without it, last on {on}; on {usual} of the 28 days before that",
            "es": "Ha dejado de usar {feature}: {days} sin hacerlo, la última vez el {on}; "
            "lo usó {usual} de los 28 días anteriores",
            "it": "Non usa più {feature}: {days} senza, l'ultima volta il {on}; "
            "lo aveva usato in {usual} dei 28 giorni precedenti",
        }
    },
    recommends=TARGETED_TUTORIAL,
    weight=0.25,
    half_life_days=21,
    default=SignalPolicy(
        severity="low",
        cooldown_days=7,
        escalate_after_days=STAYS,
        thresholds=(("min_days", MIN_DAYS), ("min_weeks", MIN_WEEKS), ("once_in", ONCE_IN)),
    ),
    absence_of=USED,
    patience_days=lambda tuned: int(tuned.threshold("min_days")) + 1,
    source=SOURCE,
    forgets=True,  # the first of several features that are missed, when it is used again after months
)
