"""Turns a subscription as it stands, from an export and not from an event, into its life so far.

    start_date          trial_end        period                         now
    ──┼─────────────────────┼───────────────┼─────────────────────────────►
      started, trialing     active          past_due, or paused
      with today's terms                    canceled_at: the request

Rule: what it costs today counts from its start, for what it cost before is not in the record. That is counted as a
doubt. Ids begin with 0: where the start is on the topic as an event, too, that one is applied last, and holds.
"""

from datetime import datetime, timedelta
from typing import Final

from sources.base import Translation
from sources.document import Node
from sources.instants import moment, written
from sources.stripe.envelope import Happened, customer_of, doubted, skipped, told
from sources.stripe.options import StripeOptions
from sources.stripe.pauses import Before, Body, body_of, is_unpaid_pause, paused
from sources.stripe.subscriptions import asked, end_of, ends_of, term_end_of, terms_of, trial_end_of

KIND: Final = "subscription"
_AS_IT_STANDS: Final = "a subscription as it stands: what it costs today counts from its start"
_SINCE_WHEN: Final = "a subscription that is unpaid: since when is not in the record"
_A_DAY: Final = timedelta(days=1)
_A_SECOND: Final = timedelta(seconds=1)
"""What Stripe's times are in."""


def standing(event: Happened, options: StripeOptions) -> Translation:
    """Return the life of a subscription so far, as far as its present state tells."""
    now, start = event.object, event.at
    status = now.at("status").text("send the subscription as Stripe returns it")
    if status in {"incomplete", "incomplete_expired"}:
        return skipped("a subscription whose first payment has not come")
    if status == "unpaid":
        return skipped(_SINCE_WHEN)
    terms, doubts = terms_of(event, options)
    first_trial = _end_of_first_trial(now, start)
    begun = {"type": "subscription.started", **terms, "status": "trialing" if first_trial else "active"}
    bodies = [_at(start, begun | trial_end_of(now) | term_end_of(now))]
    ended = moment(now.at("ended_at")) if now.knows("ended_at") else None
    if first_trial and status not in {"trialing", "paused"} and (ended is None or ended > first_trial):
        bodies.append(_at(first_trial, _changed(now, "active")))
    bodies += _present(now, status, start, ended, pays=not first_trial or status != "trialing")
    return doubted(told(event, customer_of(now), *bodies), (_AS_IT_STANDS, *doubts))


def _end_of_first_trial(now: Node, start: datetime) -> datetime | None:
    begun, end = now.at("trial_start"), now.at("trial_end")
    is_first = begun.is_known and end.is_known and moment(begun) <= start + _A_DAY
    return moment(end) if is_first else None


def _present(now: Node, status: str, start: datetime, ended: datetime | None, *, pays: bool) -> list[Body]:
    """Return what made a subscription stand as it does, each at the instant that the record tells or lets assume."""
    if status == "canceled":
        return [_at(ended or start, end_of(now))]
    period = max(min(ends_of(now, "current_period_start"), default=start), start)
    found: list[Body] = []
    since = now.at("status_details", "paused", "transitioned_at")
    # The first invoice comes at the start: who rests in the first period was a customer before.
    billed = start + _A_SECOND if status != "trialing" and _end_of_first_trial(now, start) is None else start
    stopped = moment(since) if since.is_known else max(period, billed)
    if status == "past_due" or is_unpaid_pause(now):
        found.append(_at(stopped if is_unpaid_pause(now) else period, _changed(now, "past_due")))
    if status == "trialing" and pays:
        free = now.at("trial_start")
        found.append(_at(moment(free) if free.is_known else period, _changed(now, "trialing") | trial_end_of(now)))
    found += [_at(stopped, body) for body in paused(Before(now, now.at("-")))]
    requested = now.at("canceled_at")
    return found + [_at(moment(requested) if requested.is_known else period, body) for body in asked(now)]


def _changed(now: Node, status: str) -> Body:
    return body_of("subscription.changed", Before(now, now.at("-"))) | {"status": status}


def _at(at: datetime, body: Body) -> Body:
    return {**body, "occurred_at": written(at), "backfill": True}
