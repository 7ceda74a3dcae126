"""`returned`: a customer that was lost is active again, on the company's own basis. An opportunity."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Final

from retention.actions.welcome_back import WELCOME_BACK
from retention.calendar import NEVER, Instant, iso_day
from retention.features.purchases.section import PURCHASES
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import SUBSCRIPTIONS
from retention.policy import SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View
from retention.signals.occasions import Occasion, occasions
from retention.wording import date_text

DAYS: Final = 30


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the month after each return: whenever it became active after it had left.

    active [--------)           [-----
                                [ 30 days )
    """
    spans = [span for span in view.activity() if span[0] <= view.as_of]
    found = [
        Occasion(start, b"", partial(_shown, view, left, start))
        for (_, left), (start, _) in pairwise(spans)
        if start > left
    ]
    return occasions(view, found, int(view.tuned.threshold("for_days")))


def _shown(view: View, left: Instant, start: Instant) -> Numbers:
    calendar = view.calendar
    observed: dict[str, Fact] = {"left": iso_day(calendar.day(left)), "returned": iso_day(calendar.day(start))}
    return Numbers(
        observed,
        lambda language: {"left": date_text(left, calendar, language), "on": date_text(start, calendar, language)},
    )


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has been active once."""
    return 0 if len(view.activity()) > 1 else NEVER


RETURNED: Final = Signal(
    name="returned",
    role="opportunity",
    trigger="on_event",
    reads=frozenset({TIMELINE}),
    needs=(SUBSCRIPTIONS, PURCHASES),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Back since {on}, after leaving on {left}",
            "es": "De vuelta desde el {on}, tras irse el {left}",
            "it": "Di nuovo cliente dal {on}, dopo l'uscita del {left}",
        }
    },
    recommends=WELCOME_BACK,
    default=SignalPolicy(severity="low", thresholds=(("for_days", DAYS),)),
)
