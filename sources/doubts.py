"""The names of what sources doubt about events that they make all the same: a source says it in a sentence."""

from typing import Final

from sources.chargebee.envelope import UNNAMED
from sources.chargebee.subscriptions import FROM_ITEMS
from sources.mapping.instants import SKIPPED, TWICE
from sources.stripe.discounts import OF_SOME, SEVERAL, TOO_LONG, UNTOLD
from sources.stripe.own_currency import OF_ANOTHER_CURRENCY
from sources.stripe.prices import IN_TRIAL, TAX_INCLUDED
from sources.stripe.subscriptions import TOLD_BEFORE
from sources.zendesk.tickets import SOLVED_ABOUT

BETWEEN: Final = "; "
"""Stands between the sentences of one record."""
OTHER: Final = "other"
NAMES: Final = {
    TWICE: "clock_time_twice",
    SKIPPED: "clock_time_skipped",
    UNNAMED: "currency_without_decimals",
    UNTOLD: "discount_by_id",
    SEVERAL: "several_discounts_by_id",
    TOLD_BEFORE: "discount_told_before",
    TOO_LONG: "discount_of_long_interval",
    OF_SOME: "discount_of_some_products",
    IN_TRIAL: "item_in_trial",
    FROM_ITEMS: "mrr_from_items",
    OF_ANOTHER_CURRENCY: "price_of_another_currency",
    SOLVED_ABOUT: "solved_about",
    TAX_INCLUDED: "tax_included",
}
"""A name for each sentence, as metrics have it: few, whatever records hold."""


def names_of(said: str) -> tuple[str, ...]:
    """Return the names of the doubts that a source says about one record.

    >>> names_of(f"{TWICE}; {SKIPPED}"), names_of("what no release has said"), names_of("")
    (('clock_time_twice', 'clock_time_skipped'), ('other',), ())
    """
    return tuple(dict.fromkeys(NAMES.get(one, OTHER) for one in said.split(BETWEEN))) if said else ()
