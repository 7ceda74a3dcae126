"""Folds the events of the family `subscriptions` into a customer: they go into its timeline."""

from datetime import datetime
from typing import Final

from retention.calendar import Instant, instant
from retention.errors import Rejected
from retention.features.base import DUPLICATE, Facet, Fold
from retention.features.subscriptions.facets import REQUESTS, TERMS, TIMELINE
from retention.features.subscriptions.opening import take_older
from retention.features.subscriptions.pricing import stated_price
from retention.features.subscriptions.renewals import Stated
from retention.features.subscriptions.renewals import add as add_stated
from retention.features.subscriptions.renewals_section import RENEWALS, renewals_of
from retention.features.subscriptions.requests import without_effect
from retention.features.subscriptions.section import has_timeline, subscribes, timeline_of, timeline_seen
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
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.base import Event
from schemas.cancellations import CancellationEffective
from schemas.subscriptions import (
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionPaused,
    SubscriptionRenewed,
    SubscriptionResumed,
    SubscriptionStarted,
)

_NO_END: Final = 9_000
"""A year from which on calendars end."""
_NO_INTERVAL: Final = (
    "`items` without an `interval`, and the billing interval of this subscription is unknown: send the change again, "
    "with an `interval` and an `event_id` of its own"
)


def add(customer: Customer, op: Op, policy: Policy) -> Facet:
    """Add one event to the timeline of a customer; return the facet that it changed."""
    timeline = timeline_of(customer)
    if timeline.knows(op):
        return DUPLICATE
    of_old = op.at <= timeline.opening.at
    if not (of_old and is_end(op)) and not has_room(timeline, op):
        raise Rejected(
            "too_many", f"more than {MAX_OPS} subscriptions, and events of those within the horizon, of one customer"
        )
    if of_old:
        timeline.changed()
        take_older(timeline.opening, op, terms_of(policy))
        return TIMELINE
    timeline.add(op)
    if not subscribed(timeline):
        return REQUESTS
    return TERMS if op.kind == "renewed" and not requests_pending(timeline) else TIMELINE


def _end(moment: datetime | None) -> Instant | None:
    """Return when something ends; None if no end is known. Systems that must write an end write the year 9999."""
    return instant(moment) if moment is not None and moment.year < _NO_END else None


def terms(kind: OpKind) -> Fold:
    """Return the fold of a start, or a change, of a subscription's price and term."""

    def stated(
        customer: Customer, event: SubscriptionStarted | SubscriptionChanged, at: Instant, policy: Policy
    ) -> Facet:
        mrr, priced = stated_price(event, _end(event.trial_end))
        op = Op(
            at,
            packed(event.event_id),
            kind,
            event.subscription_id,
            mrr=mrr,
            currency=event.currency,
            plan=event.plan,
            status=None if event.status == "other" else event.status,  # not known to this version
            until=_end(event.term_end),
            priced=priced,
        )
        facet = add(customer, op, policy)
        if event.auto_renew is not None and facet is not DUPLICATE:
            _note_renewal(customer, op, policy, on=event.auto_renew)
        elif kind == "changed" and facet is TIMELINE and lacks_interval(timeline_seen(customer), op):
            # It is stored all the same: an earlier event, still to come, may contain the interval.
            raise Rejected("contract", _NO_INTERVAL)
        return facet

    return stated


def _note_renewal(customer: Customer, op: Op, policy: Policy, *, on: bool) -> None:
    """Store what an event states about the renewal of its subscription, unless it is a start that says the usual."""
    if op.subscription is None or (op.kind == "started" and on):
        return
    kept = renewals_of(customer)
    add_stated(kept, Stated(op.at, op.event_id, digest(op.subscription), on, op.kind == "started"))
    customer.dropped += RENEWALS.bound(kept, policy)


def paused(customer: Customer, event: SubscriptionPaused, at: Instant, policy: Policy) -> Facet:
    """Apply a pause."""
    return add(
        customer, Op(at, packed(event.event_id), "paused", event.subscription_id, until=_end(event.until)), policy
    )


def resumed(customer: Customer, event: SubscriptionResumed, at: Instant, policy: Policy) -> Facet:
    """Apply the end of a pause."""
    return add(customer, Op(at, packed(event.event_id), "resumed", event.subscription_id), policy)


def renewed(customer: Customer, event: SubscriptionRenewed, at: Instant, policy: Policy) -> Facet:
    """Apply a renewal: a pending request to cancel does not take effect then."""
    return add(
        customer, Op(at, packed(event.event_id), "renewed", event.subscription_id, until=_end(event.term_end)), policy
    )


def ended(customer: Customer, event: SubscriptionEnded | CancellationEffective, at: Instant, policy: Policy) -> Facet:
    """Apply the end of one subscription, or of all of a customer."""
    ident = packed(event.event_id)
    return add(customer, Op(at, ident, "ended", event.subscription_id, cause=event.cause, reason=event.reason), policy)


def restates(customer: Customer, _at: Instant) -> bool:
    """Report whether a figure may differ after an event: only if there is a subscription."""
    return subscribes(customer)


def restates_renewed(customer: Customer, _at: Instant) -> bool:
    """Report whether a figure may differ after a renewal: only if a request to cancel is pending."""
    return subscribes(customer) and requests_pending(timeline_seen(customer))


def accepts_old(_customer: Customer | None, _event: Event, _at: Instant) -> bool:
    """Return True: an old start is opening state, and the timeline decides."""
    return True


def unsettled(customer: Customer, policy: Policy) -> int:
    """Return the number of requests to cancel without effect (`requests.py`)."""
    return without_effect(timeline_seen(customer), terms_of(policy)) if has_timeline(customer) else 0
