"""Says why nobody counts as a customer, where the basis of the settings is not that of the events."""

from typing import Final

SUBSCRIPTION: Final = "subscription"
PURCHASE: Final = "purchase"
_REMEDY: Final = {
    SUBSCRIPTION: "there are orders here, and no subscription: if orders make a customer, set metrics.basis=purchase",
    PURCHASE: "there are subscriptions here, and no order: if they make a customer, set metrics.basis=subscription",
}


def nobody(basis: str, *, orders: bool, subscriptions: bool) -> str:
    """Return what to set if nobody is a customer by the basis, but would be by the other one; empty if somebody is.

    >>> nobody("subscription", orders=True, subscriptions=False).partition(":")[0]
    'there are orders here, and no subscription'
    """
    there = {SUBSCRIPTION: subscriptions, PURCHASE: orders}
    if there.get(basis, True) or not any(there.values()):
        return ""
    return f"{_REMEDY[basis]}. As it is ({basis}), no signal of leaving is raised and no card is written"
