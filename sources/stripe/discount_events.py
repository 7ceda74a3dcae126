"""Turns the events of discounts and coupons into changes of the subscription that a discount is of.

Since 2025-03-31 a subscription names its discounts by id only: what they take off is in these events alone.
"""

from datetime import datetime, timedelta
from typing import Final

from sources.base import Translation
from sources.document import Node
from sources.instants import periods_between, written
from sources.stripe.currencies import currency_of
from sources.stripe.discounts import LEAST, Discount, Off, Rhythm, coupon_of, off_of, stated, worth
from sources.stripe.envelope import Happened, customer_of, skipped, told
from sources.stripe.options import StripeOptions

_IDS_SINCE: Final = "2025-03-31"
_OF_CUSTOMER: Final = (
    "a discount of a customer lowers subscriptions that the event does not name: put its coupon on the subscription"
)
_OF_ITEM: Final = "a discount of one item, of a price that the event does not name: put its coupon on the subscription"
_OF_PRODUCTS: Final = (
    "a coupon for some products lowers items that the event does not hold: send subscriptions with `discounts` expanded"
)
_MONTH: Final = "month"
_A_DAY: Final = timedelta(days=1)


def begun(event: Happened, options: StripeOptions) -> Translation:
    """Return the discount of a subscription, if the subscription's own events do not hold it."""
    discount = event.object
    if event.version and event.version < _IDS_SINCE and discount.knows("subscription"):
        return skipped("a discount that the events of its subscription hold")
    if _is_of_one_payment(discount, options):
        return skipped("a discount of a single payment")
    subscription = _subscription_of(discount)
    off = off_of(discount, _currency(discount, options), event.at, options)
    if off.products:
        raise discount.at("subscription").wrong(_OF_PRODUCTS, "a subscription without its items")
    if off.end is not None and off.end <= event.at:
        return skipped("a discount that has ended")
    found = _stated(off, event.at, options)
    body = {"type": "subscription.changed", "subscription_id": subscription, "discounts": found}
    return told(event, customer_of(discount), body)


def ended(event: Happened, options: StripeOptions) -> Translation:
    """Return that a subscription has no discount any more."""
    if event.version and event.version < _IDS_SINCE:
        return skipped("a discount that the events of its subscription hold")
    discount = event.object
    if _is_of_one_payment(discount, options):
        return skipped("a discount of a single payment")
    if discount.knows("subscription_item") or not discount.knows("subscription"):
        return skipped("the end of a discount that was not read")
    body = {"type": "subscription.changed", "subscription_id": discount.at("subscription").ident(), "discounts": []}
    # Where one discount replaces another in one second, its end comes first: in the order of ids, 0 before e.
    return told(event, customer_of(discount), {**body, "event_id": f"0:{event.id}"})


def coupon(event: Happened, options: StripeOptions) -> Translation:
    """Return nothing: a coupon is of no customer. Its discounts are read by it if the settings describe it."""
    return skipped(f"{event.type} is not used: describe coupons that events only name in sources.stripe.coupons")


def _is_of_one_payment(discount: Node, options: StripeOptions) -> bool:
    """Report whether a discount lowers one payment only: of whom it is does not matter then."""
    if any(discount.knows(name) for name in ("checkout_session", "invoice", "invoice_item")):
        return True
    held = coupon_of(discount)
    known = options.coupons.get(held.ident())
    return (known.duration if known is not None else held.word_at("duration")) == "once"


def _subscription_of(discount: Node) -> str:
    if discount.knows("subscription_item"):
        raise discount.at("subscription_item").wrong(_OF_ITEM)
    if not discount.knows("subscription"):
        raise discount.at("subscription").wrong(_OF_CUSTOMER)
    return discount.at("subscription").ident()


def _currency(discount: Node, options: StripeOptions) -> str:
    """Return the currency of a coupon; any, for one that takes a percentage off."""
    held = coupon_of(discount)
    known = options.coupons.get(held.ident())
    if known is not None:
        return (known.currency or "").upper()
    return currency_of(held.at("currency")) if held.knows("currency") else ""


def _stated(off: Off, at: datetime, options: StripeOptions) -> list[Discount]:
    """Return what is stated of a discount whose subscription is not in the record: its billing period decides."""
    if off.end is None or options.interval is not None:
        return stated(off, Rhythm(options.interval or _MONTH, 1))
    found = worth(off) | {"duration": "repeating", "ends_at": written(off.end)}
    if at - off.start > _A_DAY and periods_between(off.start, off.end, _MONTH, 1) >= LEAST:
        found["periods"] = LEAST  # told again: what is left of it may be one period
    return [found]
