"""The settings `[sources.stripe]`: what Stripe's events leave out, and what of a customer is read."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sources.base import Options


def _exactly(value: object) -> object:
    """Return a number as its decimal text, so that no binary fraction is read."""
    return str(value) if isinstance(value, float) else value


Number = Annotated[Decimal, BeforeValidator(_exactly), Field(ge=0, max_digits=30)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Coupon(_Part):
    """A coupon, as Stripe's `coupon.created` describes it. Amounts are in the smallest unit, as there."""

    percent_off: Annotated[Number, Field(le=100)] | None = None
    amount_off: Annotated[int, Field(ge=0)] | None = None
    currency: str | None = None
    duration: Literal["once", "repeating", "forever"]
    duration_in_months: Annotated[int, Field(ge=1, le=1_200)] | None = None
    products: tuple[str, ...] = ()
    """Ids of the products that it is for; none: all. Webhooks leave `applies_to` out."""

    @model_validator(mode="after")
    def says_what_it_takes_off(self) -> Self:
        """Return the coupon; raise `ValueError` unless what it takes off, and for how long, follows from it."""
        if (self.percent_off is None) == (self.amount_off is None):
            raise ValueError("a coupon needs either `percent_off` or `amount_off`")
        if self.amount_off is not None and self.currency is None:
            raise ValueError("an `amount_off` needs its `currency`")
        if self.duration == "repeating" and self.duration_in_months is None:
            raise ValueError("a repeating coupon needs `duration_in_months`")
        return self


class Tier(_Part):
    """A tier of a price. Amounts are in the smallest unit; without `up_to` it is the last one."""

    up_to: Annotated[int, Field(ge=1)] | None = None
    unit_amount: Number = Decimal()
    flat_amount: Number = Decimal()


class Price(_Part):
    """The tiers of a price: webhooks leave them out."""

    tiers_mode: Literal["graduated", "volume"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1)]


class StripeOptions(Options):
    """Settings of the source `stripe`."""

    coupons: dict[str, Coupon] = {}
    """By id. Since the version 2025-09-30 events name a coupon and do not hold it."""
    prices: dict[str, Price] = {}
    """Tiered prices, by id."""
    interval: Literal["day", "week", "month", "year"] | None = None
    """The billing interval of all plans, if they have but one: a discount's own event does not name it. Not needed, as
    without it the interval that the subscription has by then decides; it stays for settings that have it."""
    plan: Literal["price", "product", "nickname", "lookup_key"] = "price"
    """The name under which a plan is shown."""
    refunds: Literal["charge.refunded", "refund.created"] = "charge.refunded"
    """The events from which refunds are read: both tell of the same ones."""
    attributes: dict[str, str] = {"country": "address.country"}
    """Attributes of a customer, each with its path in Stripe's customer, such as `metadata.tier`."""
