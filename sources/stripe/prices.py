"""Turns the items of a subscription into lines of a price, each in its own interval and without tax.

A line is what one billing interval costs: the unit price times the quantity, or packages, or tiers. Usage is no line.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from sources.amounts import FINEST_PRICE, plain
from sources.document import Node
from sources.stripe.currencies import major
from sources.stripe.options import Price, StripeOptions, Tier
from sources.stripe.own_currency import amounts_of, is_metered, recurring_of

_INTERVALS: Final = frozenset({"day", "week", "month", "year"})
_PER_YEAR: Final = {"day": 365, "week": 52, "month": 12, "year": 1}
_MOST: Final = 120
"""The largest count of intervals in the contract."""
_MOST_UNITS: Final = 10**9
_LONGEST_NAME: Final = 128
_ONE: Final = Fraction(1)
_WHOLE: Final = "send the event of Stripe as it came"
_CUT: Final = "the list of items is cut, and so is what the customer pays: send the subscription with all its items"
_TIERS: Final = "webhooks leave tiers out: describe the price in the setting sources.stripe.prices, or expand its tiers"
_UNKNOWN: Final = "the price has no amount: only fixed prices, packages and tiers are read"
_RATES: Final = "send tax rates whole, not as ids"


TAX_INCLUDED: Final = "a price that includes tax: its rate is not in the event, and the tax is kept"
IN_TRIAL: Final = "an item in a trial of its own: it counts in full"


class Line(NamedTuple):
    """A recurring item. `unit` is the price of one of `quantity`; `factor` is what the tax in it multiplied it by."""

    unit: Fraction
    quantity: int
    interval: str
    every: int
    factor: Fraction
    plan: str
    product: str
    item: Node
    metered: bool = False
    is_split: bool = False
    """Whether an interval that is too long for the contract is read as several shorter ones."""

    @property
    def total(self) -> Fraction:
        """Return the price of one interval."""
        return self.unit * self.quantity

    @property
    def per_year(self) -> Fraction:
        """Return how often it is billed in a year."""
        return per_year(self.interval, self.every)


class Priced(NamedTuple):
    """The lines of a subscription, their currency, and what is doubtful about them."""

    lines: tuple[Line, ...]
    currency: str
    doubts: tuple[str, ...]


@lru_cache(maxsize=1_024)
def per_year(interval: str, count: int) -> Fraction:
    """Return how often something is billed in a year."""
    return Fraction(_PER_YEAR[interval], count)


def priced(subscription: Node, options: StripeOptions) -> Priced:
    """Return the lines of a subscription; raise `Unreadable` if what it costs does not follow from the record."""
    items = _items(subscription)
    prices = [_price_of(item) for item in items]
    paid = amounts_of(subscription, prices, options)
    doubts = list(paid.doubts)
    rates = subscription.at("default_tax_rates")
    lines = []
    for item, price, amounts in zip(items, prices, paid.holders, strict=True):
        own = item.at("tax_rates")
        factor = _tax_factor(own if any(own.each()) else rates)
        if factor == 1 and amounts.word_at("tax_behavior") == "inclusive":
            doubts.append(TAX_INCLUDED)
        if item.knows("current_trial"):
            doubts.append(IN_TRIAL)
        cost = _cost(price, amounts, paid.currency, item, subscription, options)
        lines.append(_line(item, price, cost, factor, options))
    return Priced(tuple(lines), paid.currency, tuple(dict.fromkeys(doubts)))


def _items(subscription: Node) -> list[Node]:
    """Return the items; of very old versions the subscription itself, which holds its one plan."""
    listed = subscription.at("items")
    if not listed.is_known:
        if subscription.at("plan").is_object:
            return [subscription]
        raise listed.wrong(_WHOLE)
    found = list(listed.at("data").each())
    total = listed.at("total_count").value
    if listed.is_true_at("has_more") or (isinstance(total, int) and total > len(found)):
        raise listed.at("has_more").wrong(_CUT, "true")
    if not isinstance(listed.at("data").value, list):
        raise listed.at("data").wrong(_WHOLE)
    return [one for one in found if not one.is_true_at("deleted")]


def _price_of(item: Node) -> Node:
    """Return the price of an item: in its old shape a plan, which has other names for the same."""
    price = item.at("price")
    if price.is_object:
        return price
    plan = item.at("plan")
    if not plan.is_object:
        raise price.wrong(_WHOLE)
    return plan


def _cost(
    price: Node, amounts: Node, currency: str, item: Node, subscription: Node, options: StripeOptions
) -> tuple[Fraction, int] | None:
    """Return the price of one, and how many are paid for; none of usage."""
    if is_metered(price):
        return None
    quantity = _quantity(item, subscription)
    if price.word_at("billing_scheme") == "tiered":
        return _tiered(price, amounts, quantity, currency, options), 1
    return major(_unit_amount(amounts), currency), _packages(price, quantity)


def _line(item: Node, price: Node, cost: tuple[Fraction, int] | None, factor: Fraction, options: StripeOptions) -> Line:
    recurring = recurring_of(price)
    interval, count = _interval(recurring)
    plan, product = _name_of(price, options), price.at("product").ident()
    if cost is None:
        return Line(Fraction(), 1, interval, count, Fraction(1), plan, product, item, metered=True)
    unit, quantity = cost
    if quantity > _MOST_UNITS:
        unit, quantity = unit * quantity, 1
    unit, split = unit / factor if factor != 1 else unit, count > _MOST
    while count > _MOST:
        by = next((n for n in (2, 5, 3, 7, 11, 13) if count % n == 0), 0)
        if not by:
            raise recurring.at("interval_count").wrong("no more than 120 intervals at a time are read")
        unit, count = unit / by, count // by
    return Line(unit, quantity, interval, count, factor, plan, product, item, is_split=split)


def _interval(recurring: Node) -> tuple[str, int]:
    interval = recurring.at("interval").text("a recurring price has an interval")
    if interval not in _INTERVALS:
        raise recurring.at("interval").wrong("an interval is a day, week, month or year", "another word")
    count = recurring.at("interval_count")
    number = count.whole(_WHOLE) if count.is_known else 1
    if number < 1:
        raise count.wrong("an interval is counted from 1 on", "a number below 1")
    return interval, number


def _name_of(price: Node, options: StripeOptions) -> str:
    field = "id" if options.plan == "price" else options.plan
    return (price.at(field).ident() or price.at("id").ident())[:_LONGEST_NAME]


def _quantity(item: Node, subscription: Node) -> int:
    """Return how many are paid for: one, if an item that is no usage does not say; 0 is 0."""
    found = item.at("quantity")
    if not found.is_known and item is not subscription and len(list(subscription.at("items", "data").each())) == 1:
        found = subscription.at("quantity")
    if not found.is_known:
        return 1
    number = found.whole("a quantity is a whole number")
    if number < 0:
        raise found.wrong("a quantity is a whole number from 0 on", "a number below 0")
    return number


def _unit_amount(price: Node) -> Decimal:
    """Return the unit price in the smallest unit: in decimals, which are there when a whole number would not do."""
    for name in ("unit_amount_decimal", "amount_decimal", "unit_amount", "amount"):
        found = price.at(name)
        if found.is_known:
            value = found.decimal("a price is a number")
            if value < 0:
                raise found.wrong("a price is a number from 0 on", "a number below 0")
            return value
    raise price.at("unit_amount").wrong(_UNKNOWN)


def _packages(price: Node, quantity: int) -> int:
    by = price.at("transform_quantity") if price.knows("transform_quantity") else price.at("transform_usage")
    if not by.is_known:
        return quantity
    size = by.at("divide_by").whole(_WHOLE)
    if size < 1:
        raise by.at("divide_by").wrong(_WHOLE, "a number below 1")
    rounds = by.word_at("round")
    if rounds not in {"up", "down"}:
        raise by.at("round").wrong("packages are rounded up or down")
    return -(-quantity // size) if rounds == "up" else quantity // size


def _tiered(price: Node, amounts: Node, quantity: int, currency: str, options: StripeOptions) -> Fraction:
    """Return what a quantity costs in tiers, in major units."""
    known = options.prices.get(price.word_at("id"))
    is_said = known is not None and known.tiers and amounts is price
    tiers = _given(known.tiers) if known is not None and is_said else _read(amounts)
    return sum(
        (
            major(flat, currency) + major(unit, currency) * number
            for flat, unit, number in _reached(tiers, _mode(price, known), quantity)
        ),
        Fraction(),
    )


def _mode(price: Node, known: Price | None) -> str:
    mode = known.tiers_mode if known is not None and known.tiers_mode is not None else price.word_at("tiers_mode")
    if mode not in {"graduated", "volume"}:
        raise price.at("tiers_mode").wrong("tiers are graduated or by volume")
    return mode


Tiers = list[tuple[int | None, Fraction, Fraction]]
"""Up to which unit, the price of each, and what is added once."""


def _given(tiers: Sequence[Tier]) -> Tiers:
    return [(t.up_to, Fraction(t.unit_amount), Fraction(t.flat_amount)) for t in tiers]


def _read(amounts: Node) -> Tiers:
    listed = amounts.at("tiers")
    if not isinstance(listed.value, list) or not listed.value:
        raise listed.wrong(_TIERS)
    tiers: Tiers = []
    for tier in listed.each():
        end = tier.at("up_to")
        up_to = end.whole(_WHOLE) if end.is_known and end.word() != "inf" else None
        tiers.append((up_to, _amount(tier, "unit_amount"), _amount(tier, "flat_amount")))
    return tiers


def _amount(tier: Node, name: str) -> Fraction:
    exact = tier.at(f"{name}_decimal")
    found = exact if exact.is_known else tier.at(name)
    return Fraction(found.decimal("an amount is a number")) if found.is_known else Fraction()


def _reached(tiers: Tiers, mode: str, quantity: int) -> list[tuple[Fraction, Fraction, int]]:
    """Return what is added, the unit price and the number of units of each tier that a quantity reaches."""
    if not quantity:
        return []
    if mode == "volume":
        _, unit, flat = next((t for t in tiers if t[0] is None or quantity <= t[0]), tiers[-1])
        return [(flat, unit, quantity)]
    found, before = [], 0
    for up_to, unit, flat in tiers:
        if quantity > before:
            found.append((flat, unit, (quantity if up_to is None else min(quantity, up_to)) - before))
        before = quantity if up_to is None else up_to
    return found


def _tax_factor(rates: Node) -> Fraction:
    """Return what the tax that prices include multiplied them by."""
    factor = _ONE
    for rate in rates.each():
        if not rate.is_object:
            raise rate.wrong(_RATES)
        if rate.is_true_at("inclusive"):
            factor += Fraction(rate.at("percentage").decimal("a tax rate is a number")) / 100
    return factor


def item_of(line: Line) -> dict[str, object]:
    """Return a line as an item of our contract."""
    # A quotient without end is rounded once, as the price of all of them.
    has_end = 10**FINEST_PRICE % line.unit.denominator == 0
    found: dict[str, object] = {
        "price": plain(line.unit if has_end else line.total, FINEST_PRICE),
        "quantity": line.quantity if has_end else 1,
        "interval": line.interval,
        "interval_count": line.every,
    }
    return {**found, "metered": True} if line.metered else found


def shortest(lines: tuple[Line, ...]) -> Line | None:
    """Return the line that is billed most often, usage last: invoices come in its rhythm."""
    if len(lines) == 1:
        return lines[0]
    return max(lines, key=lambda line: (not line.metered, line.per_year), default=None)


def dearest(lines: tuple[Line, ...]) -> Line | None:
    """Return the line of the highest monthly value; of equals, the first."""
    if len(lines) == 1:
        return lines[0]
    return max(lines, key=lambda line: line.total * line.per_year, default=None)
