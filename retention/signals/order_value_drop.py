"""`order-value-drop`: a customer of a shop spends much less on an order than it used to.

Off unless it is switched on: see docs/decisions/0063-opportunities.md for what it was worth, and what it costs.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from retention.actions.order_reminder import ORDER_REMINDER
from retention.calendar import NEVER, Instant
from retention.features.purchases.facets import ORDERS
from retention.features.purchases.orders import Order, known
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.money import money_text
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Signal, Stretch, View
from retention.wording import Language, number_text
from schemas.currencies import DECIMALS

LAST: Final = 3
BEFORE: Final = 6
SHARE: Final = 0.6
RECOVERED: Final = Fraction(8, 10)
OVER_DAYS: Final = 90
"""So long after it began, the smaller order is the usual one."""


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times from the last of three orders that are worth 60 % of the six before, to one of 80 %.

    orders   60 60 60 60 60 60 | 35 30 25        58
                                        [--------)        for 90 days at most

    Orders in the currency of the newest one count, by what was ordered; those that were paid back at once do not.
    """
    placed = [order for order in known(orders_seen(view.customer)) if order.made_a_customer()]
    own = [order for order in placed if order.currency == placed[-1].currency]
    found: list[Stretch] = []
    share, place = Fraction(str(view.tuned.threshold("share"))), LAST + BEFORE - 1
    while place < len(own):
        last, before = own[place - LAST + 1 : place + 1], own[place - LAST - BEFORE + 1 : place - LAST + 1]
        if _mean(last) > share * _mean(before):
            place += 1
            continue
        following = place + 1
        while following < len(own) and own[following].amount < RECOVERED * _mean(before):
            following += 1
        end = own[following].at if following < len(own) else NEVER
        found.append(_stretch(view, last, before, end))
        place = max(following, place + 1)
    return reversed(found)


def _mean(orders: Sequence[Order]) -> Fraction:
    return Fraction(sum(order.amount for order in orders), len(orders))


def _stretch(view: View, last: Sequence[Order], before: Sequence[Order], end: Instant) -> Stretch:
    start = last[-1].at
    over = view.calendar.add_days(start, OVER_DAYS)
    now, usual = _money(last), _money(before)

    def words(language: Language) -> dict[str, Fact]:
        return {"now": number_text(now, language), "usual": number_text(usual, language)}

    return Stretch(
        start=start,
        end=min(end, over),
        since=before[-1].at,
        observed={"mean_order": now},
        baseline={"mean_order": usual},
        words=words,
        evidence=tuple([order.event_id for order in last]),
        lapses=over < end,
        outcome="lapsed" if over < end else "recovered",
    )


def _money(orders: Sequence[Order]) -> str:
    currency = orders[0].currency
    return f"{money_text(_mean(orders) / 10 ** DECIMALS[currency], currency)} {currency}"


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer with too few orders."""
    return 0 if len(orders_seen(view.customer)) >= LAST + BEFORE else NEVER


ORDER_VALUE_DROP = Signal(
    name="order-value-drop",
    trigger="on_event",
    reads=frozenset({ORDERS}),
    needs=(PURCHASES,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "The last 3 orders were worth {now} on average, the 6 before {usual}",
            "es": "Los 3 últimos pedidos fueron de {now} de media; los 6 anteriores, de {usual}",
            "it": "Gli ultimi 3 ordini valevano in media {now}, i 6 precedenti {usual}",
        }
    },
    recommends=ORDER_REMINDER,
    weight=0.10,
    half_life_days=30,
    default=SignalPolicy(enabled=False, severity="low", escalate_after_days=STAYS, thresholds=(("share", SHARE),)),
    of_basis="purchase",
)
