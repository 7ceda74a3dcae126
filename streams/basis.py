"""Names the basis to set if no event of a log makes a customer on the basis of the settings."""

from typing import Final

SUBSCRIPTION: Final = "subscription"
PURCHASE: Final = "purchase"
_REMEDY: Final = {
    SUBSCRIPTION: "there are orders here, and no subscription: if orders make a customer, set metrics.basis=purchase",
    PURCHASE: "there are subscriptions here, and no order: if they make a customer, set metrics.basis=subscription",
}


def unmet(basis: str, *, orders: bool, subscriptions: bool) -> str:
    """Return what to set if no event makes a customer by this basis, and some would by the other one; else nothing.

    >>> unmet("subscription", orders=True, subscriptions=False).partition(":")[0]
    'there are orders here, and no subscription'
    """
    there = {SUBSCRIPTION: subscriptions, PURCHASE: orders}
    if there.get(basis, True) or not any(there.values()):
        return ""
    return f"{_REMEDY[basis]}. As it is ({basis}), no signal of leaving is raised and no card is written"
