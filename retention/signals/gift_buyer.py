"""`gift-buyer`: a customer orders gifts for others, more than once within a year. An opportunity."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from retention.actions.gift_ideas import GIFT_IDEAS
from retention.calendar import NEVER, Instant
from retention.features.purchases.facets import GIFTS as GIVEN
from retention.features.purchases.gifts import GIFTS, Gift, gifts_seen
from retention.policy import SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View, joined

YEAR_DAYS: Final = 365


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from the second gift within a year to a year after the last one.

    gifts     |        |              |
                       [ a year ──────────────────)
    """
    gifts, days = gifts_seen(view.customer), int(view.tuned.threshold("within_days"))
    return joined(
        _stretch(before, one, view.calendar.add_days(one.at, days))
        for before, one in pairwise(gifts)
        if one.at < view.calendar.add_days(before.at, days)
    )


def _stretch(before: Gift, one: Gift, over: Instant) -> Stretch:
    numbers = Numbers({"gifts": 2}, lambda _: {"gifts": 2})
    return Stretch(
        start=one.at,
        end=over,
        since=one.at,
        observed=numbers.observed,
        baseline={},
        words=numbers.words,
        evidence=(before.event_id, one.event_id),
        lapses=True,
        outcome="lapsed",
    )


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer with fewer than two gifts."""
    return 0 if len(gifts_seen(view.customer)) > 1 else NEVER


GIFT_BUYER: Final = Signal(
    name="gift-buyer",
    role="opportunity",
    trigger="on_event",
    reads=frozenset({GIVEN}),
    needs=(GIFTS,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{gifts} gifts ordered within a year",
            "es": "{gifts} regalos pedidos en un año",
            "it": "{gifts} regali ordinati in un anno",
        }
    },
    recommends=GIFT_IDEAS,
    default=SignalPolicy(severity="low", thresholds=(("within_days", YEAR_DAYS),)),
)
