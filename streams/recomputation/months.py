"""The figures of every month, by name (YYYY-MM)."""

from datetime import date
from itertools import pairwise

from streams.recomputation.lines import Document, by_customer
from streams.recomputation.orders import buys, first_order
from streams.recomputation.periods import Figures, Span, edge, first_days, purchase_periods, subscription_periods
from streams.recomputation.rules import Rules


def subscription_months(
    documents: list[Document], first: str, last: str, currency: str, rules: Rules
) -> dict[str, Figures]:
    """Return the figures of every month from `first` to `last`, on the basis `subscription`, in one currency."""
    return _named(subscription_periods(documents, list(pairwise(_days(first, last, rules))), currency, rules))


def purchase_months(documents: list[Document], first: str, last: str, rules: Rules) -> dict[str, Figures]:
    """Return the figures of every month from `first` to `last`, on the basis `purchase`."""
    return _named(purchase_periods(documents, list(pairwise(_days(first, last, rules))), rules))


def purchase_newcomers(documents: list[Document], first: str, last: str, rules: Rules) -> dict[str, tuple[int, int]]:
    """Return, for every month, the number of new customers, and how many of those were customers at its end.

    An order that was fully refunded in its own instant, or before, does not make a customer.
    """
    customers = by_customer([d for d in documents if d["type"].startswith("purchase.")])
    starts = {name: first_order(events) for name, events in customers.items()}
    found: dict[str, tuple[int, int]] = {}
    for month, following in pairwise(_days(first, last, rules)):
        since, until = edge(month, rules.zone), edge(following, rules.zone)
        acquired = [name for name, start in starts.items() if start is not None and since <= start < until]
        kept = [name for name in acquired if buys(customers[name], until, rules)]
        found[f"{month:%Y-%m}"] = len(acquired), len(kept)
    return found


def _days(first: str, last: str, rules: Rules) -> list[date]:
    return list(first_days("month", date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01"), rules))


def _named(found: dict[Span, Figures]) -> dict[str, Figures]:
    return {f"{day:%Y-%m}": figures for (day, _), figures in found.items()}
