"""Folds of the family `payments`: each adds what an event says to the section of its customer."""

from calendar import monthrange
from datetime import date
from fractions import Fraction
from typing import Final

from retention.calendar import DAY, NEVER, Instant, LocalDay, instant
from retention.features.base import DUPLICATE, NOTHING, Facet
from retention.features.payments.facets import ATTEMPTS, CARDS, PRICES
from retention.features.payments.payments import (
    KEPT_DAYS,
    LARGEST_RISE,
    NOBODY,
    UNKNOWN_DAY,
    Announced,
    Card,
    Failed,
    Paid,
    Payments,
    card_key,
    drop_before,
    failed_key,
    is_outdated,
    paid_key,
    price_key,
    put,
)
from retention.features.payments.section import PAYMENTS, payments_of
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.payments import CardExpiring, PaymentFailed, PaymentSucceeded, PriceAnnounced

_EPOCH: Final = date(1970, 1, 1)
_MONTH_LENGTH: Final = len("2026-06")
_NO_END: Final = 9_000
"""A year from which on calendars end."""


def failed(customer: Customer, event: PaymentFailed, at: Instant, policy: Policy) -> Facet:
    """Add a failed attempt, unless it is known, or too far before the newest payment to matter."""
    kept, ident = payments_of(customer), packed(event.event_id)
    debt, payment = _owed(event)
    if any(known.event_id == ident and known.debt == debt for known in kept.failed):
        return DUPLICATE
    if is_outdated(kept, at):
        return NOTHING
    grace = event.grace_ends_at
    attempt = Failed(
        at,
        ident,
        debt,
        _digest(event.subscription_id),
        payment,
        event.attempt or 0,
        instant(grace) if grace is not None and grace.year < _NO_END else 0,
        event.reason,
    )
    put(kept.failed, attempt, failed_key)
    return _kept(customer, kept, policy)


def succeeded(customer: Customer, event: PaymentSucceeded, at: Instant, policy: Policy) -> Facet:
    """Add a payment that was collected, and the card that paid, unless they are known."""
    kept = payments_of(customer)
    debt, payment = _owed(event)
    subscription = _digest(event.subscription_id)
    # By its subscription it settles whatever its own ids would: of those, one is enough to tell it from others.
    paid = Paid(at, debt, subscription, NOBODY if subscription else payment)
    is_new = _add_card_that_paid(kept, event, at)
    if is_new:
        customer.dropped += PAYMENTS.bound(kept, policy)
    if paid in kept.paid:
        return ATTEMPTS if is_new else DUPLICATE
    if is_outdated(kept, at):
        return ATTEMPTS if is_new else NOTHING
    put(kept.paid, paid, paid_key)
    return _kept(customer, kept, policy)


def _kept(customer: Customer, kept: Payments, policy: Policy) -> Facet:
    """Drop what is outdated by a new payment, and what is too much."""
    drop_before(kept, kept.newest() - KEPT_DAYS * DAY)
    customer.dropped += PAYMENTS.bound(kept, policy)
    return ATTEMPTS


def _add_card_that_paid(kept: Payments, event: PaymentSucceeded, at: Instant) -> bool:
    """Add the card that paid, if it is named or its expiry is; return whether that is new."""
    if event.card_id is None and event.card_expires is None:
        return False
    last_day = _last_day(event.card_expires) if event.card_expires is not None else UNKNOWN_DAY
    ident, subscription = packed(event.event_id), _digest(event.subscription_id)
    return _add_card(kept, Card(at, ident, last_day, _digest(event.card_id), subscription, paid=True))


def card_expiring(customer: Customer, event: CardExpiring, at: Instant, policy: Policy) -> Facet:
    """Add a statement about a card."""
    kept, ident = payments_of(customer), packed(event.event_id)
    card = Card(at, ident, _last_day(event.expires), _digest(event.card_id), _digest(event.subscription_id))
    if not _add_card(kept, card):
        return DUPLICATE
    customer.dropped += PAYMENTS.bound(kept, policy)
    return CARDS


def _add_card(kept: Payments, card: Card) -> bool:
    if any(card_key(known) == card_key(card) for known in kept.cards):
        return False
    put(kept.cards, card, card_key)
    return True


def price_announced(customer: Customer, event: PriceAnnounced, at: Instant, policy: Policy) -> Facet:
    """Add an announced price, or the consent to it."""
    kept, effective = payments_of(customer), event.effective_at
    price = Announced(
        at,
        packed(event.event_id),
        instant(effective) if effective is not None else NEVER,
        rise(event),
        _digest(event.subscription_id),
        event.accepted,
    )
    if any(price_key(known) == price_key(price) for known in kept.prices):
        return DUPLICATE
    put(kept.prices, price, price_key)
    customer.dropped += PAYMENTS.bound(kept, policy)
    return PRICES


def rise(event: PriceAnnounced) -> int:
    """Return by how many hundredths of a percent a price rises, rounded down; negative for a fall."""
    if event.percent is not None:
        share = Fraction(event.percent) * 100
    elif event.price is None or event.old_price is None:
        return 0
    elif not Fraction(event.old_price):
        return LARGEST_RISE if Fraction(event.price) else 0
    else:
        share = (Fraction(event.price) / Fraction(event.old_price) - 1) * 10_000
    return min(LARGEST_RISE, share.numerator // share.denominator)


def _owed(event: PaymentFailed | PaymentSucceeded) -> tuple[bytes, bytes]:
    """Return the digests of what is owed, and of the payment if that is another id."""
    if event.invoice_id is None:
        return digest(event.payment_id or ""), NOBODY
    invoice = digest(event.invoice_id)
    return invoice, digest(event.payment_id) if event.payment_id not in {None, event.invoice_id} else NOBODY


def _digest(ident: str | None) -> bytes:
    return digest(ident) if ident is not None else NOBODY


def _last_day(expires: str) -> LocalDay:
    """Return the last day on which a card is valid: of a month, its last day; the last one of calendars, of no end."""
    if int(expires[:4]) >= _NO_END:
        return (date(_NO_END, 1, 1) - _EPOCH).days
    if len(expires) > _MONTH_LENGTH:
        return (date.fromisoformat(expires) - _EPOCH).days
    year, month = int(expires[:4]), int(expires[5:7])
    return (date(year, month, monthrange(year, month)[1]) - _EPOCH).days
