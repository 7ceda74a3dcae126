"""Topic `payments`: the results of payments, and announcements about the next ones."""

from typing import Final, Literal

from schemas.base import Event, Id, Instant, Price
from schemas.family import Family


class PaymentFailed(Event):
    """An attempt to collect a payment has failed."""

    type: Literal["payment.failed"]
    payment_id: Id


class PaymentSucceeded(Event):
    """A payment has been collected."""

    type: Literal["payment.succeeded"]
    payment_id: Id


class CardExpiring(Event):
    """A card that pays for a subscription will expire."""

    type: Literal["card.expiring"]
    expires_at: Instant


class PriceAnnounced(Event):
    """A new price was announced to a customer."""

    type: Literal["price.announced"]
    subscription_id: Id
    price: Price


PAYMENTS: Final = Family("payments", (PaymentFailed, PaymentSucceeded, CardExpiring, PriceAnnounced))
