"""Folds the events of the family `usage` into a customer.

Most events say that a feature was used once more on a day on which it was used already. They change two counts, and no
signal is asked: signals judge by whole local days, and the first use of a day has set the timer of the next one.
"""

from typing import Final

from retention.calendar import Instant, LocalDay, instant
from retention.features.base import DUPLICATE, NOTHING, Facet
from retention.features.usage.facets import COMMUNITY, ERRORS, FIRST_USED, MILESTONES, SEATS, USED
from retention.features.usage.section import USAGE, usage_of, usage_seen
from retention.features.usage.usage import (
    NO_FEATURE,
    FeatureUse,
    Milestone,
    Seats,
    Usage,
    UserUse,
    count,
    count_user,
    count_visit,
    kept_name,
    mark,
    order_of,
    user_key,
)
from retention.identity import packed
from retention.policy import Policy
from retention.state.customer import Customer
from schemas.usage import CommunityPosted, ErrorOccurred, FeatureUsed, MilestoneReached, SeatsChanged, SessionEnded

NO_END_YEAR: Final = 9_000
"""A date from this year on says that there is none."""


def used(customer: Customer, event: FeatureUsed, at: Instant, policy: Policy) -> Facet:
    """Count the use of a feature on its local day, and for its user."""
    usage, day, name = usage_of(customer), policy.calendar.day(at), kept_name(event.feature)
    count(usage.uses, day, event.count)
    grown = _note_feature(usage, name, day)
    if event.user_id is not None:
        grown = _note_user(usage, user_key(event.user_id), day, event.count) or grown
    if grown:
        customer.dropped += USAGE.bound(usage, policy)
    if not usage.first_moves(at):
        return USED
    usage.first = at
    return FIRST_USED


def restates_used(customer: Customer, at: Instant) -> bool:
    """Report whether a figure may differ after a use: only if it is the first one."""
    usage = usage_seen(customer)
    return usage is None or usage.first_moves(at)


def _note_feature(usage: Usage, name: str, day: LocalDay) -> bool:
    """Note that a feature was used on a day; return whether it is a new one."""
    use = usage.features.get(name)
    if use is not None:
        mark(use, day)
        return False
    usage.features[name] = FeatureUse(day, b"\1")
    usage.features = dict(sorted(usage.features.items()))
    return True


def _note_user(usage: Usage, key: bytes, day: LocalDay, number: int) -> bool:
    """Count uses of a user; return whether it is a new one."""
    known = key in usage.users
    if not known:
        usage.users[key] = UserUse(day, [])
        usage.users = dict(sorted(usage.users.items()))
    count_user(usage.users, key, day, number)
    return not known


def used_again(customer: Customer, event: FeatureUsed, at: Instant, policy: Policy, watermark: Instant) -> Facet | None:
    """Count one more use of a feature, on the newest day, on which it and its user were active before; else do nothing.

    Event time has not passed that day, so signals that judge it do so after this event.
    """
    usage = usage_seen(customer)
    day = policy.calendar.day(at)
    if usage is None or at < watermark or at < usage.first or not usage.uses or usage.uses[0] != day:
        return None
    use = usage.features.get(kept_name(event.feature))
    if use is None or use.newest != day:
        return None
    if event.user_id is not None:
        key = user_key(event.user_id)
        user = usage.users.get(key)
        if user is None or user.newest != day:
            return None
        user.weeks[1] += event.count
    usage_of(customer).uses[1] += event.count
    return NOTHING


def came(customer: Customer, _event: SessionEnded, at: Instant, policy: Policy) -> Facet:
    """Note that a customer was in the product on a day. How long is not kept: nothing reads it."""
    count(usage_of(customer).uses, policy.calendar.day(at), 0)
    return USED


def came_again(
    customer: Customer, _event: SessionEnded, at: Instant, policy: Policy, watermark: Instant
) -> Facet | None:
    """Do nothing for a session on a day of use that event time has not passed; else return None."""
    usage = usage_seen(customer)
    known = usage is not None and at >= watermark and bool(usage.uses) and usage.uses[0] == policy.calendar.day(at)
    return NOTHING if known else None


def failed(customer: Customer, event: ErrorOccurred, at: Instant, policy: Policy) -> Facet:
    """Count errors on their local day, by feature."""
    usage = usage_of(customer)
    name = kept_name(event.feature) if event.feature is not None else NO_FEATURE
    counts = usage.errors.get(name)
    if counts is None:
        counts = usage.errors[name] = []
        usage.errors = dict(sorted(usage.errors.items()))
    count(counts, policy.calendar.day(at), event.count)
    customer.dropped += USAGE.bound(usage, policy)
    return ERRORS


def reached(customer: Customer, event: MilestoneReached, at: Instant, policy: Policy) -> Facet:
    """Store a milestone, and the next one of the plan."""
    usage, ident = usage_of(customer), packed(event.event_id)
    if any(one.event_id == ident for one in usage.milestones):
        return DUPLICATE
    planned = event.next_due_at
    due = instant(planned) if planned is not None and planned.year < NO_END_YEAR else 0
    following = kept_name(event.next_milestone) if event.next_milestone is not None else ""
    fact = Milestone(at, ident, kept_name(event.milestone), following, due)
    usage.milestones = sorted([*usage.milestones, fact], key=order_of)
    customer.dropped += USAGE.bound(usage, policy)
    return MILESTONES


def seated(customer: Customer, event: SeatsChanged, at: Instant, policy: Policy) -> Facet:
    """Store how many seats are paid, and how many of them are in use."""
    usage, ident = usage_of(customer), packed(event.event_id)
    if any(one.event_id == ident for one in usage.seats):
        return DUPLICATE
    fact = Seats(at, ident, event.paid, event.active if event.active is not None else -1)
    usage.seats = sorted([*usage.seats, fact], key=order_of)
    customer.dropped += USAGE.bound(usage, policy)
    return SEATS


def took_part(customer: Customer, _event: CommunityPosted, at: Instant, policy: Policy) -> Facet:
    """Count a post or a visit on its local day."""
    count_visit(usage_of(customer).community, policy.calendar.day(at))
    return COMMUNITY
