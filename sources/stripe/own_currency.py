"""Finds the amounts of prices in the currency of their subscription. A price of Stripe may have several.

    subscription   currency: eur
    price          currency: usd, unit_amount: 2000        of the price itself: not what this customer pays
                   currency_options.eur.unit_amount: 1800  what is paid, where the record or the settings have it

Rule: events leave `currency_options` out. Where nothing else says what is paid, the price counts in its own currency.
That is counted as a doubt.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sources.document import Node
from sources.stripe.currencies import currency_of
from sources.stripe.options import StripeOptions

OF_ANOTHER_CURRENCY: Final = (
    "a price of another currency than its subscription: what is paid is not in the event, and the price counts in its "
    "own currency: describe currency_options in the setting sources.stripe.prices, or expand them"
)


class Amounts(NamedTuple):
    """The currency of a subscription, and for each price what has its amounts: the price itself, or an option of it."""

    currency: str
    holders: Sequence[Node]
    doubts: tuple[str, ...] = ()


def amounts_of(subscription: Node, prices: Sequence[Node], options: StripeOptions) -> Amounts:
    """Return the amounts of prices in the currency of their subscription, or else as the prices have them."""
    named = next((price.at("currency") for price in prices if price.knows("currency")), None)
    if named is None:
        return Amounts(currency_of(subscription.at("currency")), prices)
    own = subscription.word_at("currency").lower()
    if not own or own == named.word().lower():
        return Amounts(currency_of(named), prices)
    found = [_in_currency(price, own, options) for price in prices]
    if all(one.is_object for one in found):
        return Amounts(currency_of(subscription.at("currency")), found)
    return Amounts(currency_of(named), prices, (OF_ANOTHER_CURRENCY,))


def is_metered(price: Node) -> bool:
    """Report whether a price is of usage: it has no amount that recurs."""
    recurring = recurring_of(price)
    return recurring.word_at("usage_type") == "metered" or recurring.knows("meter")


def recurring_of(price: Node) -> Node:
    """Return what says how often a price is billed: a plan, which records had before prices, says it itself."""
    found = price.at("recurring")
    return found if found.is_object else price


def _in_currency(price: Node, own: str, options: StripeOptions) -> Node:
    """Return what has the amounts of a price in a currency: no object where that is unknown."""
    if is_metered(price) or price.word_at("currency").lower() == own:
        return price
    name = price.word_at("id")
    known = options.prices.get(name)
    if known is not None and own in known.currency_options:
        said = known.currency_options[own].model_dump(exclude_none=True)
        if "tiers" in said:
            said["tiers"] = list(said["tiers"])  # as a record has them
        return Node(said, (f"the setting sources.stripe.prices.{name}.currency_options.{own}",), price.source)
    return price.at("currency_options", own)
