"""Calculates the factors of business: for how long a customer is one, its worth, orders, payments and renewal.

    orders    x         x               |           order-gap        10 days between the two, of 10 + 30: 0.250
              └ 10 days ┘─── 15 days ───└ at        order-overdue    15 days since, of 15 + 2 of its own gaps: 0.428

Rule: what came up to the instant counts. The age of an order is in company days, those of a silent source left out.
"""

import itertools
from statistics import median_low
from typing import Final

from retention.calendar import DAY, Instant
from retention.features.payments.section import payments_seen
from retention.features.purchases.orders import Order, known
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.subscriptions.section import timeline_seen
from retention.features.subscriptions.timeline import terms_of
from retention.features.subscriptions.walk import moments
from retention.fitted import MILLI
from retention.risk.presence import MONTH, acts_before, days_between
from retention.risk.scene import Scene, part, share
from schemas.currencies import DECIMALS

_SEASON: Final = 90 * DAY
_TWO_MONTHS: Final = 60 * DAY
_YEAR: Final = 365
_MONTHS: Final = 12
_BITS_OF_WORTH: Final = 24
"""Up to 16 million major units in a year tell two customers apart."""
_FRACTION: Final = 16


def life(scene: Scene) -> tuple[int, ...]:
    """Return for how long the customer is one, whether it is new, and hardly there, and how often it came back."""
    since = max(0, scene.at - scene.begun[-1][0])
    new = share(_SEASON - since, _SEASON)
    seen = days_between(acts_before(scene.customer, scene.day), scene.day - MONTH, scene.day)
    return (
        part(since, 180 * DAY),
        new,
        new * (MILLI - share(seen, 8)) // MILLI,
        part(len(scene.begun) - 1, 1),
        MILLI if scene.standing.paused else 0,
    )


def worth(scene: Scene) -> tuple[int, ...]:
    """Return what a customer is worth in a year, by the logarithm: 12 MRR, or what its orders of a year came to."""
    return (share(_logarithm(worth_of(scene)), _FRACTION * _BITS_OF_WORTH),)


def worth_of(scene: Scene) -> int:
    """Return what a customer is worth in a year, in whole major units: of several currencies, the largest number."""
    if scene.standing.mrr:
        return int(_MONTHS * max(scene.standing.mrr.values()))
    spent: dict[str, int] = {}
    for order in orders_at(scene):
        if order.at > scene.at - _YEAR * DAY:
            spent[order.currency] = spent.get(order.currency, 0) + order.worth(scene.at)
    return max([amount // 10 ** DECIMALS[currency] for currency, amount in spent.items()], default=0)


def _logarithm(number: int) -> int:
    """Return the logarithm to base 2 of a number and 1, in sixteenths, linear between powers of 2.

    >>> _logarithm(0), _logarithm(1), _logarithm(5), _logarithm(1_023)
    (0, 16, 40, 160)
    """
    power = (number + 1).bit_length() - 1
    return _FRACTION * power + ((number + 1 - (1 << power)) * _FRACTION >> power)


def orders_at(scene: Scene) -> list[Order]:
    """Return the orders of a customer up to an instant, in order of time."""
    if not PURCHASES.is_kept(scene.customer):
        return []
    return [order for order in known(orders_seen(scene.customer)) if order.at <= scene.at]


def buying(scene: Scene) -> tuple[int, ...]:
    """Return how old the last order is, also of the customer's own gap, that gap, and how many orders there were."""
    orders, calendar, company = orders_at(scene), scene.policy.calendar, scene.policy.company
    if not orders:
        return 0, 0, 0, 0, 0, 0
    instants = [order.at for order in orders]
    silent = scene.silences.purchases
    age = company.heard_between(calendar.day(instants[-1]) + 1, scene.day, silent)
    gaps = [later - earlier for earlier, later in itertools.pairwise(instants)]
    gap = MILLI * median_low(gaps) // DAY if gaps else 0
    recent = sum(at > scene.at - _YEAR * DAY for at in instants)
    returned = sum(at > scene.at - _SEASON for order in orders for at, _ in order.given_back() if at <= scene.at)
    return (
        share(age, MILLI * scene.policy.purchase_window_days),
        part(age, 2 * max(MILLI, gap)) if gaps else 0,
        part(gap, 30 * MILLI),
        MILLI if len(orders) == 1 else 0,
        part(recent, 5),
        part(returned, 1),
    )


def paying(scene: Scene) -> tuple[int, ...]:
    """Return the failed attempts of the last 60 days."""
    failed = payments_seen(scene.customer).failed
    return (part(sum(scene.at - _TWO_MONTHS < one.at <= scene.at for one in failed), 1),)


def renewing(scene: Scene) -> tuple[int, ...]:
    """Return how near the end of a term is: 1 within 90 days and within no day, falling to 0 at 120 and at 30."""
    ends: list[Instant] = []
    for moment in moments(timeline_seen(scene.customer), terms_of(scene.policy), scene.at + 1):
        if moment.at > scene.at:
            break
        ends = [one.term_end for one in moment.subscriptions.values() if one.term_end is not None]
    left = min([end - scene.at for end in ends if end > scene.at], default=_YEAR * DAY)
    return share(120 * DAY - left, 30 * DAY), share(30 * DAY - left, 30 * DAY)
