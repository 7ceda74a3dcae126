"""The health of a customer, 0 to 100: four inputs, weighed, of those of which something is known (metrics.md).

    usage 35     of what it does in a week, how much it did in the last one; who only buys: how overdue an order is
    support 25   100 less 25 for each open ticket, and 25 more for one that is stuck
    payment 20   100 unless a payment is failing
    survey 20    the mean of its last answers to surveys of each kind, of the last 90 days

Days count as a whole: those before the local day of the instant, so it does not matter what has been read of that day.
"""

from collections.abc import Iterable
from itertools import pairwise
from statistics import median_low
from typing import Final

from retention import day_counts
from retention.calendar import DAY, HOUR, Instant, LocalDay
from retention.features.feedback.said import CES, CES_SCALE, CSAT, CSAT_SCALE, NPS, Said
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.features.payments.section import PAYMENTS
from retention.features.purchases.orders import known
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.features.tickets.tickets import ESCALATED, OPENED, REOPENED, SOLVED, Step
from retention.features.usage.section import USAGE, usage_seen
from retention.money import ratio_text
from retention.policy import Policy
from retention.risk.model import Evidence
from retention.state.customer import Customer
from schemas.encoding import unvalidated
from schemas.outbound import Health, HealthInput

FULL: Final = 100
WEIGHTS: Final = {"usage": 35, "support": 25, "payment": 20, "survey": 20}
_ALL: Final = sum(WEIGHTS.values())
OF_PAYMENT_FAILING: Final = {"low": 60, "medium": 40, "high": 20, "critical": 0}
"""The score of payments by the severity of `payment-failing`."""
OPEN_TICKET: Final = 25
STUCK_AFTER: Final = 72 * HOUR
RECENT: Final = 90 * DAY
WEEK: Final = 7
WEEKS_BEFORE: Final = 4
LEAST_ORDERS: Final = 3
WORST_RATIO: Final = 3
"""How many times its own usual gap a customer may leave without an order until nothing is left of the score."""
GOOD: Final = 70
FAIR: Final = 40
SCALES: Final = {NPS: (0, 10), CSAT: CSAT_SCALE, CES: CES_SCALE}

_Health: Final = unvalidated(Health)
_HealthInput: Final = unvalidated(HealthInput)


def health(scores: dict[str, int | None]) -> Health:
    """Return the weighed mean of the scores that are known, by name of the input, and the share of their weights.

    >>> found = health({"usage": 80, "support": 40, "payment": 100, "survey": None})
    >>> found.score, found.coverage, found.status
    ('72.5', '0.80', 'good')
    """
    there = [(name, weight, score) for name, weight in WEIGHTS.items() if (score := scores[name]) is not None]
    weights = sum(weight for _, weight, _ in there)
    coverage = ratio_text(weights, _ALL, 2)
    inputs = [_HealthInput(name=name, score=score, weight=weight) for name, weight, score in there]
    if not there:
        return _Health(score=None, coverage=coverage, status=None, inputs=inputs)
    weighed = sum(weight * score for _, weight, score in there)
    is_critical = any(score == 0 for _, _, score in there)
    status = "poor" if is_critical or weighed < FAIR * weights else "good" if weighed >= GOOD * weights else "fair"
    return _Health(score=ratio_text(weighed, weights, 1), coverage=coverage, status=status, inputs=inputs)


def health_of(customer: Customer, at: Instant, policy: Policy, found: Iterable[Evidence]) -> Health:
    """Return the health of a customer at an instant, at which these signals are open."""
    day = policy.calendar.day(at)
    return health(
        {
            "usage": _usage(customer, at, day),
            "support": _support(customer, at),
            "payment": _payment(customer, found),
            "survey": _survey(customer, at),
        }
    )


def _usage(customer: Customer, at: Instant, day: LocalDay) -> int | None:
    uses = usage_seen(customer) if USAGE.is_kept(customer) else None
    score = in_last_week([customer.logins, uses.uses if uses is not None else []], day)
    if score is None and PURCHASES.is_kept(customer):
        return since_last_order([order.at for order in known(orders_seen(customer)) if order.at <= at], at)
    return score


def in_last_week(behaviours: Iterable[day_counts.DayCounts], day: LocalDay) -> int | None:
    """Return the share of a usual week that the last one was, in percent, 100 at most: usual are the 4 before it.

    None if there was less than one event in a usual week: nothing can be missed then.

    >>> in_last_week([[106, 3, 7, 10, 7, 10, 7, 10, 7, 10]], 107)
    30
    """
    last = before = 0
    for counts in behaviours:
        seen = day_counts.before(counts, day)
        for one, number in zip(day_counts.days(seen), seen[1::2], strict=True):
            if one >= day - WEEK:
                last += number
            elif one >= day - WEEK * (WEEKS_BEFORE + 1):
                before += number
            else:
                break
    if before < WEEKS_BEFORE:
        return None
    return min(FULL, FULL * WEEKS_BEFORE * last // before)


def since_last_order(instants: list[Instant], at: Instant) -> int | None:
    """Return 100 until as long after the last order as usually passes between two, falling to 0 at three times that.

    None for a customer with fewer than 3 orders. Of 14 days between orders, and 40 since the last one (2.86 times):

    >>> since_last_order([0, 14 * DAY, 28 * DAY], 68 * DAY)
    7
    """
    if len(instants) < LEAST_ORDERS:
        return None
    usual = max(1, median_low([later - earlier for earlier, later in pairwise(instants)]))
    left = FULL * (WORST_RATIO * usual - (at - instants[-1])) // ((WORST_RATIO - 1) * usual)
    return max(0, min(FULL, left))


def _support(customer: Customer, at: Instant) -> int | None:
    """Return the score of support; None without anything about a ticket in the last 90 days."""
    if not TICKETS.is_kept(customer):
        return None
    score, is_known = FULL, False
    for ticket in tickets_seen(customer).values():
        steps = [step for step in ticket.steps if step.at <= at]
        if not steps or steps[-1].at < at - RECENT:
            continue
        is_known = True
        if steps[-1].kind != SOLVED:
            score -= OPEN_TICKET * (2 if _is_stuck(steps, at) else 1)
    return max(0, score) if is_known else None


def _is_stuck(steps: list[Step], at: Instant) -> bool:
    opened = next((step.at for step in steps if step.kind == OPENED), steps[0].at)
    return at - opened > STUCK_AFTER or any(step.kind in {REOPENED, ESCALATED} for step in steps)


def _payment(customer: Customer, found: Iterable[Evidence]) -> int | None:
    """Return the score of payments; None if nothing is known of any."""
    failing = next((one.episode.severity for one in found if one.signal.name == "payment-failing"), None)
    if failing is not None:
        return OF_PAYMENT_FAILING[failing]
    return FULL if PAYMENTS.is_kept(customer) else None


def _survey(customer: Customer, at: Instant) -> int | None:
    if not FEEDBACK.is_kept(customer):
        return None
    last = {
        said.kind: _percent(said)
        for said in feedback_seen(customer)
        if said.kind in SCALES and at - RECENT < said.at <= at
    }
    return sum(last.values()) // len(last) if last else None


def _percent(said: Said) -> int:
    low, high = SCALES[said.kind]
    return int((said.on((low, high)) - low) * FULL / (high - low))
