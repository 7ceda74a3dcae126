"""The source `stripe`: events of Stripe's webhooks, of all versions, by their shape."""

import re
from collections.abc import Callable
from typing import Final, cast

from sources.base import Foreign, Options, Source, Translation
from sources.document import is_nothing
from sources.stripe import customers, discount_events, payments, snapshots, subscriptions
from sources.stripe.envelope import NAME, Happened, happened, skipped
from sources.stripe.options import StripeOptions
from sources.values import lawful

_PLAIN_TYPE: Final = re.compile(r"[a-z0-9_.]{1,64}")

READERS: Final[dict[str, Callable[[Happened, StripeOptions], Translation]]] = {
    snapshots.KIND: snapshots.standing,
    "customer.subscription.created": subscriptions.created,
    "customer.subscription.updated": subscriptions.updated,
    "customer.subscription.deleted": subscriptions.deleted,
    "customer.subscription.paused": subscriptions.twin,
    "customer.subscription.resumed": subscriptions.twin,
    "customer.subscription.pending_update_applied": subscriptions.twin,
    "customer.discount.created": discount_events.begun,
    "customer.discount.updated": discount_events.begun,
    "customer.discount.deleted": discount_events.ended,
    "coupon.created": discount_events.coupon,
    "coupon.updated": discount_events.coupon,
    "invoice.paid": payments.invoice_paid,
    "invoice.payment_succeeded": payments.invoice_paid,
    "invoice.payment_failed": payments.invoice_failed,
    "checkout.session.completed": payments.checkout_completed,
    "checkout.session.async_payment_succeeded": payments.checkout_completed,
    "charge.refunded": payments.charge_refunded,
    "refund.created": payments.refund_created,
    "customer.source.expiring": payments.card_expiring,
    "customer.created": customers.created,
    "customer.updated": customers.updated,
    "customer.deleted": customers.deleted,
}

NOT_USED: Final = {
    "charge.succeeded": "a charge does not say whether it paid for a subscription; invoices and checkouts do",
    "payment_intent.succeeded": "a payment does not say whether it was for a subscription; invoices and checkouts do",
    "charge.refund.updated": "charge.refunded says the same",
    "refund.updated": "charge.refunded says the same",
    "charge.dispute.created": "a dispute names no customer; what it ends is customer.subscription.deleted",
    "charge.dispute.closed": "a dispute names no customer; what it ends is customer.subscription.deleted",
    "customer.subscription.trial_will_end": "the end of the trial itself is",
    "customer.subscription.pending_update_expired": "it never applied",
    "subscription_schedule.updated": "plans for later count when an update applies them",
}
"""Why well-known events are not used. Of others only their type is counted."""


FAMILIES: Final = frozenset({"subscriptions", "cancellations", "payments", "purchases", "customers"})
"""The topics of our events that follow."""


def read(record: Foreign, options: Options) -> Translation:
    """Return our events of one event of Stripe; raise `Unreadable` for what would be a wrong figure."""
    if record.value is None or is_nothing(record.value):
        return skipped("a record without a value")
    event = happened(record.value)
    reader = READERS.get(event.type)
    if reader is not None:
        return lawful(NAME, reader(event, cast("StripeOptions", options)))
    if event.type in NOT_USED:
        return skipped(f"{event.type} is not used: {NOT_USED[event.type]}")
    return skipped(f"{event.type if _PLAIN_TYPE.fullmatch(event.type) else 'an unknown type'} is not used")


STRIPE: Final = Source(
    name=NAME,
    help="Events of Stripe's webhooks: subscriptions, discounts, invoices, checkouts, refunds and customers.",
    versions=("up to 2026-10-28, by shape",),
    documented=(
        "Stripe API Reference: The Event object",
        "Stripe API Reference: The Subscription object",
        "Stripe Docs: Supported currencies",
        "Stripe Docs: Pause subscriptions after payment failure",
        "Stripe Changelog",
    ),
    options=StripeOptions,
    read=read,
    families=lambda _: FAMILIES,
)
