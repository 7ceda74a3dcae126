"""Turns payments and cards of Chargebee into ours: a payment for a subscription, or an order."""

from typing import Final

from sources.amounts import FINEST_AMOUNT, plain
from sources.base import Translation
from sources.chargebee.envelope import WHOLE, Happened, currency_of, major, told
from sources.chargebee.options import ChargebeeOptions

_CUSTOMER: Final = "only events of a customer are read"


def succeeded(event: Happened, options: ChargebeeOptions) -> Translation:
    """Return a payment that was collected: an order, if its invoice is of no subscription."""
    paid, invoice = event.content.at("transaction"), event.content.at("invoice")
    currency, doubts = currency_of(paid.at("currency_code"))
    subscription = _subscription(event)
    amount = {"amount": plain(major(paid.at("amount"), currency), FINEST_AMOUNT), "currency": currency}
    if not subscription and invoice.at("recurring").value is False:
        body = {"type": "purchase.completed", "order_id": invoice.at("id").text(WHOLE), **amount}
    else:
        body = {"type": "payment.succeeded", **_ids(event), **amount}
    return told(event, paid.at("customer_id").text(_CUSTOMER), options, body, doubts=doubts)


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
