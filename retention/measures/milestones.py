"""Counts the milestones of the onboarding that new customers have reached, of those that the company lists.

start       first      second                      day 90
──┼───────────┼───────────┼───────────────────────────┼──►   from then on it is no new customer
required 5, reached 0     2                           none

The list is `metrics.milestones`; without one, nothing is counted. A milestone that was reached in the four weeks before
the start, in a trial that was no subscription, counts from the start on.
"""

from typing import Final

from retention.calendar import Instant
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import SUBSCRIPTIONS, began
from retention.features.usage.facets import MILESTONES
from retention.features.usage.section import USAGE, usage_seen
from retention.measures.base import Level, Measure
from retention.measures.lapsing import Lapsing, Spell
from retention.policy import Policy
from retention.state.customer import Customer

NEW_DAYS: Final = 90
"""Local days from its first subscription on in which a customer is a new one."""
BEFORE_DAYS: Final = 28
"""Local days before it in which a milestone counts."""


def _spells(customer: Customer, policy: Policy) -> list[Spell]:
    required = len(policy.milestones)
    start = began(customer) if required else None
    if start is None:
        return []
    end = policy.calendar.add_days(start, NEW_DAYS)
    reached = _reached(customer, policy, policy.calendar.add_days(start, -BEFORE_DAYS))
    instants = sorted({start, *(at for at in reached if start < at < end)})
    return [Spell(since, end, (required, sum(at <= since for at in reached))) for since in instants]


def _reached(customer: Customer, policy: Policy, since: Instant) -> list[Instant]:
    """Return when a customer reached each milestone of the list, first since an instant; ascending."""
    usage, found = usage_seen(customer) if USAGE.is_kept(customer) else None, dict[str, Instant]()
    for fact in usage.milestones if usage is not None else ():
        if fact.at >= since and fact.name in policy.milestones:
            found.setdefault(fact.name, fact.at)
    return sorted(found.values())


def _window(policy: Policy) -> int:
    return NEW_DAYS + BEFORE_DAYS if policy.milestones else 0


_LAPSING: Final = Lapsing(_spells)

ONBOARDING: Final = Measure(
    "onboarding",
    reads=frozenset({MILESTONES, TIMELINE}),
    levels=(Level("required"), Level("reached")),
    shown=_LAPSING.shown,
    next_step=_LAPSING.next_step,
    needs=(SUBSCRIPTIONS,),
    window=_window,
)
