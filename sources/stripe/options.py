"""The settings `[sources.stripe]`: what Stripe's events leave out, and what of a customer is read."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sources.base import Options


def _exactly(value: object) -> object:
    """Return a number as its decimal text, so that no binary fraction is read."""
    return str(value) if isinstance(value, float) else value


def _currency(value: str) -> str:
    """Return the name of a currency; raise `ValueError` unless it is written as Stripe writes it."""
    if re.fullmatch("[a-z]{3}", value) is None:
        written = value.lower() if re.fullmatch("[A-Za-z]{3}", value) else "three letters, as eur"
        raise ValueError(f"a currency is written in lower case here, as Stripe does: write {written}")
    return value


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


class CurrencyOption(_Part):
    """A price in one more currency: an amount, or tiers. Amounts are in the smallest unit of that currency."""

    unit_amount: Number | None = None
    tiers: tuple[Tier, ...] | None = None

    @model_validator(mode="after")
    def says_what_is_paid(self) -> Self:
        """Return the option; raise `ValueError` unless it has either an amount or tiers."""
        if (self.unit_amount is None) == (not self.tiers):
            raise ValueError("an option of a currency needs either `unit_amount` or `tiers`")
        return self


class Price(_Part):
    """Parts of a price that webhooks leave out: its tiers, and its amounts in other currencies than its own."""

    tiers_mode: Literal["graduated", "volume"] | None = None
    tiers: tuple[Tier, ...] = ()
    currency_options: dict[Annotated[str, AfterValidator(_currency)], CurrencyOption] = {}
    """By currency, in lower case, such as `{eur = {unit_amount = 1800}}`."""

    @model_validator(mode="after")
    def says_something(self) -> Self:
        """Return the price; raise `ValueError` unless it has tiers with their mode, or options of currencies."""
        if not self.tiers and not self.currency_options:
            raise ValueError("a price needs `tiers` with `tiers_mode`, or `currency_options`")
        if self.tiers and self.tiers_mode is None:
            raise ValueError("the tiers of a price need `tiers_mode`")
        return self


class StripeOptions(Options):
    """Settings of the source `stripe`."""

    coupons: dict[str, Coupon] = {}
    """By id. Since the version 2025-09-30 events name a coupon and do not hold it."""
    prices: dict[str, Price] = {}
    """Prices of tiers or of several currencies, by id."""
    interval: Literal["day", "week", "month", "year"] | None = None
    """The billing interval of all plans, if they have but one: a discount's own event does not name it. Not needed, as
    without it the interval that the subscription has by then decides; it stays for settings that have it."""
    plan: Literal["price", "product", "nickname", "lookup_key"] = "price"
    """The name under which a plan is shown."""
    refunds: Literal["charge.refunded", "refund.created"] = "charge.refunded"
    """The events from which refunds are read: both tell of the same ones."""
    attributes: dict[str, str] = {"country": "address.country"}
    """Attributes of a customer, each with its path in Stripe's customer, such as `metadata.tier`."""
