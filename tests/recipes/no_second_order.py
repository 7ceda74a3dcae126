"""`no-second-order`: a customer has bought once, and not again within 30 days. Only time can show that."""

from collections.abc import Iterator

from retention.actions.we_miss_you import WE_MISS_YOU
from retention.calendar import DAY, NEVER
from retention.features.purchases.facets import ORDERS
from retention.features.purchases.orders import known
from retention.features.purchases.section import orders_seen
from retention.signals.base import Signal, Stretch, View

WAIT_DAYS = 30


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from 30 days after the first order to the second order."""
    orders = known(orders_seen(view.customer))
    if not orders:
        return
    first, second = orders[0], orders[1].at if len(orders) > 1 else NEVER
    if second > first.at + WAIT_DAYS * DAY:
        yield Stretch(
            start=first.at + WAIT_DAYS * DAY,
            end=second,
            since=first.at,
            observed={"days_without_order": WAIT_DAYS},
            baseline={},
            words=lambda _: {"days": WAIT_DAYS},
            evidence=(first.event_id,),
        )


NO_SECOND_ORDER = Signal(
    name="no-second-order",
    trigger="on_time",
    reads=frozenset({ORDERS}),
    stretches=stretches,
    texts={
        "main": {
            "en": "No second order for {days} days",
            "es": "Ningún segundo pedido en {days} días",
            "it": "Nessun secondo ordine da {days} giorni",
        }
    },
    recommends=WE_MISS_YOU,
    weight=0.10,
    half_life_days=30,
)
