"""Turns payments and cards of Chargebee into ours: a payment for a subscription, or an order."""

from typing import Final

from sources.amounts import FINEST_AMOUNT, plain
from sources.base import Translation
from sources.chargebee.envelope import WHOLE, Happened, currency_of, major, told
from sources.chargebee.options import ChargebeeOptions

_CUSTOMER: Final = "only events of a customer are read"
_NOT_WHOLE: Final = frozenset({"payment_due", "not_paid", "posted", "pending"})
"""Statuses of an invoice of which something is still to be paid."""
_NOT_PAID_BACK: Final = frozenset({"failure", "late_failure", "voided", "timeout", "in_progress", "needs_attention"})

Body = dict[str, object]


def succeeded(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return a payment that was collected: an order, if its invoice is of no subscription and is paid by it."""
    paid, invoice = event.content.at("transaction"), event.content.at("invoice")
    currency, doubts = currency_of(paid.at("currency_code"))
    amount = paid.at("amount")
    body: Body = {"type": "payment.succeeded", **_ids(event)}
    if _is_order(event):
        if invoice.word_at("status") in _NOT_WHOLE:
            return Translation((), "a payment of a part of an order: it counts when the rest is paid")
        amount = invoice.at("amount_paid") if invoice.knows("amount_paid") else amount
        body = {"type": "purchase.completed", "order_id": invoice.at("id").text(WHOLE)}
    body |= {"amount": plain(major(amount, currency), FINEST_AMOUNT), "currency": currency}
    return told(event, paid.at("customer_id").text(_CUSTOMER), options, body, doubts=doubts)


def refunded(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return a refund of an order, in part or in full: what one transaction has paid back."""
    back = event.content.at("transaction")
    customer_id = back.at("customer_id").text(_CUSTOMER)
    if not _is_order(event):
        return Translation((), "a refund of what a subscription has paid")
    if back.word_at("status") in _NOT_PAID_BACK:
        return Translation((), "a refund that has not been paid")
    currency, doubts = currency_of(back.at("currency_code"))
    body: Body = {"type": "purchase.refunded", "order_id": event.content.at("invoice", "id").text(WHOLE)}
    body |= {"amount": plain(major(back.at("amount"), currency), FINEST_AMOUNT), "currency": currency}
    return told(event, customer_id, options, body, doubts=doubts)


def _is_order(event: Happened) -> bool:
    """Report whether an invoice is of no subscription."""
    return not _subscription(event) and event.content.at("invoice", "recurring").value is False


def failed(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return a failed attempt to collect a payment."""
    tried = event.content.at("transaction")
    currency, doubts = currency_of(tried.at("currency_code"))
    amount = {"amount": plain(major(tried.at("amount"), currency), FINEST_AMOUNT), "currency": currency}
    body = {"type": "payment.failed", **_ids(event), **amount}
    return told(event, tried.at("customer_id").text(_CUSTOMER), options, body, doubts=doubts)


def card_expiring(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return when a card expires."""
    card = event.content.at("card")
    year, month = card.at("expiry_year").whole(WHOLE), card.at("expiry_month").whole(WHOLE)
    body = {"type": "card.expiring", "expires": f"{year:04}-{month:02}"}
    if card.word_at("payment_source_id"):
        body["card_id"] = card.word_at("payment_source_id")
    return told(event, card.at("customer_id").text(_CUSTOMER), options, body, doubts=())


def _subscription(event: Happened) -> str:
    for holder in ("transaction", "invoice"):
        if event.content.word_at(holder, "subscription_id"):
            return event.content.word_at(holder, "subscription_id")
    return event.content.word_at("subscription", "id")


def _ids(event: Happened) -> dict[str, str]:
    """Return the ids of a payment: its own, that of its invoice, and that of its subscription, where they are known."""
    found = {
        "payment_id": event.content.word_at("transaction", "id"),
        "invoice_id": event.content.word_at("invoice", "id"),
        "subscription_id": _subscription(event),
    }
    return {name: ident for name, ident in found.items() if ident}
