"""Turns the life of a subscription of Stripe into ours: what it costs, how it stands, whether it is to end.

What an update changes follows from `previous_attributes`: only that is stated, for what is left out keeps its value.

    status   incomplete ─► active ⇄ past_due ─► unpaid ─► active     trialing ─► active ─► trialing (a free month)
    ours     nothing       started              ended     started    started     changed   changed: a pause

Rule: the events of one update are numbered so that terms and renewal come before a pause, a request or an end.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sources.base import Translation
from sources.document import Node
from sources.instants import moment, written
from sources.stripe.discounts import has_own, lowered
from sources.stripe.envelope import Happened, customer_of, doubted, skipped, told
from sources.stripe.options import StripeOptions
from sources.stripe.prices import dearest, priced, shortest

_NOT_BEGUN: Final = frozenset({"incomplete", "incomplete_expired"})
_AFTER_A_STOP: Final = frozenset({"incomplete", "incomplete_expired", "unpaid", "canceled"})
"""Statuses from which a subscription begins, for the first time or again."""
_MONEY: Final = frozenset({"plan", "quantity", "currency", "default_tax_rates"})
_DISCOUNTS: Final = frozenset({"discount", "discounts"})
_OF_A_PERIOD: Final = frozenset(
    {"current_period_start", "current_period_end", "created", "metadata", "billed_until", "billing_thresholds"}
)
"""Fields of an item that say nothing about its price."""
_STOPS: Final = frozenset({"void", "mark_uncollectible"})
"""How collection is paused if nothing of that time is ever paid. A draft is billed later."""
_UNPAID: Final = frozenset({"first_payment_failure", "final_payment_failure"})
_NO_CARD: Final = "trial_end_without_payment_method"
_A_DAY: Final = timedelta(days=1)
_OPEN: Final = datetime.max.replace(tzinfo=UTC)
"""The end of a pause that has none."""
_CAUSES: Final = {
    "cancellation_requested": "voluntary",
    "payment_failed": "involuntary",
    "payment_disputed": "involuntary",
}
_CLEANED_UP: Final = "canceled_by_retention_policy"
_REASONS: Final = {"too_expensive": "price", "missing_features": "missing_feature"}
WITHOUT_PREVIOUS: Final = "an update without previous_attributes: what it ended or took back cannot be told"

Body = dict[str, object]


class Before(NamedTuple):
    """A subscription and what of it was another before an update."""

    now: Node
    was: Node

    @property
    def status(self) -> str:
        """Return the former status; empty if it is the same."""
        return self.was.at("status").word()

    def former(self, name: str) -> Node:
        """Return the former value of a field, which is the present one unless it changed."""
        return self.was.at(name) if self.was.at(name).is_there else self.now.at(name)


def created(event: Happened, options: StripeOptions) -> Translation:
    """Return the start of a subscription, unless its first payment has not come."""
    return _begun(event, options)


def updated(event: Happened, options: StripeOptions) -> Translation:
    """Return what an update of a subscription changes."""
    one = Before(event.object, event.previous)
    status = one.now.at("status").text("send the subscription as it came")
    if status == "canceled":
        return skipped("an update of a subscription that has ended")
    if status == "unpaid":
        if one.was.is_object and not one.status:
            return skipped("an update of a subscription that is unpaid")
        return told(event, customer_of(one.now), _ended(one.now, "involuntary", {}))
    if status in _NOT_BEGUN or one.status in _AFTER_A_STOP:
        return _begun(event, options)
    return _changed(event, one, status, options)


def deleted(event: Happened, options: StripeOptions) -> Translation:
    """Return the end of a subscription, at the instant at which it ended."""
    now = event.object
    details = now.at("cancellation_details")
    reason = details.at("reason").word()
    ended = now.at("ended_at")
    at = min(moment(ended), event.at) if ended.is_known else event.at
    body = _ended(now, _CAUSES.get(reason, "unknown"), {"reason": _reason(now)})
    if reason == _CLEANED_UP:
        body["synthetic"] = True
    return told(event._replace(at=at), customer_of(now), body)


def twin(event: Happened, options: StripeOptions) -> Translation:
    """Return nothing: the update of the same instant says the same."""
    return skipped(f"{event.type} is not used: customer.subscription.updated says the same")


def _begun(event: Happened, options: StripeOptions) -> Translation:
    now = event.object
    status = now.at("status").text("send the subscription as it came")
    if status in _NOT_BEGUN:
        return skipped("a subscription whose first payment has not come")
    if status in {"canceled", "unpaid"}:
        return skipped("a subscription that has ended")
    terms, doubts = _terms(event, options)
    start: Body = {"type": "subscription.started", **terms, "status": status if status != "paused" else _paused_as(now)}
    bodies = [start | _trial_end(now) | _term_end(now), *_paused(Before(now, now.at("-"))), *_asked(now)]
    return doubted(told(event, customer_of(now), *bodies), doubts)


def _paused_as(now: Node) -> str:
    """Return the status of ours for a subscription that begins in a pause: nothing has been paid for it."""
    return "past_due" if _pause_type(now) in _UNPAID else "trialing"


def _terms(event: Happened, options: StripeOptions) -> tuple[Body, tuple[str, ...]]:
    """Return what a subscription costs, and what is doubtful about it."""
    now = event.object
    cost = priced(now, options)
    lower = lowered(now, cost, event.at, options)
    base, best = shortest(cost.lines), dearest(cost.lines)
    terms: Body = {"subscription_id": _id(now), "currency": cost.currency}
    terms |= {"items": lower.items} if lower.items else {"mrr": "0"}
    if base is not None and best is not None:
        terms |= {"interval": base.interval, "interval_count": base.every, "plan": best.plan}
    if lower.discounts is not None:
        terms["discounts"] = lower.discounts
    return terms, cost.doubts + lower.doubts


def _id(now: Node) -> str:
    return now.at("id").text("send the subscription as it came")


def _changed(event: Happened, one: Before, status: str, options: StripeOptions) -> Translation:
    is_whole = not one.was.is_object
    stated: Body = {}
    doubts: tuple[str, ...] = (WITHOUT_PREVIOUS,) if is_whole else ()
    if is_whole or _has_other_money(one):
        stated, found = _terms(event, options)
        doubts += found
        if is_whole or not _has_other_discounts(one):
            stated.pop("discounts", None)  # told again, its periods would begin again
    stated |= _status(one, status)
    renews = _renews(one, status)
    if not renews and (is_whole or _has_other_term(one)):
        stated |= _term_end(one.now)
    bodies = [_body("subscription.changed", one) | stated] if stated else []
    bodies += [_body("subscription.renewed", one) | _term_end(one.now)] if renews else []
    bodies += [*_paused(one), *_asked_or_revoked(one)]
    if not bodies:
        return skipped("an update of a subscription that changes nothing of what is read")
    return doubted(told(event, customer_of(one.now), *bodies), doubts)


def _body(kind: str, one: Before) -> Body:
    return {"type": kind, "subscription_id": _id(one.now)}


def _has_other_money(one: Before) -> bool:
    if one.was.has(*_MONEY) or _has_other_discounts(one):
        return True
    return one.was.has("items") and _has_other_items(one)


def _has_other_items(one: Before) -> bool:
    """Report whether the items differ in more than their periods: a renewal lists all of them."""
    was, now = list(one.was.at("items", "data").each()), list(one.now.at("items", "data").each())
    if len(was) != len(now):
        return True
    by_id = {item.at("id").word(): item for item in now if item.at("id").word()}
    for before, same_place in zip(was, now, strict=True):
        after = by_id.get(before.at("id").word()) if before.at("id").is_known else same_place
        if after is None or any(
            before.at(name).value != after.at(name).value for name in before.names() - _OF_A_PERIOD
        ):
            return True
    return False


def _has_other_discounts(one: Before) -> bool:
    if one.was.has(*_DISCOUNTS):
        return True
    return one.was.has("items") and (has_own(one.now) or has_own(one.was)) and _has_other_items(one)


def _status(one: Before, status: str) -> Body:
    """Return the status that an update brings, in our words, and the end of the trial that goes with it."""
    told_status = one.status or not one.was.is_object
    if status == "paused":
        return {"status": "past_due"} if told_status and _pause_type(one.now) in _UNPAID else {}
    if told_status:
        return {"status": status, **_trial_end(one.now)}
    return _trial_end(one.now) if one.was.has("trial_end") else {}


def _trial_end(now: Node) -> Body:
    end = now.at("trial_end")
    return {"trial_end": written(moment(end))} if now.at("status").word() == "trialing" and end.is_known else {}


# The term


def _ends(holder: Node, name: str) -> list[datetime]:
    """Return the instants of the periods of a subscription: of its items, or in the old shape its own."""
    own = holder.at(name)
    items = [item.at(name) for item in holder.at("items", "data").each()]
    found = [moment(one) for one in items if one.is_known]
    return found or ([moment(own)] if own.is_known else [])


def _term_end(now: Node) -> Body:
    """Return the end of the term: when it is to be canceled, else the earliest end of a period."""
    cancel_at = now.at("cancel_at")
    ends = [moment(cancel_at)] if cancel_at.is_known else _ends(now, "current_period_end")
    return {"term_end": written(min(ends))} if ends else {}


def _has_other_term(one: Before) -> bool:
    names = ("cancel_at", "cancel_at_period_end", "current_period_end")
    return one.was.has(*names) or bool(_ends(one.was, "current_period_end"))


def _renews(one: Before, status: str) -> bool:
    """Report whether a new period follows the former one, in a subscription that runs on and is not to end."""
    was, now = _ends(one.was, "current_period_end"), _ends(one.now, "current_period_end")
    if _is_to_end(one.now) or status not in {"active", "past_due"} or one.status not in {"", "active", "past_due"}:
        return False
    if not was or not now or min(now) <= min(was):
        return False
    starts = _ends(one.now, "current_period_start")
    return not starts or max(starts) >= min(was)


# Pauses


def _pause_type(now: Node) -> str:
    return now.at("status_details", "paused", "subscription", "type").word()


def _paused(one: Before) -> list[Body]:
    """Return the pause that begins or ends with an update."""
    before, after = _stop(one, former=True), _stop(one, former=False)
    if after is None:
        return [_body("subscription.resumed", one)] if before is not None and one.was.is_object else []
    if before == after and one.was.is_object:
        return []
    return [_body("subscription.paused", one) | ({"until": written(after)} if after != _OPEN else {})]


def _stop(one: Before, *, former: bool) -> datetime | None:
    """Return until when nothing is paid by the customer's wish, before or after an update; None if it is paid.

    A trial that ends without a card is no pause of a customer, nor is one by which Stripe answers a failed payment.
    """
    status = one.status if former and one.status else one.now.at("status").word()
    if status == "paused":
        details = one.former("status_details") if former else one.now.at("status_details")
        kind = details.at("paused", "subscription", "type").word()
        ends_trial = not former and (one.status or "trialing") == "trialing" and not kind
        if kind in _UNPAID or ((kind == _NO_CARD or ends_trial) and not _trials_again(one.now)):
            return None
        return _OPEN
    pause = one.now.at("pause_collection")
    behavior, until = pause.at("behavior"), pause.at("resumes_at")
    if former and one.was.has("pause_collection"):
        was = one.was.at("pause_collection")
        if not was.is_object:
            return None
        behavior = was.at("behavior") if was.at("behavior").is_there else behavior
        until = was.at("resumes_at") if was.at("resumes_at").is_there else until
    if behavior.word() not in _STOPS:
        return None
    return moment(until) if until.is_known else _OPEN


def _trials_again(now: Node) -> bool:
    """Report whether a trial is not the first of its subscription: it was given to a customer that had paid."""
    trial, start = now.at("trial_start"), now.at("start_date")
    return trial.is_known and start.is_known and moment(trial) > moment(start) + _A_DAY


# Leaving


def _is_to_end(now: Node) -> bool:
    return now.at("cancel_at_period_end").is_true() or now.at("cancel_at").is_known


def _asked(now: Node) -> list[Body]:
    """Return the request to cancel that is pending."""
    if not _is_to_end(now):
        return []
    asked: Body = {"type": "cancellation.requested", "subscription_id": _id(now)}
    return [{**asked, "reason": _reason(now), "at_period_end": True}]


def _asked_or_revoked(one: Before) -> list[Body]:
    if not one.was.is_object:
        return _asked(one.now)
    was = one.former("cancel_at_period_end").is_true() or one.former("cancel_at").is_known
    if was == _is_to_end(one.now):
        return []
    return [_body("cancellation.revoked", one)] if was else _asked(one.now)


def _reason(now: Node) -> str:
    feedback = now.at("cancellation_details", "feedback").word()
    return _REASONS.get(feedback, feedback) or "other"


def _ended(now: Node, cause: str, more: Mapping[str, object]) -> Body:
    return {"type": "subscription.ended", "subscription_id": _id(now), "cause": cause, **more}
