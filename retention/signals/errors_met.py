"""`errors-met`: much of what a customer did in the last week failed, or something did inside an incident."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from retention import day_counts
from retention.actions.proactive_notice import PROACTIVE_NOTICE
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.customers.facets import PROFILE
from retention.features.subscriptions.facets import TIMELINE
from retention.features.usage.facets import ERRORS, USED
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import Usage, kept_name
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, so_far
from retention.wording import Language

SPAN: Final = 7
PERCENT: Final = 5
MIN_USES: Final = 20
GOOD_PERCENT: Final = 1
GOOD_DAYS: Final = 3
OVER_DAYS: Final = 56
"""An episode is over after so many days, and begins anew if the errors go on."""
HUNDRED: Final = 100
SOURCE: Final = "usage"


class _Days(NamedTuple):
    """Uses and errors by day; and the errors of each feature."""

    uses: dict[LocalDay, int]
    errors: Counter[LocalDay]
    of_features: dict[str, dict[LocalDay, int]]
    silent: Sequence[LocalDay]
    """Days on which the source was silent: then errors may have been met that were not sent."""
    incidents: dict[LocalDay, str]
    """Days with errors inside an incident that concerns the customer, each with its id."""

    def within(self, judged: LocalDay) -> tuple[int, int]:
        """Return the uses and the errors of the days before one."""
        span = range(judged - SPAN, judged)
        return sum(self.uses.get(day, 0) for day in span), sum(self.errors[day] for day in span)

    def is_good(self, day: LocalDay) -> bool:
        """Report whether fewer than one use in a hundred failed on a day, or nothing did, as far as the source told."""
        failed = self.errors[day]
        return (not failed and day not in self.silent) or HUNDRED * failed < GOOD_PERCENT * self.uses.get(day, 0)

    def incident(self, judged: LocalDay, days: int) -> str:
        """Return the newest incident inside which errors were met in some days before one; empty if in none."""
        found = (self.incidents.get(day, "") for day in range(judged - 1, judged - 1 - days, -1))
        return next(filter(None, found), "")

    def worst(self, judged: LocalDay) -> tuple[str, int]:
        """Return the feature with the most errors in the days before one, and their number; empty if none is known."""
        most, worst = 0, ""
        for name, days in sorted(self.of_features.items()):
            failed = sum(days.get(day, 0) for day in range(judged - SPAN, judged))
            if name and failed > most:
                most, worst = failed, name
        return worst, most


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from when 5 of 100 uses in 7 days failed, of at least 20, to when fewer than 1 does for 3 days.

    Errors inside an incident that concerns the customer need no number: what fails, and for whom, is known.
    Only whole days are judged: a day of which the uses are not all in would show too many errors. A day on which the
    source was silent is none without errors.
    """
    usage = usage_seen(view.customer)
    return so_far(view, list(_found(view, usage))) if usage is not None and usage.errors else iter(())


def _days(view: View, usage: Usage, following: LocalDay) -> _Days:
    of_features = {name: _by_day(counts, following) for name, counts in usage.errors.items()}
    errors = Counter[LocalDay]()
    for days in of_features.values():
        errors.update(days)
    uses, incidents = _by_day(usage.uses, following), _of_incidents(view, of_features)
    return _Days(uses, errors, of_features, view.silent_days(SOURCE), incidents)


def _of_incidents(view: View, of_features: dict[str, dict[LocalDay, int]]) -> dict[LocalDay, str]:
    """Return the days with errors inside an incident, each with the first one of that day.

    If an incident names features, errors of other features, and of unknown ones, are not inside.
    """
    found: dict[LocalDay, str] = {}
    if not view.facts.incidents():  # the usual case
        return found
    with_errors = [day for days in of_features.values() for day in days]
    if not with_errors:
        return found
    for incident in view.incidents(min(with_errors), max(with_errors) + 1):
        first, last = view.calendar.day(incident.start), view.calendar.day(incident.end - 1)
        named = {kept_name(name) for name in incident.features}
        for name, days in of_features.items():
            if not named or name in named:
                found = {day: incident.name for day in days if first <= day <= last} | found
    return found


def _by_day(counts: day_counts.DayCounts, following: LocalDay) -> dict[LocalDay, int]:
    found = day_counts.before(counts, following)
    return dict(zip(day_counts.days(found), found[1::2], strict=True))


def _found(view: View, usage: Usage) -> Iterator[Stretch]:
    """Yield the stretches in order of time. What happened today may still change, so no stretch begins by it."""
    today = view.calendar.day(view.as_of)
    days = _days(view, usage, today)
    if not days.errors:
        return
    judged, last = min(days.errors) + 1, min(today, max(days.errors) + SPAN)
    while judged <= last:
        uses, errors = days.within(judged)
        enough = uses >= int(view.tuned.threshold("min_uses"))
        many = HUNDRED * errors >= view.tuned.threshold("percent") * uses
        is_met = errors and ((enough and many) or days.incident(judged, GOOD_DAYS))
        if is_met and not _recovered(days, judged):
            end = next(
                (day for day in range(judged + 1, judged + OVER_DAYS) if _recovered(days, day)), judged + OVER_DAYS
            )
            yield _stretch(view, days, judged, end)
            judged = end
        judged += 1


def _recovered(days: _Days, judged: LocalDay) -> bool:
    return all(days.is_good(day) for day in range(judged - GOOD_DAYS, judged))


def _stretch(view: View, days: _Days, judged: LocalDay, end: LocalDay) -> Stretch:
    def shown(at: Instant) -> Numbers:
        day = view.calendar.day(at)
        uses, errors = days.within(day)
        feature, of_it = days.worst(day)
        incident = days.incident(day, SPAN)

        def words(_language: Language) -> dict[str, Fact]:
            return {"errors": errors, "uses": uses, "feature": feature, "of_it": of_it, "incident": incident}

        observed: dict[str, Fact] = {"errors": errors, "uses": uses}
        if feature:
            observed["feature"] = feature
        if incident:
            observed["incident"] = incident
        template = "incident" if incident else "main" if feature else "anywhere"
        return Numbers(observed=observed, words=words, template=template)

    start = view.calendar.start_of_day(judged)
    numbers = shown(start)
    return Stretch(
        start=start,
        end=view.calendar.start_of_day(end),
        since=start,
        observed=numbers.observed,
        baseline={"percent": int(view.tuned.threshold("percent"))},
        words=numbers.words,
        lapses=True,
        outcome="lapsed" if end == judged + OVER_DAYS else "recovered",
        template=numbers.template,
        later=shown,
    )


def quiet_until(view: View) -> Instant:
    """Return the end of the present day while there are errors in a week: by then its uses are known."""
    usage = usage_seen(view.customer)
    if usage is None or not usage.errors:
        return NEVER
    newest = next(stretches(view), None)
    if newest is not None and newest.start <= view.as_of < newest.end:
        return 0
    tomorrow = view.calendar.day(view.as_of) + 1
    with_errors = [day for counts in usage.errors.values() for day in day_counts.days(counts)]
    if any(tomorrow - SPAN <= day < tomorrow for day in with_errors):
        return view.calendar.start_of_day(tomorrow)
    return min((view.calendar.start_of_day(day + 1) for day in with_errors if day >= tomorrow), default=NEVER)


ERRORS_MET = Signal(
    name="errors-met",
    trigger="on_time",
    reads=frozenset({ERRORS, USED, PROFILE, TIMELINE}),
    needs=(USAGE,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{errors} errors in {uses} uses within 7 days, {of_it} of them with {feature}",
            "es": "{errors} errores en {uses} usos en 7 días, {of_it} de ellos con {feature}",
            "it": "{errors} errori su {uses} utilizzi in 7 giorni, {of_it} dei quali con {feature}",
        },
        "incident": {
            "en": "Errors within 7 days: {errors}; incident {incident} concerns this customer",
            "es": "Errores en 7 días: {errors}; la incidencia {incident} afecta a este cliente",
            "it": "Errori in 7 giorni: {errors}; l'incidente {incident} riguarda questo cliente",
        },
        "anywhere": {
            "en": "{errors} errors in {uses} uses within 7 days",
            "es": "{errors} errores en {uses} usos en 7 días",
            "it": "{errors} errori su {uses} utilizzi in 7 giorni",
        },
    },
    recommends=PROACTIVE_NOTICE,
    weight=0.15,
    half_life_days=7,
    default=SignalPolicy(
        severity="low", escalate_after_days=STAYS, thresholds=(("percent", PERCENT), ("min_uses", MIN_USES))
    ),
    absence_of=USED,
    patience_days=lambda _: SPAN,
    source=SOURCE,
    incidents_by=frozenset({PROFILE, TIMELINE}),
)
