"""Active customers by orders within the window, and their losses and returns.

order          order                 lapse
──┼──────────────┼─────────────────────┼──►   active after each order, for so many local days as the window has
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, cast

from retention.calendar import DAY, NEVER, Instant
from retention.features.purchases.facets import ORDERS
from retention.features.purchases.orders import activity, known, note_spans
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.measures.base import NOTHING_SHOWN, Difference, Level, Measure, Shown, Step, Track, changes
from retention.measures.membership import (
    FACTS,
    Edge,
    Known,
    Loss,
    book_customers,
    check_customers,
    edges,
    facts_told,
    shown_since,
)
from retention.money import money_text
from retention.policy import Policy
from retention.spans import Span, active_at, until
from retention.state.customer import Customer
from retention.statements import Statement
from retention.structs import Value
from schemas.currencies import DECIMALS
from schemas.outbound import ValueLost


class _Bought(Value, frozen=True):
    """The spans in which orders made a customer active, and the first one ever, which may be pruned itself."""

    spans: list[Span]
    first_order: Instant


def shown(customer: Customer, policy: Policy, as_of: Instant) -> Shown:
    """Return the spans in which orders made the customer active, as a track."""
    if not orders_seen(customer):
        return NOTHING_SHOWN
    spans = active(customer, policy, as_of)
    steps = changes(_steps(spans))
    track = Track(None, steps, customer.first_order, NEVER)
    return Shown([track], [end for _, end in spans if 0 < end < NEVER], _Bought(spans, customer.first_order))


def active(customer: Customer, policy: Policy, as_of: Instant) -> list[Span]:
    """Return the spans in which orders made the customer active; a lapse counts once time has passed it."""
    return until(_spans(customer, policy), as_of)


def _spans(customer: Customer, policy: Policy) -> list[Span]:
    return activity(orders_seen(customer), policy.calendar, policy.purchase_window_days)


def _steps(spans: list[Span]) -> Iterator[Step]:
    yield Step(-NEVER, (0,))
    for at in sorted({edge for span in spans for edge in span if edge != NEVER}):
        yield Step(at, (int(active_at(spans, at + 1)),))


def next_step(customer: Customer, _policy: Policy, after: Instant) -> Instant:
    """Return when the customer next lapses: after the last order, or between two orders."""
    found = customer.purchase_lapse if customer.purchase_lapse >= max(after, 1) else NEVER
    for at in customer.untold_lapses:
        if after <= at < found:
            found = at
    return found


def keep_steps(customer: Customer, policy: Policy) -> None:
    """Store the lapses between orders that are not counted yet: finding them at each timer would be expensive."""
    spans = _spans(customer, policy) if len(orders_seen(customer)) > 1 else []
    customer.untold_lapses = [end for _, end in spans[:-1] if end >= customer.settled]


def renew(customer: Customer, policy: Policy) -> None:
    """Derive again until when orders make the customer active: its window or its calendar may have changed."""
    orders = orders_seen(customer)
    if orders:
        note_spans(customer, orders, policy)
        keep_steps(customer, policy)


def drop_steps(customer: Customer, due: Instant) -> None:
    """Drop the lapses up to an instant that has passed."""
    customer.untold_lapses = [at for at in customer.untold_lapses if at > due]


def statements(difference: Difference, before: Shown, after: Shown) -> Iterator[Statement]:
    """Yield losses and returns."""
    old, new = _edges(difference, before), _edges(difference, after)
    if old != new:
        yield from facts_told(difference, "purchase", old, new, _known(difference, after.brought))


def _edges(difference: Difference, found: Shown) -> set[Edge]:
    bought = cast("_Bought | None", found.detail)
    return edges(bought.spans, 0, _first_span(difference, bought)) if bought is not None else set()


def _first_span(difference: Difference, bought: _Bought) -> Instant:
    """Return when orders first made the customer active; if pruned ones may have kept it so, when the rest do."""
    policy, spans = difference.policy, bought.spans
    if not spans or spans[0][0] <= policy.calendar.add_days(difference.horizon, policy.purchase_window_days):
        return spans[0][0] if spans else NEVER
    return bought.first_order


def _known(difference: Difference, brought: list[Instant]) -> Known:
    customer = difference.customer

    def edges_at(at: Instant) -> set[Edge]:
        return _edges(difference, shown(customer, difference.policy, at))

    return Known(
        lambda edge: shown_since(edge, brought, edges_at),
        lambda at: [event for order in orders_seen(customer).values() for event in order.events_at(at)],
        lambda at: Loss("unknown", None, _spend_lost(customer, at)),
    )


def _spend_lost(customer: Customer, at: Instant) -> list[ValueLost]:
    """Return the value of the orders of a year before a loss, net of their refunds by then."""
    spend: dict[str, int] = {}
    for order in known(orders_seen(customer)):
        if at - 365 * DAY <= order.at < at:
            spend[order.currency] = spend.get(order.currency, 0) + order.worth(at)
    return [
        ValueLost(
            amount=money_text(Fraction(amount, 10 ** DECIMALS[currency]), currency),
            currency=currency,
            unit="spend_12_months",
        )
        for currency, amount in sorted(spend.items())
        if amount
    ]


def first_known(customer: Customer) -> Instant:
    """Return when the first order ever made the customer active; `NEVER` if none did."""
    return customer.first_order


def window(policy: Policy) -> int:
    """Return the number of days for which an order makes a customer active."""
    return policy.purchase_window_days


PURCHASE: Final = Measure(
    "purchase",
    reads=frozenset({ORDERS}),
    levels=(Level("active"),),
    shown=shown,
    next_step=next_step,
    needs=(PURCHASES,),
    book=book_customers,
    window=window,
    check=check_customers,
    statements=statements,
    last_words=FACTS,
    keep_steps=keep_steps,
    renew=renew,
    drop_steps=drop_steps,
    active=active,
    first_known=first_known,
)
