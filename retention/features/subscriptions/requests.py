"""Requests to cancel that nothing has settled: a producer that only sends requests loses nobody by them."""

from retention.features.subscriptions.timeline import (
    Op,
    Subscription,
    Terms,
    Timeline,
    effect_of,
    moments,
    requests_pending,
    subscribed,
)
from retention.identity import digest


def without_effect(timeline: Timeline, terms: Terms) -> int:
    """Return how many requests to cancel have no effect, and will not have one by time alone.

    Of a subscription that stands: no `cancellation.effective` or `subscription.ended` has come, no revocation, and no
    end of the term is known; or it was renewed after all. Or of one that nobody has heard of.
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
    """Return the subscriptions whose end was asked for and of which no start is known; None: of all of a customer."""
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
