"""The standing of a customer at an instant: its plan, its MRR, the stage of its life, and its worth of a year."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from retention import day_counts
from retention.calendar import DAY, NEVER, Instant, local_date
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.features.purchases.orders import Order
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.subscriptions.section import subscribes, timeline_seen
from retention.features.subscriptions.subscription_state import Point, points
from retention.features.subscriptions.timeline import terms_of
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.features.usage.section import USAGE, usage_seen
from retention.measures import basis
from retention.measures.segments import segments_of
from retention.money import money_text
from retention.policy import Policy
from retention.risk.arithmetic import STEPS
from retention.risk.model import Evidence
from retention.spans import active_at
from retention.state.customer import Customer
from schemas.currencies import DECIMALS
from schemas.encoding import unvalidated
from schemas.outbound import Money, ValueAtRisk

YEAR: Final = 365 * DAY
MONTHS: Final = 12
NEW: Final = 90 * DAY
"""How long after it became active, or active again, a customer is `new` or `returned`."""
STAGES: Final = ("prospect", "trial", "new", "established", "returned", "paused", "leaving", "former")
"""All stages of a customer's life."""
OTHER: Final = "other"

_Money: Final = unvalidated(Money)
_ValueAtRisk: Final = unvalidated(ValueAtRisk)


class Standing(NamedTuple):
    """The MRR of a customer at an instant by currency, its plan, and whether all that it has is paused, or a trial."""

    mrr: dict[str, Fraction]
    plan: str | None
    paused: bool
    trial: bool


NOTHING: Final = Standing({}, None, False, False)


def standing_of(customer: Customer, at: Instant, policy: Policy) -> Standing:
    """Return the standing of a customer after all events up to an instant."""
    if not subscribes(customer):
        return NOTHING
    terms, timeline = terms_of(policy), timeline_seen(customer)
    last: Point | None = None
    for point in points(timeline, terms, at + 1):
        if point.at > at:
            break
        last = point
    if last is None:
        return NOTHING
    mrr = {currency: one.total for currency, one in sorted(last.standings.items()) if one.total}
    paused = not mrr and any(one.paused for one in last.standings.values())
    return Standing(mrr, last.plan, paused, not mrr and not paused and last.tries)


def stage_of(customer: Customer, at: Instant, policy: Policy, standing: Standing, found: Iterable[Evidence]) -> str:
    """Return the stage of a customer's life, on the company's own basis."""
    of = basis(policy.basis)
    spans = of.active(customer, policy, at + 1) if of.active is not None else []
    begun = [span for span in spans if span[0] <= at]
    first = of.first_known(customer) if of.first_known is not None else NEVER
    if not begun and first > at:
        return "trial" if standing.trial else "prospect"
    if not active_at(begun, at + 1):
        return "former"
    if any(one.signal.role == "intent" for one in found):
        return "leaving"
    if standing.paused:
        return "paused"
    if at - begun[-1][0] < NEW:
        return "new" if len(begun) == 1 and begun[0][0] <= first else "returned"
    return "established"


def money_of(standing: Standing) -> list[Money]:
    """Return the MRR of a customer by currency."""
    return [_Money(amount=money_text(total, currency), currency=currency) for currency, total in standing.mrr.items()]


def value_at_risk(customer: Customer, at: Instant, standing: Standing, risk: int) -> list[ValueAtRisk]:
    """Return the risk times 12 MRR; of a customer without MRR, times what it has spent in the 365 days before."""
    if not risk:
        return []
    if standing.mrr:
        worth, unit = {currency: MONTHS * total for currency, total in standing.mrr.items()}, "mrr_12_months"
    else:
        worth, unit = _spent(customer, at), "spend_12_months"
    return [
        _ValueAtRisk(amount=money_text(at_risk(amount, risk), currency), currency=currency, unit=unit)
        for currency, amount in worth.items()
    ]


def at_risk(worth: Fraction, risk: int) -> Fraction:
    """Return the part of a value that is at risk; the risk is in steps.

    >>> at_risk(Fraction(900), 7_200)
    Fraction(648, 1)
    """
    return worth * risk / STEPS


def _spent(customer: Customer, at: Instant) -> dict[str, Fraction]:
    """Return what a customer has spent in the year up to an instant, net of refunds, by currency."""
    spent: dict[str, int] = {}
    for order in _orders(customer, at):
        if order.at > at - YEAR:
            spent[order.currency] = spent.get(order.currency, 0) + order.worth(at)
    return {
        currency: Fraction(amount, 10 ** DECIMALS[currency]) for currency, amount in sorted(spent.items()) if amount
    }


def _orders(customer: Customer, at: Instant) -> list[Order]:
    """Return the orders that were placed by an instant, in no order: whose own event was not seen, `at` is `NEVER`."""
    if not PURCHASES.is_kept(customer):
        return []
    return [order for order in orders_seen(customer).values() if order.at <= at]


def segments_at(customer: Customer, at: Instant, policy: Policy) -> dict[str, str]:
    """Return the segment of a customer by each attribute that figures are split by."""
    found: dict[str, str] = {}
    for segment in segments_of(policy):
        listed = segment.values(policy)
        now = OTHER
        for since, value in segment.history(customer, policy, at + 1):
            if since > at:
                break
            now = value if value is not None and value in listed else OTHER
        found[segment.by] = now
    return found


def last_activity(customer: Customer, at: Instant, policy: Policy) -> date | None:
    """Return the last local day, as a date, on which a customer did anything: sign-ins and use as of whole days."""
    calendar, found = policy.calendar, list[int]()
    today = calendar.day(at)
    counts = [customer.logins]
    uses = usage_seen(customer) if USAGE.is_kept(customer) else None
    if uses is not None:
        counts.append(uses.uses)
    for seen in counts:
        found += day_counts.before(seen, today)[:1]
    instants = [order.at for order in _orders(customer, at)]
    if TICKETS.is_kept(customer):
        instants += [step.at for ticket in tickets_seen(customer).values() for step in ticket.steps if step.at <= at]
    if FEEDBACK.is_kept(customer):
        instants += [said.at for said in feedback_seen(customer) if said.at <= at]
    if instants:
        found.append(calendar.day(max(instants)))
    return local_date(max(found)) if found else None
