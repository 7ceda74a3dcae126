"""How one event changes one customer: a case for each event type, checked before anything changes."""

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum, auto
from typing import Any, Final

from retention import panes
from retention.calendar import NEVER, Instant, LocalDay, instant
from retention.errors import Rejected
from retention.features.purchases import orders
from retention.features.purchases.orders import MAX_ORDERS, MAX_REFUNDS, Order, Refund, activity, first_of
from retention.features.purchases.section import PURCHASES, add_order, find_order, orders_of, orders_seen
from retention.features.subscriptions.opening import take_older
from retention.features.subscriptions.pricing import stated_price
from retention.features.subscriptions.section import subscribes, timeline_of, timeline_seen
from retention.features.subscriptions.timeline import (
    MAX_OPS,
    Op,
    OpKind,
    has_room,
    is_end,
    lacks_interval,
    requests_pending,
    subscribed,
    terms_of,
)
from retention.features.tickets import tickets
from retention.features.tickets.section import TICKETS, tickets_of
from retention.features.tickets.tickets import (
    ESCALATED,
    OPENED,
    REOPENED,
    SOLVED,
    Step,
    StepKind,
    Ticket,
    bound_steps,
    opened_at,
    order_of,
)
from retention.identity import digest, packed, unpacked
from retention.money import minor_units
from retention.policy import Policy
from retention.state.customer import MAX_WOKE, Customer
from retention.state.seen_ids import saw
from schemas.base import Event
from schemas.cancellations import CancellationEffective, CancellationRequested, CancellationRevoked
from schemas.logins import LoginSucceeded
from schemas.purchases import PurchaseCompleted, PurchaseRefunded
from schemas.subscriptions import (
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionPaused,
    SubscriptionRenewed,
    SubscriptionResumed,
    SubscriptionStarted,
)
from schemas.tickets import TicketOpened

_NO_END: Final = 9_000
"""A year from which on calendars come to their own end."""
_NO_INTERVAL: Final = (
    "`items` without an `interval`, and no event has said how often this subscription is paid: send the change again, "
    "with an `interval` and an `event_id` of its own"
)


class Aspect(IntEnum):
    """What of a customer an event has changed."""

    DUPLICATE = auto()
    NOTHING = auto()
    LOGINS = auto()
    ORDERS = auto()
    ORDERED = auto()
    """One order more of an active customer: it stays one."""
    TICKETS = auto()
    TROUBLES = auto()
    """What only adds to the tickets: a new one, or an old one escalated or opened again."""
    REQUESTS = auto()
    """The part of the timeline that moves no subscription: a renewal that no request waits for, a request of somebody
    who has no subscription."""
    TIMELINE = auto()


PART_OF: Final = {Aspect.ORDERED: Aspect.ORDERS, Aspect.TROUBLES: Aspect.TICKETS}
"""Who reads the whole is asked about its part."""


Fold = Callable[[Customer, Any, Instant, Policy], Aspect]
"""Folds one event into its customer and tells what it changed; raises `Rejected` and changes nothing otherwise."""


def _login(customer: Customer, event: LoginSucceeded, at: Instant, policy: Policy) -> Aspect:
    if saw(customer, event.event_id):
        return Aspect.DUPLICATE
    day = policy.calendar.day(at)
    logins = customer.logins
    usual = logins and (0 < day - logins[0] <= policy.least_silence or (day == logins[0] and at >= customer.latest))
    if not usual:
        _note_return(customer, at, day, policy)
    panes.add(logins, day)
    return Aspect.LOGINS


def _note_return(customer: Customer, at: Instant, day: LocalDay, policy: Policy) -> None:
    """Keep when a silence ended: the first login of a day after more than the least number of days without one.

    Of other logins only the day is kept. The first of all counts, too: one before it may come later.
    """
    least, dated = policy.least_silence, policy.calendar.day
    earlier, later = panes.around(customer.logins, day)
    begins = earlier is None or day - earlier > least
    if not begins and (later is None or later == day or later - day > least):
        return
    woke = customer.woke
    if later == day:
        woke = [min(at, other) if dated(other) == day else other for other in woke]
    else:
        if later is not None and later - day <= least:
            woke = [other for other in woke if dated(other) != later]
        if begins:
            woke = sorted([*woke, at])
    customer.woke = woke[-MAX_WOKE:]


def _countable(customer: Customer, event: Event, _at: Instant, _policy: Policy) -> Aspect:
    # With its type: a source may number its logins and its deliveries alike.
    return Aspect.DUPLICATE if saw(customer, f"{event.type} {event.event_id}") else Aspect.NOTHING


def _purchase(customer: Customer, event: PurchaseCompleted, at: Instant, policy: Policy) -> Aspect:
    amount = minor_units(event.amount, event.currency)
    key, first = digest(event.order_id), first_of(orders_seen(customer))
    known_order = find_order(customer, key)
    if known_order is not None and known_order.at != NEVER:
        if (known_order.at, unpacked(known_order.event_id)) <= (at, event.event_id):
            return Aspect.DUPLICATE
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


def bought_again(customer: Customer, event: PurchaseCompleted, at: Instant, policy: Policy) -> bool:
    """Fold in the usual order: of a customer whom others make an active one then, and of a new id. Tell whether it is.

    What it changes is when the customer lapses, and nothing before.
    """
    if not customer.active_since <= at <= customer.purchase_lapse:
        return False
    key = digest(event.order_id)
    if find_order(customer, key) is not None:
        return False
    amount = minor_units(event.amount, event.currency)
    _add_order(customer, key, Order(at, packed(event.event_id), amount, event.currency), policy)
    lapse = policy.calendar.add_days(at, policy.purchase_window_days)
    if lapse > customer.purchase_lapse:
        customer.purchase_lapse = lapse  # it is the last one, and stands there: see `_orders_changed`
    elif at <= customer.latest:
        orders.put_in_order(orders_of(customer))
    return True


def _refund(customer: Customer, event: PurchaseRefunded, at: Instant, policy: Policy) -> Aspect:
    key, ident = digest(event.order_id), packed(event.event_id)
    kept = orders_of(customer)
    order, first = kept.get(key), first_of(kept)
    if order is not None and any(refund.event == ident for refund in order.refunds):
        return Aspect.DUPLICATE
    if sum(len(known_order.refunds) for known_order in kept.values()) >= MAX_REFUNDS:
        raise Rejected("too_many", f"more than {MAX_REFUNDS} refunds of one customer within the horizon")
    refund = Refund(ident, at, _refunded(event), event.currency or "")
    if order is None:
        order = kept[key] = Order(NEVER, b"", 0, "")
    order.refunds = [*order.refunds, refund]
    if order.at != NEVER and refund.within(order.currency, 0) is None:
        # It is kept all the same: an earlier report of the order, still to come, may be in its currency.
        raise Rejected("contract", order.wrong_with(refund))
    return _orders_changed(customer, policy, first)


def _refunded(event: PurchaseRefunded) -> int | str | None:
    if event.amount is None or event.currency is None:
        return None if event.amount is None else str(event.amount)
    return minor_units(event.amount, event.currency)


def _orders_changed(customer: Customer, policy: Policy, first: Instant) -> Aspect:
    """Take note of what follows from the orders. `first` is when the first of those that are kept was placed before."""
    kept = orders_of(customer)
    orders.put_in_order(kept)
    days, calendar = policy.purchase_window_days, policy.calendar
    spans = activity(kept, calendar, days)
    customer.active_since, customer.purchase_lapse = spans[-1] if spans else (NEVER, 0)
    last = next((order.dated() for order in reversed(kept.values())), NEVER)
    if last == NEVER or customer.purchase_lapse != calendar.add_days(last, days):
        customer.active_since = NEVER  # the last one was given back: that a later one lapses later says nothing of it
    of_others = customer.first_order if customer.first_order < first else NEVER
    customer.first_order = min(of_others, first_of(kept))
    return Aspect.ORDERS


def _ticket_step(kind: StepKind) -> Fold:
    def step(customer: Customer, event: TicketOpened, at: Instant, policy: Policy) -> Aspect:
        key, ident = digest(event.ticket_id), packed(event.event_id)
        kept = tickets_of(customer)
        ticket = kept.get(key)
        if ticket is None:
            ticket = kept[key] = Ticket()
        elif any(known_step.event_id == ident and known_step.kind == kind for known_step in ticket.steps):
            return Aspect.DUPLICATE
        adds = kind != SOLVED and (kind != OPENED or opened_at(ticket) == NEVER)
        ticket.steps = sorted([*ticket.steps, Step(at, ident, kind)], key=order_of)
        if kind == OPENED:
            ticket.topic = event.topic
        if at <= customer.latest:
            tickets.put_in_order(kept)  # else a new one is the last one, and the others are where they were
        customer.dropped += bound_steps(ticket) + TICKETS.bound(kept, policy)
        return Aspect.TROUBLES if adds else Aspect.TICKETS

    return step


def _add(customer: Customer, op: Op, policy: Policy) -> Aspect:
    timeline = timeline_of(customer)
    if timeline.knows(op):
        return Aspect.DUPLICATE
    of_old = op.at <= timeline.opening.at
    if not (of_old and is_end(op)) and not has_room(timeline, op):
        raise Rejected(
            "too_many", f"more than {MAX_OPS} subscriptions, and events of those within the horizon, of one customer"
        )
    if of_old:
        take_older(timeline.opening, op, terms_of(policy))
        return Aspect.TIMELINE
    timeline.add(op)
    if not subscribed(timeline) or (op.kind == "renewed" and not requests_pending(timeline)):
        return Aspect.REQUESTS
    return Aspect.TIMELINE


def _end(moment: datetime | None) -> Instant | None:
    """Give when something is to end; None where nobody knows. Systems that must write something write the year 9999."""
    return instant(moment) if moment is not None and moment.year < _NO_END else None


def _terms(kind: OpKind) -> Fold:
    def stated(
        customer: Customer, event: SubscriptionStarted | SubscriptionChanged, at: Instant, policy: Policy
    ) -> Aspect:
        mrr, priced = stated_price(event, _end(event.trial_end))
        op = Op(
            at,
            packed(event.event_id),
            kind,
            event.subscription_id,
            mrr=mrr,
            currency=event.currency,
            plan=event.plan,
            status=None if event.status == "other" else event.status,  # nothing that we know
            until=_end(event.term_end),
            priced=priced,
        )
        aspect = _add(customer, op, policy)
        if kind == "changed" and aspect is Aspect.TIMELINE and lacks_interval(timeline_seen(customer), op):
            # It is kept all the same: an event of before, still to come, may say the interval.
            raise Rejected("contract", _NO_INTERVAL)
        return aspect

    return stated


def _paused(customer: Customer, event: SubscriptionPaused, at: Instant, policy: Policy) -> Aspect:
    return _add(
        customer, Op(at, packed(event.event_id), "paused", event.subscription_id, until=_end(event.until)), policy
    )


def _resumed(customer: Customer, event: SubscriptionResumed, at: Instant, policy: Policy) -> Aspect:
    return _add(customer, Op(at, packed(event.event_id), "resumed", event.subscription_id), policy)


def _renewed(customer: Customer, event: SubscriptionRenewed, at: Instant, policy: Policy) -> Aspect:
    return _add(
        customer, Op(at, packed(event.event_id), "renewed", event.subscription_id, until=_end(event.term_end)), policy
    )


def _ended(customer: Customer, event: SubscriptionEnded | CancellationEffective, at: Instant, policy: Policy) -> Aspect:
    ident = packed(event.event_id)
    return _add(customer, Op(at, ident, "ended", event.subscription_id, cause=event.cause, reason=event.reason), policy)


def _requested(customer: Customer, event: CancellationRequested, at: Instant, policy: Policy) -> Aspect:
    op = Op(
        at,
        packed(event.event_id),
        "requested",
        event.subscription_id,
        reason=event.reason,
        at_period_end=event.at_period_end,
    )
    return _add(customer, op, policy)


def _revoked(customer: Customer, event: CancellationRevoked, at: Instant, policy: Policy) -> Aspect:
    return _add(customer, Op(at, packed(event.event_id), "revoked", event.subscription_id), policy)


FOLDS: Final[dict[str, Fold]] = {
    "login.succeeded": _login,
    "login.failed": _countable,
    "purchase.completed": _purchase,
    "purchase.refunded": _refund,
    "purchase.delivered": _countable,
    "purchase.delayed": _countable,
    "ticket.opened": _ticket_step(OPENED),
    "ticket.replied": _countable,
    "ticket.escalated": _ticket_step(ESCALATED),
    "ticket.reopened": _ticket_step(REOPENED),
    "ticket.solved": _ticket_step(SOLVED),
    "cancellation.requested": _requested,
    "cancellation.revoked": _revoked,
    "cancellation.effective": _ended,
    "subscription.started": _terms("started"),
    "subscription.changed": _terms("changed"),
    "subscription.paused": _paused,
    "subscription.resumed": _resumed,
    "subscription.renewed": _renewed,
    "subscription.ended": _ended,
}
"""The case of every event type."""

CHANGES_FIGURES: Final = frozenset({"purchase.completed", "purchase.refunded", "subscription.started"})
"""The types of event after which a figure or a fact may read otherwise, whoever the customer is."""

MAY_CHANGE_FIGURES: Final = CHANGES_FIGURES | {
    kind for kind in FOLDS if kind.startswith(("subscription.", "cancellation."))
}
"""Those, and the types that say something of subscriptions."""

SETTLES_REQUESTS: Final = frozenset(
    {"cancellation.requested", "cancellation.revoked", "cancellation.effective", "subscription.ended"}
)
"""The types after which a request may be one without effect, or no longer, though no subscription is known."""


def may_change_figures(customer: Customer, kind: str) -> bool:
    """Report whether a figure or a fact may read otherwise after an event of a type.

    All but a start changes subscriptions that there are, and a renewal only one that is to be cancelled.
    """
    if kind not in MAY_CHANGE_FIGURES:
        return False
    if kind in CHANGES_FIGURES:
        return True
    if not subscribes(customer):
        return False
    return kind != "subscription.renewed" or requests_pending(timeline_seen(customer))
