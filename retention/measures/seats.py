"""Sums the seats that accounts pay for, and those in use, of accounts that have said both.

said     50 paid, 30 in use          50 paid                subscription ends
──┼──────────────┼──────────────────────┼─────────────────────────┼──►   no seat from then on

Without `active`, the last number in use that was said holds. Once an account has subscribed, it has seats while a
subscription is active; until then, and without any subscription, seats hold until the next statement.
"""

from typing import Final

from retention.calendar import NEVER, Instant
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import subscribes, timeline_seen
from retention.features.subscriptions.subscription_state import Point, activity, next_lapse, points
from retention.features.subscriptions.timeline import terms_of
from retention.features.usage.facets import SEATS
from retention.features.usage.section import USAGE, usage_seen
from retention.features.usage.usage import Usage
from retention.measures.base import NOTHING_SHOWN, Level, Measure, Shown, Step, Track, changes
from retention.policy import Policy
from retention.spans import Span, merged
from retention.state.customer import Customer

_NONE: Final = (0, 0)


def shown(customer: Customer, policy: Policy, as_of: Instant) -> Shown:
    """Return the seats of an account, from statement to statement, while it is a customer."""
    usage = usage_seen(customer)
    known = _known(usage) if usage is not None else []
    if not known:
        return NOTHING_SHOWN
    spans, brought = [(-NEVER, NEVER)], list[Instant]()
    if subscribes(customer):
        history = points(timeline_seen(customer), terms_of(policy), as_of)
        spans, brought = _since_first(history), [point.at for point in history if point.timed]
    steps = changes([Step(-NEVER, _NONE), *_clipped(known, spans)])
    first = next((step.at for step in steps if any(step.levels)), NEVER)
    return Shown([Track(None, steps, first, NEVER)], brought)


def _since_first(history: list[Point]) -> list[Span]:
    """Return the spans in which seats count: until the first event of a subscription, and while one is active.

    So the first subscription of an account changes no closed period. The first point is the standing before all events.
    """
    if history[0].standings:
        return activity(history, None)
    first = next((point.at for point in history if point.standings), NEVER)
    return merged([(-NEVER, first), *activity(history, None)])


def _known(usage: Usage) -> list[tuple[Instant, tuple[int, int]]]:
    """Return the seats that were paid and in use since each statement; of one instant the last one."""
    found, active = dict[Instant, tuple[int, int]](), -1
    for fact in usage.seats:
        active = fact.active if fact.active >= 0 else active
        if active >= 0:
            found[fact.at] = (fact.paid, min(active, fact.paid))
    return list(found.items())


def _clipped(known: list[tuple[Instant, tuple[int, int]]], spans: list[Span]) -> list[Step]:
    """Return the steps of the seats inside the spans in which the account was a customer."""
    steps: list[Step] = []
    for start, end in spans:
        before = [levels for at, levels in known if at <= start]
        if before:
            steps.append(Step(start, before[-1]))
        steps += [Step(at, levels) for at, levels in known if start < at < end]
        if end != NEVER:
            steps.append(Step(end, _NONE))
    return steps


def next_step(customer: Customer, policy: Policy, after: Instant) -> Instant:
    """Return when time alone next ends, or begins, a subscription of an account with seats."""
    usage = usage_seen(customer)
    if usage is None or not usage.seats or not subscribes(customer):
        return NEVER
    return next_lapse(timeline_seen(customer), terms_of(policy), after)


def _window(policy: Policy) -> int:
    """Return how many days before a period stay open with it: as for the subscriptions themselves."""
    return policy.purchase_window_days


SEATS_IN_USE: Final = Measure(
    "seats",
    reads=frozenset({SEATS, TIMELINE}),
    levels=(Level("paid"), Level("in_use")),
    shown=shown,
    next_step=next_step,
    needs=(USAGE,),
    window=_window,
)
