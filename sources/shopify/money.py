"""Reads amounts of Shopify: decimal text in major units, in the currency of the shop and in that of the customer.

An order states each amount in both (`total_price_set`). A transaction states one, in the currency in which the customer
paid; what it is in the shop's follows from the order, whose total is stated in both.
"""

import re
from fractions import Fraction
from typing import Final, NamedTuple

from schemas.currencies import DECIMALS
from sources.amounts import FINEST_AMOUNT, plain
from sources.document import Node
from sources.shopify.envelope import WHOLE
from sources.shopify.options import ShopifyOptions

USUAL: Final = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?")
"""An amount as Shopify writes it."""
_AMOUNT: Final = "an amount is decimal text from 0 on, such as 29.90"
_CURRENCY: Final = "a currency is a code such as EUR"
_PRESENTMENT: Final = 'the amount in the customer\'s currency is missing: send the whole body, or set money = "shop"'
_RATE: Final = "it is in another currency than the order, and the order does not state its total in it"


class Money(NamedTuple):
    """An amount in major units."""

    amount: Fraction
    currency: str


def amount_of(node: Node) -> Fraction:
    """Return an amount from 0 on; raise `Unreadable` for anything else."""
    found = node.decimal(_AMOUNT)
    if found < 0:
        raise node.wrong(_AMOUNT, "a number below 0")
    return Fraction(found)


def price_of(node: Node) -> str:
    """Return an amount from 0 on as decimal text; raise `Unreadable` for anything else."""
    value = node.value
    if isinstance(value, str) and USUAL.fullmatch(value):  # it needs no fraction to be written without its zeros
        return without_zeros(value)
    return plain(amount_of(node), FINEST_AMOUNT)


def without_zeros(text: str) -> str:
    """Return a usual amount without the zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def currency_of(node: Node) -> str:
    """Return a currency; raise `Unreadable` for what is none."""
    code = node.text(_CURRENCY).upper()
    if code not in DECIMALS:
        raise node.wrong(_CURRENCY, "no currency")
    return code


def money_of(order: Node, name: str, options: ShopifyOptions) -> Money:
    """Return an amount of an order in the chosen currency."""
    said = order.at(f"{name}_set", f"{options.money}_money")
    amount = said.at("amount")
    if amount.is_known:
        return Money(amount_of(amount), currency_of(said.at("currency_code")))
    if options.money == "presentment" and order.at("presentment_currency").value != order.at("currency").value:
        raise amount.wrong(_PRESENTMENT)
    if not order.knows(name):
        raise order.at(name).wrong(WHOLE)
    return Money(amount_of(order.at(name)), currency_of(order.at("currency")))


def converted(order: Node, transaction: Node, currency: str) -> Fraction:
    """Return the amount of a transaction in a currency of its order."""
    paid = amount_of(transaction.at("amount"))
    said = transaction.at("currency")
    own = currency_of(said) if said.is_known else _paid_in(order, currency)
    if own == currency:
        return paid
    totals = {}
    for side in ("shop_money", "presentment_money"):
        total = order.at("total_price_set", side)
        if total.knows("amount"):
            totals[currency_of(total.at("currency_code"))] = amount_of(total.at("amount"))
    if not totals.get(own) or currency not in totals:
        raise said.wrong(_RATE, "another currency")
    return rounded(paid * totals[currency] / totals[own], currency)


def _paid_in(order: Node, otherwise: str) -> str:
    """Return the currency in which the customer paid: that of a transaction which names none."""
    for node in (order.at("presentment_currency"), order.at("total_price_set", "presentment_money", "currency_code")):
        if node.is_known:
            return currency_of(node)
    return otherwise


def rounded(amount: Fraction, currency: str) -> Fraction:
    """Return an amount that the currency has, the nearest one."""
    unit = 10 ** DECIMALS[currency]
    if unit % amount.denominator == 0:
        return amount
    return Fraction(round(amount * unit), unit)
