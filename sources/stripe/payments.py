"""Turns invoices, checkouts, refunds and cards into payments and orders.

Rule: an invoice of a subscription is a payment, any other one is an order; a checkout is an order where it is paid and
makes no invoice. A charge is neither: since 2025-03-31 it does not say whether it paid for a subscription.
"""

from fractions import Fraction
from typing import Final

from sources.amounts import FINEST_AMOUNT, plain
from sources.base import Translation
from sources.document import Node
from sources.instants import moment, written
from sources.stripe.currencies import currency_of, major
from sources.stripe.envelope import Happened, customer_of, skipped, told
from sources.stripe.options import StripeOptions

_WHOLE: Final = "send the event of Stripe as it came"
_PARTLY: Final = (
    "amount_refunded is of all refunds so far, and the event does not say what it was before: send it with "
    "previous_attributes, or set sources.stripe.refunds to refund.created"
)
_OF_CHARGE: Final = "the refund names no customer: set sources.stripe.refunds to charge.refunded"
_UNPAID: Final = frozenset({"failed", "canceled"})
"""Statuses of a refund that pays nothing back."""
_NUMBER: Final = "an amount is a number"
_MOST_ATTEMPTS: Final = 1_000
_DECLINES: Final = {
    "insufficient_funds": "insufficient_funds",
    "expired_card": "expired_card",
    "card_declined": "card_declined",
    "generic_decline": "card_declined",
    "do_not_honor": "card_declined",
    "lost_card": "lost_or_stolen",
    "stolen_card": "lost_or_stolen",
    "authentication_required": "authentication_required",
    "invoice_payment_intent_requires_action": "authentication_required",
    "invalid_account": "invalid_account",
    "processing_error": "processing_error",
}

Body = dict[str, object]


def invoice_paid(event: Happened, options: StripeOptions) -> Translation:
    """Return a payment for a subscription, or an order."""
    invoice = event.object
    subscription, total, paid_now = _subscription_of(invoice), invoice.at("total"), invoice.at("amount_paid")
    if total.is_known and total.decimal(_NUMBER) <= 0:
        return skipped("an invoice of nothing")
    ident = invoice.at("id").text(_WHOLE)
    # Two events of Stripe tell of it, and an endpoint may be sent both: by this id they are one.
    once = {"event_id": f"{ident}:paid"}
    if subscription:
        # One that credit has paid, or that was paid elsewhere, settles the failures before it, too.
        body: Body = {"type": "payment.succeeded", "invoice_id": ident, "subscription_id": subscription, **once}
        known = next((one for one in (paid_now, total) if one.is_known), None)
        return told(event, customer_of(invoice), body | (_money(known, invoice) if known is not None else {}))
    amount = total if total.is_known or not paid_now.is_known else paid_now
    order: Body = {"type": "purchase.completed", "order_id": ident, **once}
    return told(event, customer_of(invoice), order | _money(amount, invoice))


def _money(amount: Node, holder: Node) -> Body:
    """Return an amount in the currency of what holds it."""
    currency = currency_of(holder.at("currency"))
    return {"amount": plain(_amount(amount, currency), FINEST_AMOUNT), "currency": currency}


def invoice_failed(event: Happened, options: StripeOptions) -> Translation:
    """Return a failed attempt to collect an invoice."""
    invoice = event.object
    due = next((one for one in map(invoice.at, ("amount_remaining", "amount_due", "total")) if one.is_known), None)
    body: Body = {
        "type": "payment.failed",
        "invoice_id": invoice.at("id").text(_WHOLE),
        "reason": _decline(invoice),
        **(_money(due, invoice) if due is not None else {}),
    }
    if _subscription_of(invoice):
        body["subscription_id"] = _subscription_of(invoice)
    attempts, following = invoice.at("attempt_count"), invoice.at("next_payment_attempt")
    if attempts.is_known and 1 <= attempts.whole(_WHOLE) <= _MOST_ATTEMPTS:
        body["attempt"] = attempts.whole(_WHOLE)
        body["event_id"] = f"{body['invoice_id']}:failed:{body['attempt']}"  # the same for twins of one attempt
    if following.is_known:
        body["next_attempt_at"] = written(moment(following))
    return told(event, customer_of(invoice), body)


def _subscription_of(invoice: Node) -> str:
    """Return the subscription of an invoice, in both shapes; empty if it is of none."""
    return invoice.at("subscription").ident() or invoice.at("parent", "subscription_details", "subscription").ident()


def _amount(node: Node, currency: str) -> Fraction:
    found = major(node.decimal(_NUMBER), currency)
    return max(found, Fraction())


def _decline(invoice: Node) -> str:
    """Return why an attempt failed, in our words, where the payment stands in the invoice."""
    for error in (invoice.at("payment_intent", "last_payment_error"), invoice.at("last_finalization_error")):
        for name in ("decline_code", "code"):
            if error.word_at(name) in _DECLINES:
                return _DECLINES[error.word_at(name)]
    return _DECLINES.get(invoice.word_at("charge", "failure_code"), "other")


def checkout_completed(event: Happened, options: StripeOptions) -> Translation:
    """Return the order of a checkout that is paid, unless an invoice or a subscription says the same."""
    session = event.object
    if session.word_at("mode") != "payment":
        return skipped("a checkout of a subscription, or of a card: events of their own say the same")
    if session.knows("invoice"):
        return skipped("a checkout with an invoice: invoice.paid says the same")
    if session.word_at("payment_status") != "paid":
        return skipped("a checkout that is not paid")
    if not session.at("customer").ident() and not session.at("customer_account").ident():
        return skipped("a checkout of a guest")
    currency = currency_of(session.at("currency"))
    amount = _amount(session.at("amount_total"), currency)
    order = session.at("payment_intent").ident() or session.at("id").text(_WHOLE)
    body = {"type": "purchase.completed", "order_id": order, "currency": currency}
    return told(event, customer_of(session), {**body, "amount": plain(amount, FINEST_AMOUNT)})


def charge_refunded(event: Happened, options: StripeOptions) -> Translation:
    """Return what a charge was refunded by since the last time."""
    charge = event.object
    if options.refunds != event.type:
        return skipped("charge.refunded is not used: refund.created is")
    if not charge.at("customer").ident() and not charge.at("customer_account").ident():
        return skipped("a refund of a guest")
    currency = currency_of(charge.at("currency"))
    so_far, before = charge.at("amount_refunded").whole(_WHOLE), event.previous.at("amount_refunded")
    order = charge.at("invoice").ident() or charge.at("payment_intent").ident() or charge.at("id").text(_WHOLE)
    body: Body = {"type": "purchase.refunded", "order_id": order, "currency": currency}
    if before.is_known:
        body["amount"] = plain(major(max(0, so_far - before.whole(_WHOLE)), currency), FINEST_AMOUNT)
    elif not charge.is_true_at("refunded"):
        return told(event, customer_of(charge), *_each_refund(event, body, so_far, currency))
    # Two events of one refund have other ids, and the same sum so far.
    body["event_id"] = f"{charge.at('id').text(_WHOLE)}:refunded:{so_far}"
    return told(event, customer_of(charge), body)


def _each_refund(event: Happened, body: Body, so_far: int, currency: str) -> list[Body]:
    """Return all refunds so far, where the charge lists them, as it did until 2022; raise `Unreadable` otherwise."""
    refunds = [one for one in event.object.at("refunds", "data").each() if one.word_at("status") not in _UNPAID]
    if not refunds or sum(one.at("amount").whole(_WHOLE) for one in refunds) != so_far:
        raise event.previous.at("amount_refunded").wrong(_PARTLY)
    found = []
    for one in refunds:
        at = min(moment(one.at("created")), event.at) if one.knows("created") else event.at
        amount = plain(_amount(one.at("amount"), currency), FINEST_AMOUNT)
        ident = one.at("id").text(_WHOLE)
        found.append({**body, "amount": amount, "event_id": ident, "occurred_at": written(at)})
    return sorted(found, key=lambda one: (str(one["occurred_at"]), str(one["event_id"])))


def refund_created(event: Happened, options: StripeOptions) -> Translation:
    """Return one refund, if refunds are read from these events."""
    refund = event.object
    if options.refunds != "refund.created":
        return skipped(f"{event.type} is not used: charge.refunded says the same")
    if refund.word_at("status") in _UNPAID:
        return skipped("a refund that failed")
    if not refund.at("customer").ident() and not refund.at("customer_account").ident():
        raise refund.at("customer").wrong(_OF_CHARGE)
    currency = currency_of(refund.at("currency"))
    order = refund.at("payment_intent").ident() or refund.at("charge").ident()
    body: Body = {"type": "purchase.refunded", "order_id": order, "currency": currency}
    body["amount"] = plain(_amount(refund.at("amount"), currency), FINEST_AMOUNT)
    body["event_id"] = refund.at("id").text(_WHOLE)
    return told(event, customer_of(refund), body)


def card_expiring(event: Happened, options: StripeOptions) -> Translation:
    """Return when a card expires."""
    card = event.object
    if not card.knows("exp_year"):
        return skipped("a source of money that is no card")
    year, month = card.at("exp_year").whole(_WHOLE), card.at("exp_month").whole(_WHOLE)
    body = {"type": "card.expiring", "card_id": card.at("id").text(_WHOLE), "expires": f"{year:04}-{month:02}"}
    return told(event, customer_of(card), body)
