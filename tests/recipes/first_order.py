"""`first-order`: a customer has bought for the first time, and has been here for less than a month since."""

from collections.abc import Iterator
from fractions import Fraction

from retention.calendar import DAY, Instant
from retention.features.purchases.facets import ORDERS
from retention.features.purchases.orders import Order, known
from retention.features.purchases.section import orders_seen
from retention.money import money_text
from retention.signals.base import Signal, Stretch, View
from schemas.currencies import DECIMALS
from tests.recipes.welcome import WELCOME


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from the first order to 30 days after it, or to the second order."""
    orders = known(orders_seen(view.customer))
    if orders:
        yield _stretch(orders[0], [order.at for order in orders[1:]])


def _stretch(first: Order, others: list[Instant]) -> Stretch:
    month_over = first.at + 30 * DAY
    end = min([month_over, *others])
    amount = money_text(Fraction(first.amount, 10 ** DECIMALS[first.currency]), first.currency)
    return Stretch(
        start=first.at,
        end=end,
        since=first.at,
        observed={"amount": amount, "currency": first.currency},
        baseline={},
        words=lambda _: {"amount": amount, "currency": first.currency},
        evidence=(first.event_id,),
        lapses=end == month_over,
    )


FIRST_ORDER = Signal(
    name="first-order",
    trigger="on_event",
    reads=frozenset({ORDERS}),
    stretches=stretches,
    texts={
        "main": {
            "en": "First order: {amount} {currency}",
            "es": "Primer pedido: {amount} {currency}",
            "it": "Primo ordine: {amount} {currency}",
        }
    },
    recommends=WELCOME,
    weight=0.05,
    half_life_days=30,
)
