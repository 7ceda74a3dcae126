"""`anniversary`: a customer has been one for a number of whole years, since it first became one. An opportunity.

    first active                        a year         7 days
    ──┼───────────────────────────────────┼──────────────┼──►
                                          raised         over

Days are those of the company's zone, and what makes a customer is `metrics.basis`. Times in which it had left count, as
long as it is a customer on the day.
"""

from collections.abc import Iterator
from typing import Final

from retention.actions.anniversary_note import ANNIVERSARY_NOTE
from retention.calendar import DAY, NEVER, Instant, iso_day
from retention.features.purchases.section import PURCHASES
from retention.features.subscriptions.section import SUBSCRIPTIONS, timeline_seen
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, next_start, so_far
from retention.wording import Language, date_text

DAYS: Final = 7
MONTHS: Final = 12
LONG_YEAR: Final = 366 * DAY
SURELY: Final = 363 * DAY
"""A year less what clocks that are set, and the beginning of a day, may take from it."""
ORDERS: Final = "purchase"
OF_ALL: Final = ""
"""The key of what is over all currencies."""
_YEARS: Final[dict[Language, tuple[str, str]]] = {
    "en": ("year", "years"),
    "es": ("año", "años"),
    "it": ("anno", "anni"),
}


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the week from the last anniversary, or the next one if that is over."""
    first = _first(view)
    if not 0 < first < NEVER:
        return iter(())
    number = max(0, (view.as_of - first) // LONG_YEAR)
    while _day(view, first, number + 1) <= view.as_of:
        number += 1
    return so_far(view, [_stretch(view, first, one) for one in (number, number + 1) if one])


def _first(view: View) -> Instant:
    """Return when a customer first became one, ever; `NEVER` if it has not, or that is unknown."""
    if view.policy.basis == ORDERS:
        return view.customer.first_order
    if SUBSCRIPTIONS.is_kept(view.customer):
        opening = timeline_seen(view.customer).opening.first.get(OF_ALL)
        if opening is not None:  # it lies before the horizon, and all that is walked through lies behind that
            return opening
    spans = view.activity()
    return spans[0][0] if spans else NEVER


def _day(view: View, first: Instant, years: int) -> Instant:
    calendar = view.calendar
    return calendar.start_of_day(calendar.day(calendar.add_months(first, MONTHS * years)))


def _stretch(view: View, first: Instant, years: int) -> Stretch:
    calendar, start = view.calendar, _day(view, first, years)
    observed: dict[str, Fact] = {"years": years, "customer_since": iso_day(calendar.day(first))}

    def words(language: Language) -> dict[str, Fact]:
        one, more = _YEARS[language]
        return {"years": f"{years} {one if years == 1 else more}", "since": date_text(first, calendar, language)}

    numbers = Numbers(observed, words)
    return Stretch(
        start=start,
        end=calendar.add_days(start, int(view.tuned.threshold("for_days"))),
        since=start,
        observed=numbers.observed,
        baseline={},
        words=numbers.words,
        lapses=True,
        outcome="lapsed",
    )


def quiet_until(view: View) -> Instant:
    """Return when the next anniversary is; before the first one, without a walk through the history."""
    if view.policy.basis != ORDERS and SUBSCRIPTIONS.is_kept(view.customer):
        timeline = timeline_seen(view.customer)
        if not timeline.opening.first and not timeline.opening.subscriptions:
            soonest = timeline.ops[0].at + SURELY if timeline.ops else NEVER  # they are in order of time
            if soonest > view.as_of:
                return min(soonest, NEVER)
    return next_start(view, stretches(view))


ANNIVERSARY: Final = Signal(
    name="anniversary",
    role="opportunity",
    trigger="on_time",
    reads=frozenset(),
    needs=(SUBSCRIPTIONS, PURCHASES),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "A customer for {years}, since {since}",
            "es": "Cliente desde hace {years}, desde el {since}",
            "it": "Cliente da {years}, dal {since}",
        }
    },
    recommends=ANNIVERSARY_NOTE,
    default=SignalPolicy(severity="low", thresholds=(("for_days", DAYS),)),
)
