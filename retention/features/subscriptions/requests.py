"""Requests to cancel that never took effect: a producer that sends requests only would never lose a customer."""

from retention.features.subscriptions.changes import effect_of
from retention.features.subscriptions.timeline import Op, Subscription, Terms, Timeline, requests_pending, subscribed
from retention.features.subscriptions.walk import moments
from retention.identity import digest


def without_effect(timeline: Timeline, terms: Terms) -> int:
    """Return the number of requests to cancel that have no effect, and will not get one by time alone.

    A request counts if its subscription still runs, no end or revocation has come, and no end of the term is known; or
    if it was renewed after all; or if the subscription is unknown.
    """
    asked = [op for op in timeline.ops if op.kind == "requested"]
    asked += [op for op in timeline.opening.late if op.kind == "requested"]
    unknown = len(_of_nothing_known(timeline, asked)) if asked else 0
    if not subscribed(timeline) or not requests_pending(timeline):
        return unknown
    standing: dict[str, Subscription] = {}
    for moment in moments(timeline, terms):
        standing = moment.subscriptions
    return unknown + sum(one.requested is not None and effect_of(one) is None for one in standing.values())


def _of_nothing_known(timeline: Timeline, asked: list[Op]) -> set[str | None]:
    """Return the subscriptions without a known start whose end was requested; None: all of a customer."""
    opening = timeline.opening
    begun = {*opening.subscriptions, *(op.subscription for op in timeline.ops if op.kind == "started")}
    settled = [op for op in timeline.ops if op.kind in {"ended", "revoked"}]
    return {
        op.subscription
        for op in asked
        if op.subscription not in begun
        and not (opening.ended and digest(op.subscription or "") in opening.ended)
        and not (op.subscription is None and (begun or opening.ended))
        and not any(one.at >= op.at and one.subscription in {None, op.subscription} for one in settled)
    }
