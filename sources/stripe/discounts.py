"""Turns Stripe's discounts into those of our contract: percent or amount, for ever or for a number of billing periods.

    coupon of the item   →  coupon of the subscription   →  coupon of the customer, where the subscription has none

Rule: what lowers a single invoice is none. A coupon that repeats for months lowers the invoices of those months: three
months of a yearly plan are one invoice, and none; three months of a monthly plan are three periods. It ends by time
alone, at the end that Stripe gives.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final, NamedTuple

from sources.amounts import FINEST_AMOUNT, plain
from sources.document import Node
from sources.instants import later, moment, periods_between, written
from sources.stripe.currencies import major
from sources.stripe.options import Coupon, StripeOptions
from sources.stripe.prices import Line, Priced, item_of, per_year, shortest

_COUPON: Final = "events name the coupon and do not hold it: describe it in the setting sources.stripe.coupons"
_WHOLE: Final = "send the event of Stripe as it came"
_CURRENCY: Final = "the coupon has no amount in the currency of the subscription"
LEAST: Final = 2
"""Billing periods from which on a discount lowers MRR."""
UNTOLD: Final = "a discount named by its id: it is read from customer.discount.created"
SEVERAL: Final = "several discounts named by their ids: the event of each replaces the one before"
TOO_LONG: Final = "a discount of a plan that is billed after more than 120 intervals: it counts as of several invoices"
OF_SOME: Final = "an amount off some products: it is taken off the whole"

Discount = dict[str, object]


class Off(NamedTuple):
    """A discount: a share, or an amount of each invoice; `products` are those that it is for."""

    share: Fraction
    amount: Fraction
    duration: str
    start: datetime
    end: datetime | None
    products: frozenset[str]


class Rhythm(NamedTuple):
    """The interval at which invoices come."""

    interval: str
    every: int


class Lowered(NamedTuple):
    """The items and discounts that are stated. `discounts` are None where the event cannot tell them."""

    items: list[dict[str, object]]
    discounts: list[Discount] | None
    doubts: tuple[str, ...]


def lowered(subscription: Node, cost: Priced, at: datetime, options: StripeOptions) -> Lowered:
    """Return the items of a subscription and its discounts, as they stand at an instant."""
    of_it = _of_subscription(subscription)
    if not of_it and not any(_listed(line.item) for line in cost.lines):
        return Lowered([item_of(line) for line in cost.lines], [], ())
    base = shortest(cost.lines)
    rhythm = Rhythm(base.interval, base.every) if base is not None else Rhythm("month", 1)
    of_all, doubts = offs(of_it, cost.currency, at, options)
    lines, found = list[Line](), list[Discount]()
    for line in cost.lines:
        own, doubts_of_item = offs(_listed(line.item), cost.currency, at, options)
        for_it = [off for off in of_all if off.products and line.product in off.products and off.share]
        lines.append(_lower(line, [*own, *for_it], rhythm, found))
        doubts += doubts_of_item
    products = {line.product for line in cost.lines}
    factors = {line.factor for line in cost.lines if not line.metered}
    for off in of_all:
        if off.products and not products & off.products:
            continue
        if off.products and off.share:
            continue  # taken off its items above
        if off.products and not products <= off.products:
            doubts.append(OF_SOME)
        net = off._replace(amount=off.amount / max(factors)) if factors else off
        found += stated(net, rhythm)
    if of_all and base is not None and base.is_split:
        doubts.append(TOO_LONG)
    if doubts.count(UNTOLD) > 1:
        doubts.append(SEVERAL)
    known = UNTOLD not in doubts
    return Lowered([item_of(line) for line in lines], found if known else None, tuple(dict.fromkeys(doubts)))


def has_own(subscription: Node) -> bool:
    """Report whether an item of a subscription has a discount of its own."""
    return any(_listed(item) for item in subscription.at("items", "data").each())


def holds_discounts(subscription: Node) -> bool:
    """Report whether a record has discounts of a subscription or its items: what they take off follows its items."""
    return bool(_of_subscription(subscription)) or has_own(subscription)


def _of_subscription(subscription: Node) -> list[Node]:
    return _listed(subscription) or _listed(subscription.at("customer"))


def _listed(holder: Node) -> list[Node]:
    """Return the discounts of a subscription, item or customer, in both shapes."""
    listed = list(holder.at("discounts").each())
    if not holder.knows("discount"):
        return listed
    whole = holder.at("discount")
    if not whole.is_object:
        return listed
    return [whole if one.ident() == whole.ident() else one for one in listed] or [whole]


def offs(discounts: Iterable[Node], currency: str, at: datetime, options: StripeOptions) -> tuple[list[Off], list[str]]:
    """Return what discounts take off at an instant, and the doubts about them."""
    found, doubts = list[Off](), list[str]()
    for discount in discounts:
        if not discount.is_object:
            doubts.append(UNTOLD)
            continue
        off = off_of(discount, currency, at, options)
        if off.end is None or off.end > at:
            found.append(off)
    return found, doubts


def coupon_of(discount: Node) -> Node:
    """Return the coupon of a discount, in both shapes: whole, or its id."""
    return discount.at("coupon") if discount.knows("coupon") else discount.at("source", "coupon")


def off_of(discount: Node, currency: str, at: datetime, options: StripeOptions) -> Off:
    """Return what a discount takes off; raise `Unreadable` if that does not follow from the record."""
    coupon = coupon_of(discount)
    known = options.coupons.get(coupon.ident())
    begun = moment(discount.at("start")) if discount.knows("start") else at
    end = moment(discount.at("end")) if discount.knows("end") else None
    if known is not None:
        share, amount, duration, months = _known(known, coupon, currency)
        products = frozenset(known.products)
    elif coupon.is_object:
        share, amount, duration, months = _read(coupon, currency)
        products = frozenset(one.word() for one in coupon.at("applies_to", "products").each())
    else:
        raise coupon.wrong(_COUPON)
    if end is None and duration == "repeating":
        end = later(begun, "month", months or 1)
    return Off(share, amount, duration, begun, end, products)


def _known(coupon: Coupon, node: Node, currency: str) -> tuple[Fraction, Fraction, str, int | None]:
    share = Fraction(coupon.percent_off or 0) / 100
    if coupon.amount_off is not None and (coupon.currency or "").upper() != currency:
        raise node.wrong(_CURRENCY, "a coupon of another currency")
    return share, major(coupon.amount_off or 0, currency), coupon.duration, coupon.duration_in_months


def _read(coupon: Node, currency: str) -> tuple[Fraction, Fraction, str, int | None]:
    percent, duration = coupon.at("percent_off"), coupon.at("duration").text(_WHOLE)
    months = coupon.at("duration_in_months")
    number = months.whole(_WHOLE) if months.is_known else None
    if percent.is_known:
        share = percent.decimal("a percentage is a number")
        if not 0 <= share <= 100:  # noqa: PLR2004 - the whole
            raise percent.wrong("a percentage lies between 0 and 100", "a number out of range")
        return Fraction(share) / 100, Fraction(), duration, number
    amount = coupon.at("amount_off")
    if coupon.word_at("currency").upper() != currency:
        other = coupon.at("currency_options", currency.lower(), "amount_off")
        if not other.is_known:
            raise coupon.at("currency").wrong(_CURRENCY, "another currency")
        amount = other
    return Fraction(), major(amount.decimal("an amount is a number"), currency), duration, number


def recurs(off: Off, rhythm: Rhythm) -> bool:
    """Report whether a discount lowers more invoices than one."""
    if off.end is None:
        return off.duration == "forever"
    return off.duration != "once" and periods_between(off.start, off.end, *rhythm) >= LEAST


def _lower(line: Line, offs: Sequence[Off], rhythm: Rhythm, found: list[Discount]) -> Line:
    """Return an item less what is taken off for ever; what ends is added to the discounts, as amounts."""
    unit = line.unit
    if not offs or line.metered or not line.quantity:
        return line
    for off in offs:
        own = Rhythm(line.interval, line.every)
        if not recurs(off, own):
            continue
        rebate = unit * off.share if off.share else min(unit, off.amount / line.factor / line.quantity)
        if off.end is None:
            unit -= rebate
        else:
            # The invoice of the item, in the rhythm of the subscription: a yearly item is a twelfth a month.
            amount = rebate * line.quantity * line.per_year / per_year(*rhythm)
            found += stated(off._replace(share=Fraction(), amount=amount), rhythm, counts=True)
    return line._replace(unit=unit)


def stated(off: Off, rhythm: Rhythm, *, counts: bool = False) -> list[Discount]:
    """Return a discount of our contract; none for one that does not recur."""
    if not counts and not recurs(off, rhythm):
        return []
    if off.end is None:
        return [worth(off) | {"duration": "forever"}]
    return [worth(off) | {"duration": "repeating", "periods": LEAST, "ends_at": written(off.end)}]


def worth(off: Off) -> Discount:
    """Return what a discount takes off, in the words of our contract."""
    text = plain(off.share * 100, 14) if off.share else plain(off.amount, FINEST_AMOUNT)
    return {"percent" if off.share else "amount": text}
