"""Folds the events of the family `purchases` into a customer: orders, and their refunds.

Most orders are one more of an active customer: `bought_again` applies those without decoding the others.
"""

from fractions import Fraction
from typing import Final

from retention.calendar import NEVER, Instant, rfc3339
from retention.errors import Rejected
from retention.features.base import DUPLICATE, Aside, Facet
from retention.features.purchases.facets import GIFT_ORDERED, GIFT_ORDERS, GIFTS, ORDERED, ORDERS
from retention.features.purchases.gifts import note_gift
from retention.features.purchases.orders import (
    MAX_ORDERS,
    MAX_REFUNDS,
    Order,
    Refund,
    first_of,
    note_spans,
    put_in_order,
    refund_order,
)
from retention.features.purchases.section import PURCHASES, add_order, find_order, orders_of, orders_seen
from retention.identity import digest, packed, unpacked
from retention.money import minor_units, money_text
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.base import Event
from schemas.currencies import DECIMALS
from schemas.purchases import PurchaseCompleted, PurchaseRefunded

ORDER_AGAIN: Final = "order_again"
_LAST: Final[list[tuple[str, bytes]]] = [("", digest(""))]
_WHY_HERE: Final = "it arrived before its order: position and time are those of the order, the rest is as stored"


def placed(customer: Customer, event: PurchaseCompleted, at: Instant, policy: Policy) -> Facet:
    """Apply an order, or an earlier report of a known one; it may be a gift by a later report, too."""
    facet = _placed(customer, event, at, policy)
    if not event.gift or not note_gift(customer, digest(event.order_id), event.event_id, at, policy):
        return facet
    return GIFTS if facet is DUPLICATE else GIFT_ORDERS


def doubted(customer: Customer, event: PurchaseCompleted) -> str:
    """Return that an order is known by another event: an order counts once, whatever the amounts of its events."""
    known = find_order(customer, _key_of(event.order_id))
    is_other = known is not None and known.at != NEVER and unpacked(known.event_id) != event.event_id
    return ORDER_AGAIN if is_other else ""


def _key_of(order_id: str) -> bytes:
    """Return the key of an order. The last one is not computed again: an event of a source asks for it twice."""
    last = _LAST[0]
    if order_id is last[0]:
        return last[1]
    key = digest(order_id)
    _LAST[0] = (order_id, key)
    return key


def _placed(customer: Customer, event: PurchaseCompleted, at: Instant, policy: Policy) -> Facet:
    amount = minor_units(event.amount, event.currency)
    key, first = _key_of(event.order_id), first_of(orders_seen(customer))
    known_order = find_order(customer, key)
    if known_order is not None and known_order.at != NEVER:
        if (known_order.at, unpacked(known_order.event_id)) <= (at, event.event_id):
            return DUPLICATE
        # Two reports of one order: the earlier one counts, whichever came first.
        known_order.at, known_order.event_id = at, packed(event.event_id)
        known_order.amount, known_order.currency = amount, event.currency
        return _orders_changed(customer, policy, first)
    refunds = known_order.refunds if known_order is not None else []
    _add_order(customer, key, Order(at, packed(event.event_id), amount, event.currency, refunds), policy)
    return _orders_changed(customer, policy, first)


def _add_order(customer: Customer, key: bytes, order: Order, policy: Policy) -> None:
    if add_order(customer, key, order) >= MAX_ORDERS:
        customer.dropped += PURCHASES.bound(orders_of(customer), policy)


def bought_again(
    customer: Customer, event: PurchaseCompleted, at: Instant, policy: Policy, watermark: Instant
) -> Facet | None:
    """Apply the usual order: with a new id, of a customer whom other orders make active; else change nothing.

    It changes when the customer lapses, and nothing before.
    """
    if customer.purchase_lapse < watermark or not customer.active_since <= at <= customer.purchase_lapse:
        return None
    key = _key_of(event.order_id)
    if find_order(customer, key) is not None:
        return None
    amount = minor_units(event.amount, event.currency)
    _add_order(customer, key, Order(at, packed(event.event_id), amount, event.currency), policy)
    lapse = policy.calendar.add_days(at, policy.purchase_window_days)
    if lapse > customer.purchase_lapse:
        customer.purchase_lapse = lapse  # it is the last one: see `_orders_changed`
    elif at <= customer.latest:
        put_in_order(orders_of(customer))
    if event.gift and note_gift(customer, key, event.event_id, at, policy):
        return GIFT_ORDERED
    return ORDERED


def refunded(customer: Customer, event: PurchaseRefunded, at: Instant, policy: Policy) -> Facet:
    """Apply a refund. If its order has not arrived, it waits for it."""
    key, ident = digest(event.order_id), packed(event.event_id)
    kept = orders_of(customer)
    order, first = kept.get(key), first_of(kept)
    if order is not None and any(refund.event == ident for refund in order.refunds):
        return DUPLICATE
    if sum(len(known_order.refunds) for known_order in kept.values()) >= MAX_REFUNDS:
        raise Rejected("too_many", f"more than {MAX_REFUNDS} refunds of one customer within the horizon")
    refund = Refund(ident, at, _refunded(event), event.currency or "")
    if order is None:
        order = kept[key] = Order(NEVER, b"", 0, "")
    order.refunds = sorted([*order.refunds, refund], key=refund_order)
    if order.at != NEVER and refund.within(order.currency, 0) is None:
        # It is stored all the same: an earlier report of the order, still to come, may be in its currency.
        raise Rejected("contract", order.wrong_with(refund))
    return _orders_changed(customer, policy, first)


def _refunded(event: PurchaseRefunded) -> int | str | None:
    if event.amount is None or event.currency is None:
        return None if event.amount is None else str(event.amount)
    return minor_units(event.amount, event.currency)


def _orders_changed(customer: Customer, policy: Policy, first: Instant) -> Facet:
    """Update what follows from the orders. `first` is the instant of the first stored order before the change."""
    kept = orders_of(customer)
    put_in_order(kept)
    note_spans(customer, kept, policy)
    of_others = customer.first_order if customer.first_order < first else NEVER
    customer.first_order = min(of_others, first_of(kept))
    return ORDERS


def useless_refunds(customer: Customer, event: PurchaseCompleted) -> list[Aside]:
    """Return the refunds of an order that are not in its currency, if the order itself is known."""
    order = find_order(customer, digest(event.order_id)) if PURCHASES.is_kept(customer) else None
    if order is None or order.at == NEVER:
        return []
    return [_as_it_was_kept(event, order, refund) for refund in order.strangers()]


def _as_it_was_kept(order: PurchaseCompleted, kept: Order, refund: Refund) -> Aside:
    """Return a refund that arrived before its order, without the fields that a refund does not need."""
    amount = refund.amount
    if isinstance(amount, int):
        amount = money_text(Fraction(amount, 10 ** DECIMALS[refund.currency]), refund.currency)
    document = {
        "event_id": unpacked(refund.event),
        "type": "purchase.refunded",
        "customer_id": order.customer_id,
        "occurred_at": rfc3339(refund.at),
        "order_id": order.order_id,
        "amount": amount,
        "currency": refund.currency or None,
    }
    present = {name: part for name, part in document.items() if part is not None}
    return Aside(order.customer_id, present, f"{kept.wrong_with(refund)}; {_WHY_HERE}")


def accepts_old(customer: Customer | None, event: Event, at: Instant) -> bool:
    """Return True for an order from before the first known one: it decides whether a later order is new or a return."""
    kind: str = event.type
    return kind == "purchase.completed" and at < (customer.first_order if customer is not None else NEVER)


def join(customer: Customer, other: Customer, policy: Policy) -> None:
    """Note what follows from the orders of two customers, which are joined already."""
    customer.first_order = min(customer.first_order, other.first_order)
    kept = orders_of(customer)
    if kept:
        note_spans(customer, kept, policy)
