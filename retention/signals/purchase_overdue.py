"""`purchase-overdue`: a customer has ordered nothing for much longer than usual, and shows no other activity."""

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Final

from retention.actions.order_reminder import ORDER_REMINDER
from retention.calendar import NEVER, Instant, LocalDay
from retention.features.logins.facets import LOGINS
from retention.features.purchases.facets import ORDERED, ORDERS
from retention.features.purchases.section import PURCHASES
from retention.features.purchases.silence import order_days
from retention.policy import SignalPolicy
from retention.signals import order_silence
from retention.signals.base import Signal, Stretch, View, next_start, so_far
from retention.signals.order_silence import BASIS, OVER_DAYS, QUIET, SOURCE, patience, silence

MIN_DAYS: Final = 28
MIN_ORDERS: Final = 3
TIMES: Final = 2
"""How many times the usual gap between orders it has to be."""


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from when an order is overdue, and nothing else shows the customer either, to the next order.

    day   1    11    21   …  50   55            70
          o     o     o      |    l    |         o
                             |         |     [---)      gaps of 10 days → overdue after 28, and 14 days without a login
                             └─ 28 days after the last order

    Usual is the median of the gaps between the days with orders, of which there have to be 3.
    """
    days, enough = order_days(view.customer, view.calendar), int(view.tuned.threshold("min_orders"))
    gaps = [later.day - earlier.day for earlier, later in pairwise(days)]
    minimum, found = int(view.tuned.threshold("min_days")), list[Stretch]()
    for place in range(max(enough, 2) - 1, len(days)):
        if place == len(gaps) or gaps[place] > minimum:
            end = days[place + 1].at if place < len(gaps) else NEVER
            one = _late(view, days[place].day, sorted(gaps[:place]), end)
            if one is not None:
                found.append(one)
    return so_far(view, found)


def _late(view: View, last: LocalDay, gaps: list[int], end: Instant) -> Stretch | None:
    """Return the time in which an order is overdue, after a day and the gaps before it in ascending order."""
    twice = gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]
    longest = -(-_exact(view.tuned.threshold("times")) * twice // 2)
    limit = max(int(view.tuned.threshold("min_days")), longest)
    return silence(view, last, limit, end, {"usual_gap_days": (twice + 1) // 2})


@lru_cache(maxsize=64)
def _exact(number: float) -> Fraction:
    return Fraction(str(number))


def quiet_until(view: View) -> Instant:
    """Return the first instant at which an order can be overdue; mostly it follows from the newest order's day."""
    return order_silence.quiet_until(view) or next_start(view, stretches(view))


PURCHASE_OVERDUE = Signal(
    name="purchase-overdue",
    trigger="on_time",
    reads=frozenset({ORDERS, ORDERED, LOGINS}),
    needs=(PURCHASES,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "No order for {days}; usually one every {usual}",
            "es": "{days} sin pedidos; lo habitual es uno cada {usual}",
            "it": "{days} senza ordini; di solito uno ogni {usual}",
        }
    },
    recommends=ORDER_REMINDER,
    weight=0.25,
    half_life_days=21,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=OVER_DAYS,
        thresholds=(("min_days", MIN_DAYS), ("min_orders", MIN_ORDERS), ("times", TIMES), *QUIET),
    ),
    absence_of=(ORDERED, LOGINS),
    patience_of=patience,
    of_basis=BASIS,
    source=SOURCE,
)
