"""Topic `payments`: what came of attempts to collect money, cards that will expire, and prices that will change."""

from typing import Annotated, Final, Literal, Self

from annotated_types import Ge, Le
from pydantic import ConfigDict, WithJsonSchema, model_validator

from schemas.base import Amount, Currency, Event, Id, Instant, MonthOrDay, Price, Rise, any_word
from schemas.family import Family
from schemas.written import Schema, open_enumeration

Attempt = Annotated[int, Ge(1), Le(1_000)]
Decline = Literal[
    "insufficient_funds",
    "expired_card",
    "card_declined",
    "lost_or_stolen",
    "authentication_required",
    "invalid_account",
    "processing_error",
    "other",
]
"""Why an attempt failed: what the customer has to do about it differs."""
_GIVEN: Final[Schema] = {"not": {"type": "null"}}


def _given(*names: str, **others: Schema) -> Schema:
    """Return the schema of a record in which these fields are present."""
    return {"required": [*names, *others], "properties": {**dict.fromkeys(names, _GIVEN), **others}}


class _Payment(Event):
    """An attempt to collect what is owed. All attempts for one invoice name it, each may be a payment of its own."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_given("payment_id"), _given("invoice_id")]})

    payment_id: Id | None = None
    invoice_id: Id | None = None
    subscription_id: Id | None = None
    amount: Amount | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def names_what_is_owed(self) -> Self:
        """Return the attempt; raise `ValueError` if it names neither a payment nor an invoice."""
        if self.payment_id is None and self.invoice_id is None:
            raise ValueError("a payment needs a `payment_id` or an `invoice_id`: by it a success settles a failure")
        return self


class PaymentFailed(_Payment):
    """An attempt to collect a payment has failed."""

    type: Literal["payment.failed"]
    attempt: Attempt | None = None
    """The number of attempts so far, this one included."""
    reason: Annotated[Decline, any_word(Decline), WithJsonSchema(open_enumeration(Decline))] = "other"
    next_attempt_at: Instant | None = None
    grace_ends_at: Instant | None = None
    """Until when the customer may pay before service ends."""


class PaymentSucceeded(_Payment):
    """A payment has been collected, if known with which card."""

    type: Literal["payment.succeeded"]
    card_id: Id | None = None
    card_expires: MonthOrDay | None = None


class CardExpiring(Event):
    """A card that payments are collected from is valid to the end of a month, or of a day."""

    type: Literal["card.expiring"]
    expires: MonthOrDay
    card_id: Id | None = None
    subscription_id: Id | None = None


class PriceAnnounced(Event):
    """A customer was told of a new price, or has accepted one.

    The rise follows from `percent`, else from `old_price` and `price`. The latest announcement about a subscription
    replaces those before it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                _given("effective_at", "percent"),
                _given("effective_at", "old_price", "price"),
                _given(accepted={"const": True}),
            ]
        }
    )

    type: Literal["price.announced"]
    subscription_id: Id | None = None
    effective_at: Instant | None = None
    price: Price | None = None
    old_price: Price | None = None
    currency: Currency | None = None
    percent: Rise | None = None
    accepted: bool = False

    @model_validator(mode="after")
    def says_what_changes(self) -> Self:
        """Return the announcement; raise `ValueError` if neither a rise and its date nor a consent follows from it."""
        rises = self.percent is not None or (self.price is not None and self.old_price is not None)
        if not self.accepted and not (rises and self.effective_at is not None):
            raise ValueError(
                "an announcement needs `effective_at`, and either `percent` or both `old_price` and `price`; "
                "or `accepted`"
            )
        return self


PAYMENTS: Final = Family(
    "payments", (PaymentFailed, PaymentSucceeded, CardExpiring, PriceAnnounced), open_words=("reason",)
)
