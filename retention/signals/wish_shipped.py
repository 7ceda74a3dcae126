"""`wish-shipped`: the company has made what a customer had asked for. An opportunity."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from retention.actions.tell_it_is_there import TELL_IT_IS_THERE
from retention.calendar import NEVER, Instant, iso_day
from retention.features.wishes.facets import WISHES as CHANGED
from retention.features.wishes.section import WISHES, wishes_seen
from retention.policy import SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View
from retention.signals.occasions import Occasion, occasions
from retention.wording import date_text

DAYS: Final = 21


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the three weeks after each wish that was met, or the time to the next one."""
    found = [Occasion(one.at, one.event_id, partial(_shown, view, one.at)) for one in wishes_seen(view.customer)]
    return occasions(view, found, int(view.tuned.threshold("for_days")))


def _shown(view: View, at: Instant) -> Numbers:
    calendar = view.calendar
    return Numbers({"since": iso_day(calendar.day(at))}, lambda language: {"on": date_text(at, calendar, language)})


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer of whom no wish was met."""
    return 0 if wishes_seen(view.customer) else NEVER


WISH_SHIPPED: Final = Signal(
    name="wish-shipped",
    role="opportunity",
    trigger="on_event",
    reads=frozenset({CHANGED}),
    needs=(WISHES,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "What the customer had asked for is there since {on}",
            "es": "Lo que el cliente había pedido está disponible desde el {on}",
            "it": "Quanto chiesto dal cliente è disponibile dal {on}",
        }
    },
    recommends=TELL_IT_IS_THERE,
    default=SignalPolicy(severity="low", thresholds=(("for_days", DAYS),)),
)
