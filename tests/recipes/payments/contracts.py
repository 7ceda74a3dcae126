"""Topic `payments`: what became of payments, and what announces the next ones."""

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
    """A card will expire that pays for something."""

    type: Literal["card.expiring"]
    expires_at: Instant


class PriceAnnounced(Event):
    """A customer was told of a price to come."""

    type: Literal["price.announced"]
    subscription_id: Id
    price: Price


PAYMENTS: Final = Family("payments", (PaymentFailed, PaymentSucceeded, CardExpiring, PriceAnnounced))
