"""Requests to cancel that nothing has settled: a producer that only sends requests loses nobody by them."""

from retention.timeline import Subscription, Terms, Timeline, effect_of, moments, requests_pending


def without_effect(timeline: Timeline, terms: Terms) -> int:
    """Return how many subscriptions stand though their cancellation was requested, and will not end by time alone.

    No `cancellation.effective` or `subscription.ended` has come, no revocation, and no end of the term is known; or it
    was renewed after all.
    """
    if not requests_pending(timeline):
        return 0
    standing: dict[str, Subscription] = {}
    for moment in moments(timeline, terms):
        standing = moment.subscriptions
    return sum(one.requested is not None and effect_of(one) is None for one in standing.values())
