"""`onboarding-stalled`: a new customer does not get going: a planned step is overdue, or it hardly uses the product."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from retention import day_counts
from retention.actions.guided_session import GUIDED_SESSION
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.logins.facets import LOGINS
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import SUBSCRIPTIONS, began
from retention.features.usage.facets import MILESTONES, USED
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import Milestone
from retention.liveness import gaps_written, heard_after, heard_between
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View, joined, so_far
from retention.wording import days_text

OVERDUE_DAYS: Final = 3
FIRST_LOOK_DAYS: Final = 7
FIRST_DAYS: Final = 21
MIN_DAYS: Final = 4
ENOUGH_AT_FIRST: Final = 2
"""Days of use in the first week: one is the sign-up."""
MIN_STEPS: Final = 2
"""Milestones by which a customer gets going, however seldom it comes: one is the sign-up."""
OVER_DAYS: Final = 90
"""From this day after its start, or after a due day, on a customer is no longer a new one."""
BEFORE_DAYS: Final = 28
"""Days of use before the start that count: those of a trial that was no subscription."""
SOURCE: Final = "usage"


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time in which a planned step is overdue by more than 3 days, or a new customer has hardly begun.

    day    0 1 . . . . . 7                  21        40
           s u                               |         u u u      a day of use each; the fourth one is day 42
                         [----- low ---------)--- medium ----)    one day in the first 7, fewer than 4 in the first 21

    The start is the first subscription of the customer. A day of use is one with a login, a feature or a session; a
    customer of whom no such day is known is not judged, as its use may not be sent at all. One that comes seldom and
    reaches its milestones has begun: then it stays low. So does an overdue step, unless the customer is hardly there.
    """
    slow = list(_hardly_used(view))
    return so_far(view, list(joined([*_overdue(view, slow), *slow]))[::-1])


def _overdue(view: View, slow: list[Stretch]) -> Iterator[Stretch]:
    usage = usage_seen(view.customer)
    milestones = usage.milestones if usage is not None else []
    for place, planned in enumerate(milestones):
        if planned.due:
            later = milestones[place + 1 :]
            yield from _overdue_step(view, planned, milestones, later, slow)


def _overdue_step(
    view: View, planned: Milestone, milestones: list[Milestone], later: list[Milestone], slow: list[Stretch]
) -> Iterator[Stretch]:
    """Yield the time in which a step was overdue: until it was reached, or another plan was made."""
    start = view.calendar.add_days(planned.due, int(view.tuned.threshold("overdue_days")))
    reached = [one.at for one in milestones if one.name == planned.following]
    made_again = [one.at for one in later if one.due]
    lapse = view.calendar.add_days(planned.due, OVER_DAYS)
    ends = min([*(reached if planned.following else [one.at for one in later]), *made_again, lapse])
    start = max(start, planned.at)
    if ends <= start:
        return

    def shown(at: Instant) -> Numbers:
        overdue = view.calendar.day(at) - view.calendar.day(planned.due)
        return Numbers(
            observed={"days_overdue": overdue},
            words=lambda language: {"milestone": planned.following, "days": days_text(overdue, language)},
            template="overdue" if planned.following else "overdue_unnamed",
        )

    first = shown(start)
    yield Stretch(
        start=start,
        end=ends,
        since=planned.due,
        observed=first.observed,
        baseline={"milestone": planned.following},
        words=first.words,
        evidence=(planned.event_id,),
        harsher=tuple([max(start, at) for one in slow for at in one.harsher if max(start, at) < one.end]),
        lapses=ends == lapse,
        outcome="lapsed" if ends == lapse else "recovered",
        template=first.template,
        later=shown,
        part="step",
    )


def _hardly_used(view: View) -> Iterator[Stretch]:
    subscribed = began(view.customer)
    if subscribed is None:
        return
    first = view.calendar.day(subscribed)
    days = _days_of_use(view, first)
    if not days:
        return
    silent_days = _silent_days(view)
    enough = int(view.tuned.threshold("min_days"))
    looked, judged = _looks(view, first)
    seen_from = days[0] + FIRST_LOOK_DAYS
    slow_at_first = len([day for day in days if day < looked]) < min(ENOUGH_AT_FIRST, enough)
    slow = len([day for day in days if day < judged]) < enough
    if not slow_at_first and not slow:
        return
    start = max(looked if slow_at_first else judged, seen_from)
    used = next(islice(days, enough - 1, None), None)
    over = first + OVER_DAYS
    end = min(used if used is not None else over, over)
    ends = min([view.calendar.start_of_day(end), *_milestones_after(view, view.calendar.start_of_day(start))])
    if ends < view.calendar.start_of_day(start):  # a use on the day on which it begins ends it at once
        return

    def shown(at: Instant) -> Numbers:
        # One that came late is looked at later, and by the same days: what follows them did not count.
        window = judged if slow and view.calendar.day(at) >= max(judged, start) else looked
        number, of = len([day for day in days if day < window]), heard_between(first, window, silent_days)
        return Numbers(
            observed={"days_of_use": number, "of_days": of},
            words=lambda _: {"used": number, "of": of},
            template="main",
            data_gaps=gaps_written(SOURCE, [day for day in silent_days if first <= day < window]),
        )

    numbers = shown(view.calendar.start_of_day(start))
    yield Stretch(
        start=view.calendar.start_of_day(start),
        end=ends,
        since=subscribed,
        observed=numbers.observed,
        baseline={"days_of_use": enough, "of_days": int(view.tuned.threshold("first_days"))},
        words=numbers.words,
        harsher=(view.calendar.start_of_day(max(judged, start)),) if slow and _takes_no_steps(view, judged) else (),
        lapses=used is None and ends == view.calendar.start_of_day(over),
        outcome="lapsed" if used is None and ends == view.calendar.start_of_day(over) else "recovered",
        template="main",
        data_gaps=numbers.data_gaps,
        later=shown,
        part="start",
    )


def _takes_no_steps(view: View, judged: LocalDay) -> bool:
    """Report whether a new customer has reached too few milestones by a day to have got going, or none is sent."""
    usage, by = usage_seen(view.customer), view.calendar.start_of_day(judged)
    reached = {one.name for one in usage.milestones if one.at < by} if usage is not None else set()
    return len(reached) < int(view.tuned.threshold("min_steps"))


def _looks(view: View, first: LocalDay) -> tuple[LocalDay, LocalDay]:
    """Return the days on which a customer that began on a day is looked at, and judged. Silent days do not count."""
    within, silent_days = int(view.tuned.threshold("first_days")), _silent_days(view)
    return heard_after(first, min(FIRST_LOOK_DAYS, within), silent_days), heard_after(first, within, silent_days)


def _silent_days(view: View) -> Sequence[LocalDay]:
    """Return the days on which use or logins may have been lost."""
    of_logins = view.silent_days("logins")
    return sorted({*view.silent_days(SOURCE), *of_logins}) if of_logins else view.silent_days(SOURCE)


def _days_of_use(view: View, first: LocalDay) -> list[LocalDay]:
    """Return the days on which a new customer used the product or signed in, ascending, as far as event time has come.

    Those of the weeks before it subscribed count, too.
    """
    start, following = first - BEFORE_DAYS, view.calendar.day(view.as_of - 1) + 1
    usage, found = usage_seen(view.customer), day_counts.within(view.customer.logins, start, following)
    if usage is not None and usage.uses:
        return sorted({*found, *day_counts.within(usage.uses, start, following)})
    found.reverse()
    return found


def _milestones_after(view: View, at: Instant) -> list[Instant]:
    usage = usage_seen(view.customer)
    return [one.at for one in usage.milestones if one.at > at][:1] if usage is not None else []


def quiet_until(view: View) -> Instant:
    """Return the next instant at which a customer may be found to have hardly begun, or a step to be overdue."""
    found = NEVER
    usage, subscribed = usage_seen(view.customer), began(view.customer)
    if usage is not None:
        days = int(view.tuned.threshold("overdue_days"))
        for planned in usage.milestones:
            if planned.due and view.calendar.add_days(planned.due, OVER_DAYS) > view.as_of:
                found = min(found, max(planned.at, view.calendar.add_days(planned.due, days)))
    if subscribed is not None:
        first = view.calendar.day(subscribed)
        if view.calendar.start_of_day(first + OVER_DAYS) > view.as_of:
            days_of_use = _days_of_use(view, first)
            if len(days_of_use) < int(view.tuned.threshold("min_days")):
                looked, judged = _looks(view, first)
                slow_at_first = len([day for day in days_of_use if day < looked]) < ENOUGH_AT_FIRST
                found = min(found, view.calendar.start_of_day(looked if slow_at_first else judged))
    return found if found > view.as_of else 0


ONBOARDING_STALLED = Signal(
    name="onboarding-stalled",
    role="engagement",
    trigger="on_time",
    reads=frozenset({USED, LOGINS, MILESTONES, TIMELINE}),
    needs=(USAGE, SUBSCRIPTIONS),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "A slow start: used on {used} of the first {of} days",
            "es": "Un comienzo lento: lo ha usado {used} de los primeros {of} días",
            "it": "Un avvio lento: usato in {used} dei primi {of} giorni",
        },
        "overdue": {
            "en": "Step {milestone} overdue by {days}",
            "es": "El paso {milestone} lleva {days} de retraso",
            "it": "Il passo {milestone} è in ritardo di {days}",
        },
        "overdue_unnamed": {
            "en": "The next step of the onboarding is overdue by {days}",
            "es": "El siguiente paso de la puesta en marcha lleva {days} de retraso",
            "it": "Il prossimo passo dell'onboarding è in ritardo di {days}",
        },
    },
    recommends=GUIDED_SESSION,
    weight=0.30,
    half_life_days=14,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(
            ("min_days", MIN_DAYS),
            ("first_days", FIRST_DAYS),
            ("overdue_days", OVERDUE_DAYS),
            ("min_steps", MIN_STEPS),
        ),
    ),
    absence_of=(USED, LOGINS),
    patience_days=lambda _: FIRST_LOOK_DAYS,
    source=SOURCE,
    exact=True,
)
