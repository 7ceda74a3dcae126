"""`feature-breadth-drop`: a customer uses markedly fewer features than in the four weeks before."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from retention.actions.training import TRAINING
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.usage.facets import USED
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import DAYS_OF_WEEK, KEPT_DAYS, FeatureUse, days_of
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, so_far
from retention.tails import days_of_silence, weighed_dispersion_of
from retention.wording import Language

SPAN: Final = 28
MIN_FEATURES: Final = 4
SHARE: Final = 0.6
BACK: Final = Fraction(8, 10)
ONCE_IN: Final = 300
MOST_NAMED: Final = 3
_FEATURES: Final[dict[Language, tuple[str, str]]] = {
    "en": ("feature", "features"),
    "es": ("función", "funciones"),
    "it": ("funzione", "funzioni"),
}
_AND_MORE: Final[dict[Language, str]] = {"en": " and {} more", "es": " y {} más", "it": " e altre {}"}
SOURCE: Final = "usage"


class _Breadth(NamedTuple):
    """The features of a customer, each with the days on which it was used, the newest first."""

    days: dict[str, list[LocalDay]]

    def used(self, first: LocalDay, following: LocalDay) -> dict[str, list[LocalDay]]:
        """Return the features used within some days, each with those days."""
        within = {name: [day for day in days if first <= day < following] for name, days in self.days.items()}
        return {name: days for name, days in within.items() if days}


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from the day on which few of the usual features were used in 28 days, for 28 days at most.

    day    0 ……… 27 28 ……… 55 56
           a b c d e  a b     |          5 features, then 2: at most 60 %, and not by chance
           [ before ) [ now ) [------ 28 days, or until 4 features (80 %) were used in 28 days ------)

    Not by chance: at the rate at which the missing features were used before, they would all be missing in one case of
    300. After 28 days the lower number is the usual one. The signal does not begin on a day if the source was silent on
    any of the 28 days before it.
    """
    return so_far(view, list(_found(view)))


def _found(view: View) -> Iterator[Stretch]:
    usage = usage_seen(view.customer)
    if usage is None or len(usage.features) < int(view.tuned.threshold("min_features")):
        return
    following, silent_days = view.calendar.day(view.as_of - 1) + 1, view.silent_days(SOURCE)
    breadth = _Breadth({name: days_of(use, following) for name, use in usage.features.items()})
    lasts = [days[0] for days in breadth.days.values() if days]
    if not lasts:
        return
    judged = max(use.newest for use in usage.features.values()) - KEPT_DAYS + 1 + 2 * SPAN
    while judged < max(lasts) + 2 * SPAN:
        found = _dropped(view, breadth, judged, silent_days)
        if found is None:
            judged += 1
        else:
            end = _end(breadth, judged, len(found.before))
            yield _stretch(view, found, judged, end, breadth)
            judged = end + 1


class _Drop(NamedTuple):
    """The features of the weeks before, those of the last ones, and those that are missing, most used ones first."""

    before: dict[str, list[LocalDay]]
    now: dict[str, list[LocalDay]]
    missing: list[str]


def _dropped(view: View, breadth: _Breadth, judged: LocalDay, silent_days: Sequence[LocalDay]) -> _Drop | None:
    """Return the drop that shows on a day; None if there is none."""
    before = breadth.used(judged - 2 * SPAN, judged - SPAN)
    if len(before) < int(view.tuned.threshold("min_features")):
        return None
    now = breadth.used(judged - SPAN, judged)
    if len(now) > Fraction(str(view.tuned.threshold("share"))) * len(before):
        return None
    missing = sorted(before.keys() - now.keys(), key=lambda name: (-len(before[name]), name))
    weeks = [0] * (SPAN // DAYS_OF_WEEK)
    for name in missing:
        for day in before[name]:
            weeks[(judged - SPAN - 1 - day) // DAYS_OF_WEEK] += 1
    if not _is_rare(view, weeks, judged):
        return None
    if any(judged - SPAN <= day < judged for day in silent_days):
        return None
    return _Drop(before, now, missing)


def _is_rare(view: View, weeks: list[int], judged: LocalDay) -> bool:
    """Report whether the silence of the missing features is no chance: by their use in the `weeks` before it.

    Days are company days.
    """
    company, once_in = view.policy.company, max(2, int(view.tuned.threshold("once_in")))
    dispersion = weighed_dispersion_of(weeks, company.weeks_before(judged - SPAN, len(weeks)))
    before = max(1, company.between(judged - 2 * SPAN, judged - SPAN))
    return days_of_silence(sum(weeks), before, once_in, dispersion) <= company.between(judged - SPAN, judged)


def _end(breadth: _Breadth, judged: LocalDay, before: int) -> LocalDay:
    """Return the day on which enough features were used in the 28 days before it; at the latest, the 28th day."""
    for day in range(judged + 1, judged + SPAN):
        if len(breadth.used(day - SPAN, day)) >= BACK * before:
            return day
    return judged + SPAN


def _stretch(view: View, drop: _Drop, judged: LocalDay, end: LocalDay, breadth: _Breadth) -> Stretch:
    before, missing = len(drop.before), ", ".join(drop.missing[:MOST_NAMED])
    unnamed = len(drop.missing) - MOST_NAMED

    def shown(at: Instant) -> Numbers:
        today = view.calendar.day(at)
        now = len(breadth.used(today - SPAN, today))

        def words(language: Language) -> dict[str, Fact]:
            more = _AND_MORE[language].format(unnamed) if unnamed > 0 else ""
            return {"now": _features(now, language), "before": before, "missing": missing + more}

        return Numbers(observed={"features": now, "missing": missing}, words=words)

    start = view.calendar.start_of_day(judged)
    numbers = shown(start)
    return Stretch(
        start=start,
        end=view.calendar.start_of_day(end),
        since=start,
        observed=numbers.observed,
        baseline={"features": before},
        words=numbers.words,
        lapses=end == judged + SPAN,
        outcome="lapsed" if end == judged + SPAN else "recovered",
        later=shown,
    )


def _features(number: int, language: Language) -> str:
    """Return a number of features as text.

    >>> _features(1, "en"), _features(2, "es")
    ('1 feature', '2 funciones')
    """
    one, many = _FEATURES[language]
    return f"{number} {one if number == 1 else many}"


def quiet_until(view: View) -> Instant:
    """Return the first instant at which too few features may have been used, if none is used again."""
    usage = usage_seen(view.customer)
    if usage is None or len(usage.features) < int(view.tuned.threshold("min_features")):
        return NEVER
    following = view.calendar.day(view.as_of - 1) + 1
    lasts = sorted((_last(use, following) for use in usage.features.values()), reverse=True)
    few = int(Fraction(str(view.tuned.threshold("share"))) * len(lasts))
    soonest = view.calendar.start_of_day(lasts[min(few, len(lasts) - 1)] + SPAN + 1)
    if soonest > view.as_of:
        return soonest
    found = NEVER
    for stretch in _found(view):
        if stretch.start > view.as_of:
            found = min(found, stretch.start)
        elif stretch.end > view.as_of:
            return 0
    return found


def _last(use: FeatureUse, following: LocalDay) -> LocalDay:
    if use.newest < following:
        return use.newest
    return next(iter(days_of(use, following)), 0)


FEATURE_BREADTH_DROP = Signal(
    name="feature-breadth-drop",
    role="engagement",
    trigger="on_time",
    reads=frozenset({USED}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Used {now} in 28 days, {before} in the 28 before; missing: {missing}",
            "es": "Ha usado {now} en 28 días, {before} en los 28 anteriores; faltan: {missing}",
            "it": "Ha usato {now} in 28 giorni, {before} nei 28 precedenti; mancano: {missing}",
        }
    },
    recommends=TRAINING,
    weight=0.15,
    half_life_days=21,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(("min_features", MIN_FEATURES), ("share", SHARE), ("once_in", ONCE_IN)),
    ),
    absence_of=USED,
    patience_days=lambda _: SPAN + 1,
    source=SOURCE,
)
