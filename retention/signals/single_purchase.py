"""`single-purchase`: a customer has ordered once, and shows no other activity since."""

from collections.abc import Iterator
from typing import Final

from retention.actions.second_order_offer import SECOND_ORDER_OFFER
from retention.calendar import NEVER, Instant
from retention.features.logins.facets import LOGINS
from retention.features.purchases.facets import ORDERED, ORDERS
from retention.features.purchases.section import PURCHASES
from retention.features.purchases.silence import order_days
from retention.policy import SignalPolicy
from retention.signals import order_silence
from retention.signals.base import Signal, Stretch, View, next_start, so_far
from retention.signals.order_silence import BASIS, OVER_DAYS, QUIET, SOURCE, patience, silence

MIN_DAYS: Final = 45


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from 45 days after the only order, and 14 days without a login, to the second order.

    Orders of one day are one. A customer whose first order lies before what is kept has ordered more than once.
    """
    days = order_days(view.customer, view.calendar)
    if not days or days[0].at != view.customer.first_order:
        return iter(())
    end, minimum = days[1].at if len(days) > 1 else NEVER, int(view.tuned.threshold("min_days"))
    one = silence(view, days[0].day, minimum, end, {})
    return so_far(view, [one] if one is not None else [])


def quiet_until(view: View) -> Instant:
    """Return the first instant at which the only order can be missed; mostly it follows from that order's day."""
    return order_silence.quiet_until(view) or next_start(view, stretches(view))


SINGLE_PURCHASE = Signal(
    name="single-purchase",
    trigger="on_time",
    reads=frozenset({ORDERS, ORDERED, LOGINS}),
    needs=(PURCHASES,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "One order, on {on}, and none in the {days} since",
            "es": "Un solo pedido, el {on}, y ninguno más en {days}",
            "it": "Un solo ordine, il {on}, e nessun altro in {days}",
        }
    },
    recommends=SECOND_ORDER_OFFER,
    weight=0.20,
    half_life_days=30,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=OVER_DAYS,
        thresholds=(("min_days", MIN_DAYS), *QUIET),
    ),
    absence_of=(ORDERED, LOGINS),
    patience_of=patience,
    of_basis=BASIS,
    source=SOURCE,
)
